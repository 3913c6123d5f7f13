import ArgumentParser
import LinuxEdge
import TunnelCore

struct ShowSecurityAssociations: ParsableCommand {
  /// How much is shown.
  enum Extent: String, ExpressibleByArgument, CaseIterable { case detail }

  static let configuration = CommandConfiguration(
    commandName: "security-associations",
    abstract: "Shows the kernel's SAs of each tunnel.",
    discussion: """
      `<` is inbound, `>` outbound. Life is what remains until the kernel drops the SA, in seconds \
      and kilobytes. Mon is - not monitored, U up, D down, V verifying. `detail` adds the events \
      of the tunnel, newest first, and everything about each SA except its keys. Traffic and \
      ESP errors are the kernel's counters, at most a second old.
      Exit status: 0, 1 no such tunnel, 2 no agent answers.
      """,
    aliases: ["security-association", "sa", "sas"])

  @Argument(help: "detail: show full details.") var extent: Extent?
  @Option(
    name: [.long, .customLong("vpn")], help: "Only this tunnel.", completion: offeredTunnels)
  var vpnName: String?
  @OptionGroup var options: ReportOptions

  func run() throws {
    let width = outputWidth
    try options.show(.securityAssociations, vpnName) { (report: SecurityAssociationsReport) in
      extent == nil
        ? SATable(report, width: width).lines
        : SADetails(report, width: width).lines
    }
  }
}

/// As Junos has it, and the tunnel's name behind. Where there is no room for all of it, addresses and
/// names are cut, and then port, algorithm and life left out.
struct SATable {
  /// The last two columns, by the least that they are cut to.
  private static let least = [6: 15, 7: 14]
  private static let order = [5, 1, 3]

  private let report: SecurityAssociationsReport
  private let width: Int

  /// - Parameter width: columns that there are.
  init(_ report: SecurityAssociationsReport, width: Int) {
    self.report = report
    self.width = width
  }

  var lines: [String] {
    let sas = report.tunnels.flatMap { tunnel in tunnel.sas.map { (tunnel, $0) } }
    let total =
      "  Total active tunnels: \(report.tunnels.count)     Total IPsec sas: \(sas.count / 2)"
    let titles = ["ID", "Algorithm", "SPI", "Life:sec/kb", "Mon", "Port", "Gateway", "VPN"]
    let rows = sas.map(Self.cells)
    let natural = titles.indices.map { column in
      max(rows.map { $0[column].columns }.max() ?? 0, column == 0 ? 7 : titles[column].columns)
    }
    let columns = fit(natural)
    func line(_ cells: [String]) -> String {
      "  "
        + columns.map { cells[$0.column].squeezed($0.width).padded($0.width) }
        .joined(separator: " ").trimmed
    }
    guard !sas.isEmpty else { return [total] }
    return [total, line(titles)] + rows.map(line)
  }

  /// The columns that there is room for.
  private func fit(_ natural: [Int]) -> [(column: Int, width: Int)] {
    var shown = Array(natural.indices)
    var widths = natural.indices.map { min(natural[$0], Self.least[$0] ?? natural[$0]) }
    func total() -> Int { 2 + shown.reduce(-1) { $0 + widths[$1] + 1 } }
    for column in Self.order where total() > width { shown.removeAll { $0 == column } }
    for column in Self.least.keys.sorted() {
      widths[column] = min(natural[column], widths[column] + max(width - total(), 0))
    }
    return shown.map { ($0, widths[$0]) }
  }

  private static func cells(_ tunnel: TunnelSAs, _ sa: SAStatus) -> [String] {
    let life = sa.hardExpiry.map { "\(Int($0))" } ?? "unlim"
    let size = sa.bytesLeft.map { "\($0 / 1024)" } ?? "unlim"
    return [
      (sa.direction == "inbound" ? "<" : ">") + "\(tunnel.id)",
      "ESP:" + sa.algorithms.joined(separator: "/"), sa.spi, "\(life)/ \(size)", tunnel.mon,
      "\(tunnel.port)", tunnel.remote ?? "-", tunnel.name,
    ]
  }
}

/// The long form, as far as the kernel and strongSwan tell.
struct SADetails {
  private let report: SecurityAssociationsReport
  private let width: Int

  init(_ report: SecurityAssociationsReport, width: Int) {
    self.report = report
    self.width = width
  }

