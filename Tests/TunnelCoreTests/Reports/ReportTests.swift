import Testing

@testable import TunnelCore

/// What `vpnagent show` says of a tunnel that is absent, verifying, up and cut.
@Suite struct ReportTests {
  private static func bench(_ number: UInt32? = nil) -> SingleTunnel {
    var bench = SingleTunnel(
      Monitor(interval: .seconds(1), threshold: 3, verifyPath: .init()),
      routes: [IPPrefix(IPAddress(10, 33, 0, 0), length: 16)])
    bench.boot()
    if let number { bench.negotiate(living(number)) }
    return bench
  }

  /// A pair made at 1000, of which an hour is the life.
  private static func living(_ number: UInt32) -> [SecurityAssociation] {
    SingleTunnel.pair(number).map { sa in
      var sa = sa
      sa.addedAt = 1000
      sa.bytes = 4096
      sa.lifetime = .init(softSeconds: 3000, hardSeconds: 3600, hardBytes: 1 << 20)
      sa.replayWindow = sa.key.destination == SingleTunnel.local ? 32 : 0
      return sa
    }
  }

  private static func sas(_ bench: SingleTunnel, time: Double) throws -> TunnelSAs {
    let id = try #require(bench.core.tunnelIDs(named: "to-b").first)
    return try #require(bench.core.securityAssociations(of: id, at: bench.instant, time: time))
  }

  @Test func associationsWithWhatIsLeftOfTheirLives() throws {
    let bench = Self.bench(1)
    let tunnel = try Self.sas(bench, time: 1600.5)
    #expect(tunnel.mon == "V")
    #expect(tunnel.port == 500)
    #expect(tunnel.sas.map(\.direction) == ["inbound", "outbound"])
    #expect(tunnel.sas.map(\.spi) == ["0xc1000001", "0xc2000001"])
    #expect(tunnel.sas[0].hardExpiry == 2999.5)
    #expect(tunnel.sas[0].softExpiry == 2399.5)
    #expect(tunnel.sas[0].bytesLeft == (1 << 20) - 4096)
    #expect(tunnel.sas.map(\.replayWindow) == [32, 0])
    #expect(tunnel.sas.map(\.mark) == [nil, "0x2a/0xffffffff"])
    #expect(tunnel.events.map(\.text) == ["IPSec SA negotiation successfully completed"])
    let late = try Self.sas(bench, time: 9000)
    #expect(late.sas[0].hardExpiry == 0)
    #expect(late.sas[0].softExpiry == nil)
    #expect(bench.core.tunnelIDs(named: "nowhere") == [])
  }

  @Test func aRekeyPutsTheNewerPairFirst() throws {
    var bench = Self.bench(1)
    bench.negotiate(
      Self.living(2).map { sa in
        var sa = sa
        sa.addedAt = 2000
        return sa
      })
    let tunnel = try Self.sas(bench, time: 2100)
    #expect(
      tunnel.sas.map(\.spi) == ["0xc1000002", "0xc2000002", "0xc1000001", "0xc2000001"])
  }

  @Test func theLinkLayerIsDownWhileTheLinkIsHeld() throws {
    var bench = Self.bench(1)
    let held = try #require(bench.core.interface(named: "vti0"))
    #expect(held.enabled)
    #expect(!held.up)
    #expect(held.gate == "held")
    #expect(held.operstate == "dormant")
    #expect(held.keys == "42/42")
    #expect(held.addresses == ["169.254.100.1/30"])
    #expect(held.tunnels.map(\.state) == ["verifying"])
    bench.answering = true
    bench.wait(2)
    let open = try #require(
      bench.core.interfaceNames.first.flatMap { bench.core.interface(named: $0) })
    #expect(open.up)
    #expect(open.gate == "in-service")
    #expect(open.operstate == "up")
    #expect(bench.core.interface(named: "vti9") == nil)
  }

  @Test func routesThatAreAwayAndThoseInTheirPlace() throws {
    var bench = Self.bench(1)
    let held = try #require(bench.core.routes(of: "vti0"))
    #expect(held.owned == [])
    #expect(held.withdrawn == ["10.2.0.0/16"])
    #expect(held.unreachable == ["10.2.0.0/16", "10.33.0.0/16"])
    bench.answering = true
    bench.wait(2)
    let open = try #require(bench.core.routedLinks.first.flatMap { bench.core.routes(of: $0) })
    #expect(open.owned == ["10.33.0.0/16"])
    #expect(open.withdrawn == [])
    #expect(open.unreachable == [])
    #expect(bench.core.routes(of: "vti9") == nil)
  }

  @Test func tunnelsThatCarryNothing() {
    var bench = Self.bench()
    bench.wait(5)
    let absent = bench.inactive
    #expect(bench.core.tunnelCount == 1)
    #expect(absent.map(\.state) == ["absent"])
    #expect(absent.map(\.reason) == ["No IPSec SA"])
    #expect(absent.map(\.since) == [5])
    #expect(absent.map(\.remote) == ["203.0.113.1"])
    bench.answering = true
    bench.negotiate(1)
    bench.wait(2)
    #expect(bench.inactive == [])
    bench.answering = false
    bench.obeysClears = false
    bench.wait(10)
    let dead = bench.inactive
    #expect(dead.map(\.state) == ["down"])
    #expect(dead.map(\.reason) == ["IPSEC SA VPN Monitor Failure"])
  }

  @Test func ikeSAsAsTheyWereListedLast() throws {
    var bench = Self.bench()
    #expect(bench.core.ikeIDs == nil, "nobody was asked")
    bench.negotiate(1)
    bench.play(.vici(.connected))
    bench.wait(1)
    var sa = IKESA.of([.of(1)])
    sa.facts.established = 3
    sa.facts.renewal = 100
    bench.play(.vici(.sas([sa])))
    bench.wait(10)
    let id = try #require(bench.core.ikeIDs?.first)
    let shown = try #require(bench.core.ikeSA(id, at: bench.instant))
    #expect(bench.core.control == "vici")
    #expect(shown.connection == "to-b")
    #expect(try #require(shown.established) >= 13)
    #expect(try #require(shown.renewal) <= 90)
    #expect(shown.children.map(\.tunnel) == ["to-b"])
    #expect(shown.children.map(\.spiIn) == ["0xc1000001"])
    bench.play(.vici(.disconnected("gone")))
    #expect(bench.core.ikeIDs == nil)
    #expect(bench.core.controlObstacle == "gone")
  }

  @Test func theNewestEventIsInStatus() {
    var bench = Self.bench(1)
    #expect(bench.tunnel?.lastEvent == "IPSec SA negotiation successfully completed")
    bench.answering = true
    bench.wait(2)
    #expect(bench.tunnel?.lastEvent == "VPN monitoring verify-path succeeded")
    #expect(bench.tunnel?.lastEventCount == 1)
    #expect(bench.tunnel?.sets.first?.history.last == "4", "10 ms")
  }
}
