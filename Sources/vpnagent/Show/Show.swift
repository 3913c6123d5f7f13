import ArgumentParser
import LinuxEdge

struct Show: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows SAs, interfaces, routes and IKE SAs, with Junos' terms where they exist.",
    discussion: "Exit status: 0, 1 no such tunnel or link, 2 no agent answers.",
    subcommands: [
      ShowSecurityAssociations.self, ShowInterfaces.self, ShowInactiveTunnels.self, ShowIKE.self,
      ShowRoutes.self,
    ])
}

/// What all of them have.
struct ReportOptions: ParsableArguments {
  @Flag(help: "Print JSON.") var json = false
  @OptionGroup var place: Place

  /// Asks for a report and prints it: JSON as it came, else the lines.
  func show<Report: Decodable>(
    _ verb: ControlVerb, _ name: String? = nil, lines: (Report) -> [String]
  ) throws {
    let words = [verb.rawValue, name].compactMap(\.self).joined(separator: " ")
    let answer = try ask(words, in: place.directory)
    if let refusal = ControlAnswer(json: answer) { throw refuse(refusal) }
    guard let report: Report = readReport(answer) else { throw strangeAnswer(place.directory) }
    if json { return vpnagent.show(String(decoding: answer, as: UTF8.self)) }
    for line in lines(report) { vpnagent.show("\(line)\n") }
  }
}
