import ArgumentParser
import LinuxEdge
import TunnelCore

struct ShowIKE: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ike",
    abstract: "Shows strongSwan's IKE SAs and the dead peer detection state of their peers.",
    discussion: """
      As strongSwan last listed them; the list is refreshed whenever one changes. Without its \
      VICI socket nothing can be shown.
      Exit status: 0, 2 no agent answers.
      """)

  @OptionGroup var options: ReportOptions

  func run() throws {
    let width = outputWidth
    try options.show(.ike) { (report: IKEReport) in
      Self.lines(report).flatMap { $0.wrapped(width, indent: "      ") }
    }
  }

  static func lines(_ report: IKEReport) -> [String] {
    guard let sas = report.sas else {
      let why = report.controlObstacle.map(silenceOfStrongSwan) ?? "strongSwan does not answer"
      return ["IKE SAs are not known: \(why)"]
    }
    return sas.isEmpty ? ["strongSwan has no IKE SAs"] : sas.flatMap(lines)
  }

  private static func lines(_ sa: IKESAStatus) -> [String] {
    let side = sa.initiator ? "initiator" : "responder"
    var lines = [
      "\(sa.connection): #\(sa.id), \(sa.state), IKEv\(sa.version), \(side)",
      "  local  \(end(sa.local, sa.localPort, sa.localID)) "
        + (sa.initiator ? spi(sa.initiatorSPI) : spi(sa.responderSPI)),
      "  remote \(end(sa.remote, sa.remotePort, sa.remoteID)) "
        + (sa.initiator ? spi(sa.responderSPI) : spi(sa.initiatorSPI)),
    ]
    if !sa.algorithms.isEmpty { lines.append("  \(sa.algorithms.joined(separator: "/"))") }
    let times = [
      sa.established.map { "established \(Quantity.age($0)) ago" },
      sa.renewal.map { "renewed in \(Quantity.age($0))" },
      sa.tasks.isEmpty ? nil : "tasks: \(sa.tasks.joined(separator: " "))",
    ].compactMap(\.self)
    if !times.isEmpty { lines.append("  \(times.joined(separator: ", "))") }
    if let dpd = sa.dpd { lines.append("  DPD: \(TunnelDetails.text(dpd))") }
    return lines
      + sa.children.map { child in
        "  \(child.name): #\(child.id), \(child.state), SPIs \(child.spiIn) \(child.spiOut)"
          + (child.tunnel.map { ", tunnel \($0)" } ?? "")
      }
  }

  private static func end(_ address: String?, _ port: UInt16?, _ identity: String?) -> String {
    "'\(identity ?? "-")' @ \(address ?? "-")" + (port.map { "[\($0)]" } ?? "")
  }

  private static func spi(_ text: String?) -> String { text.map { "[\($0)]" } ?? "" }
}
