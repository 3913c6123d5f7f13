import Testing

@testable import TunnelCore

/// Metrics of many tunnels come in pieces, those of some on request.
@Suite struct MetricsPiecesTests {
  @Test func manyTunnelsAreWrittenInPieces() {
    var hub = ManyTunnels([ManyTunnels.template(TemplateTests.byName)])
    hub.boot(links: (1...200).map { ManyTunnels.link($0) })
    for number in 1...200 { hub.negotiate(number) }
    hub.wait(5)
    var pieces = MetricsPieces(hub.core)
    var texts: [[UInt8]] = []
    while let piece = pieces.next(of: hub.core, at: hub.instant, unixTime: 1) {
      texts.append(piece)
      // One that goes before its turn keeps what was counted; one that comes is not in it.
      guard texts.count == 2 else { continue }
      hub.delete(200)
      hub.wait(10)
      hub.deleteLink(200)
      hub.wait(5)
    }
    #expect(texts.prefix { $0.isEmpty }.count >= 7, "a few tunnels at a time")
    let text = String(decoding: texts.joined(), as: UTF8.self)
    let lines = text.split(separator: "\n")
    var (family, heads): (Substring, Set<Substring>) = ("", [])
    for line in lines where !line.hasPrefix("# HELP") {
      let name = line.split { $0 == " " || $0 == "{" }[line.hasPrefix("#") ? 2 : 0]
      if line.hasPrefix("#") {
        family = name
        #expect(heads.insert(family).inserted)
      } else {
        #expect(name.hasPrefix(family), "samples of a family stand together")
      }
    }
    #expect(heads.count == Core.metricFamilies.count)
    #expect(Set(lines).count == lines.count)
    #expect(lines.count { $0.hasPrefix("vpnagent_tunnel_up{") } == 199)
    #expect(lines.count { $0.hasPrefix("vpnagent_tunnel_failures_total{") } == 200)
  }

  @Test func someTunnelsAloneOnRequest() throws {
    var hub = ManyTunnels([ManyTunnels.template(TemplateTests.byName)])
    hub.boot(links: (1...40).map { ManyTunnels.link($0) })
    for number in 1...40 { hub.negotiate(number) }
    hub.wait(2)
    var pieces = try MetricsPieces(hub.core, of: ["ipsec40", "ipsec3"])
    var text: [UInt8] = []
    while let piece = pieces.next(of: hub.core, at: hub.instant, unixTime: 1) { text += piece }
    let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
    let samples = lines.filter { !$0.hasPrefix("#") }
    #expect(samples.allSatisfy { $0.contains("\"ipsec40\"") || $0.contains("\"ipsec3\"") })
    #expect(lines.contains("vpnagent_tunnel_up{tunnel=\"ipsec3\"} 1"))
    #expect(lines.filter { $0.hasPrefix("# TYPE") }.count == Core.familiesOfTunnels.count)
    let unknown = MetricsPieces.UnknownTunnel(name: "ipsec41")
    #expect(throws: unknown) { try MetricsPieces(hub.core, of: ["ipsec1", "ipsec41"]) }
  }
}
