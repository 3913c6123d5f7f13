import ArgumentParser
import LinuxEdge
import TunnelCore

struct ShowInactiveTunnels: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inactive-tunnels",
    abstract: "Shows tunnels that carry no traffic, and why.",
    discussion: "Exit status: 0, 2 no agent answers.",
    aliases: ["inactive-tunnel"])

  @OptionGroup var options: ReportOptions

  func run() throws {
    try options.show(.inactiveTunnels) { (report: InactiveTunnelsReport) in
      Self.lines(report)
    }
  }

  static func lines(_ report: InactiveTunnelsReport) -> [String] {
    let total =
      "  Total inactive tunnels: \(report.tunnels.count) of \(report.total)"
    guard !report.tunnels.isEmpty else { return [total] }
    let titles = ["ID", "Port", "Gateway", "VPN", "Since", "Tunnel Down Reason"]
    let rows = report.tunnels.map {
      [
        "\($0.id)", "\($0.port)", $0.remote ?? "-", $0.name, Quantity.age($0.since), $0.reason,
      ]
    }
    let widths = titles.indices.map { column in
      ([titles] + rows).map { $0[column].columns }.max() ?? 0
    }
    return [total]
      + ([titles] + rows).map { cells in
        "  " + zip(cells, widths).map { $0.padded($1) }.joined(separator: "  ").trimmed
      }
  }
}
