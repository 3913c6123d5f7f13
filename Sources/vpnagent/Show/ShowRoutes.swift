import ArgumentParser
import LinuxEdge
import TunnelCore

struct ShowRoutes: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "routes",
    abstract: "Shows what the agent does to the routes of each link.",
    discussion: """
      Owned: added for `routes` of the configuration. Withdrawn: removed while the link is held. \
      Unreachable: installed in place of withdrawn ones. Probes: added for the agent's own \
      packets. Contested: added again by another program each time, and left to it.
      Exit status: 0, 1 no tunnel uses this link, 2 no agent answers.
      """,
    aliases: ["route"])

  @Argument(help: "Only this link.") var link: String?
  @OptionGroup var options: ReportOptions

  func run() throws {
    try options.show(.routes, link) { (report: RoutesReport) in
      report.links.isEmpty ? ["no routes are owned or withdrawn"] : report.links.flatMap(Self.lines)
    }
  }

  static func lines(_ link: LinkRoutes) -> [String] {
    func each(_ kind: String, _ routes: [String]) -> [String] {
      routes.map { "  " + kind.padded(12) + $0 }
    }
    let lines =
      each("owned", link.owned) + each("withdrawn", link.withdrawn)
      + each("unreachable", link.unreachable) + each("probes", link.probes)
      + each("contested", link.contested)
    return ["\(link.link), gate \(link.gate)"] + (lines.isEmpty ? ["  none"] : lines)
  }
}