  var lines: [String] {
    let blocks = report.tunnels.map { block($0).flatMap { $0.wrapped(width, indent: "      ") } }
    return Array(blocks.joined(separator: [""]))
  }

  private func block(_ tunnel: TunnelSAs) -> [String] {
    var lines = ["ID: \(tunnel.id) VPN Name: \(tunnel.name)"]
    let gateway = tunnel.gateway.map { ", Gateway Name: \($0)" } ?? ""
    lines.append(
      "  Local Gateway: \(tunnel.local ?? "-"), Remote Gateway: \(tunnel.remote ?? "-")\(gateway)")
    if tunnel.localID != nil || tunnel.remoteID != nil {
      lines.append("  Local Identity: \(tunnel.localID ?? "-")")
      lines.append("  Remote Identity: \(tunnel.remoteID ?? "-")")
    }
    lines += tunnel.selectors.map { "  Traffic Selector: \($0)" }
    lines.append(
      [
        tunnel.version.map { "Version: IKEv\($0)" }, "Port: \(tunnel.port)",
        tunnel.link.map { "Bind-interface: \($0)" },
      ].compactMap(\.self).joined(separator: ", ").indented)
    lines.append("  Tunnel events:")
    lines += tunnel.events.map { event in
      "    \(localTime(report.time - event.age)): \(event.text) (\(counted(event.count, "time")))"
    }
    return lines + tunnel.sas.flatMap { self.lines($0, tunnel) }
  }

  private func lines(_ sa: SAStatus, _ tunnel: TunnelSAs) -> [String] {
    [
      "  Direction: \(sa.direction), SPI: \(sa.spi), VPN Monitoring: \(Self.monitoring(tunnel.mon))",
      "    Hard lifetime: \(Self.expiry(sa.hardExpiry))"
        + Self.limits(nil, sa.packetsLeft),
      "    Lifesize Remaining: \(sa.bytesLeft.map { "\($0 / 1024) kilobytes" } ?? "Unlimited")",
      "    Soft lifetime: \(Self.expiry(sa.softExpiry))"
        + Self.limits(sa.softBytesLeft, sa.softPacketsLeft),
      "    Mode: Tunnel, State: installed \(Int(sa.age)) seconds ago, reqid: \(sa.reqid)"
        + (sa.ifID == 0 ? "" : ", if_id: \(sa.ifID)") + (sa.mark.map { ", mark: \($0)" } ?? ""),
      "    Protocol: ESP, " + Self.algorithms(sa.algorithms)
        + (sa.encap.map { ", UDP ports: \($0)" } ?? ""),
      "    Anti-replay service: "
        + (sa.replayWindow == 0
          ? "none" : "counter-based enabled, Replay window size: \(sa.replayWindow)")
        + (sa.esn ? ", extended sequence numbers" : ""),
      "    Traffic: \(sa.bytes) bytes, \(sa.packets) packets"
        + (sa.lastUsed.map { ", last packet \(Quantity.age($0)) ago" } ?? ""),
    ] + (sa.errors.map { ["    ESP errors: " + Self.text($0)] } ?? [])
  }

  private static func text(_ errors: SAStatus.Errors) -> String {
    "\(errors.outsideWindow) outside replay window, \(errors.replayed) replayed, "
      + "\(errors.integrityFailed) not authentic"
  }

  /// What is left of limits beside that of time. The hard one of bytes has a line of its own in Junos.
  private static func limits(_ bytes: UInt64?, _ packets: UInt64?) -> String {
    let left = [bytes.map { "\($0 / 1024) kilobytes" }, packets.map { "\($0) packets" }]
    let text = left.compactMap(\.self).joined(separator: " or ")
    return text.isEmpty ? "" : ", or after \(text)"
  }

  private static func monitoring(_ letter: String) -> String {
    switch letter {
    case "U": "UP"
    case "D": "DOWN"
    case "V": "V"
    default: "-"
    }
  }

  private static func expiry(_ seconds: Double?) -> String {
    seconds.map { "Expires in \(Int($0)) seconds" } ?? "No expiry"
  }

  /// The kernel lists an AEAD, or encryption and then authentication.
  private static func algorithms(_ names: [String]) -> String {
    let authentication = names.count > 1 ? names[1] : "with the encryption"
    return "Encryption: \(names.first ?? "-"), Authentication: \(authentication)"
  }
}

extension String {
  fileprivate var indented: String { "  " + self }
}
