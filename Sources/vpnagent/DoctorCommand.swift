import ArgumentParser
import Doctor
import LinuxEdge
import TunnelCore

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Finds common causes of tunnel failure and suggests fixes.",
    discussion: """
      Checks the kernel, its sysctls, links, SAs, routes and firewall, strongSwan's settings and \
      other programs, with or without a running agent. Changes nothing. docs/doctor.md lists the \
      checks.
      Exit status: 0 no errors found, 1 at least one error.
      """)

  @Option(
    help: "The configuration file (default: the running agent's, else the default path).",
    completion: .file(extensions: ["toml"]))
  var config: String?
  @Flag(help: "Print JSON.") var json = false
  @OptionGroup var place: Place

  func run() throws {
    try place.enterNamespace()
    let diagnosis = Diagnosis(HostExamination.facts(request))
    let report = DoctorReport(diagnosis)
    show(json ? String(decoding: report.json(), as: UTF8.self) : report.text)
    if diagnosis.hasError { throw ExitCode.failure }
  }

  private var request: HostExamination.Request {
    let running = try? askAgent("status", socket: "\(place.directory)/control.sock", patience: 5)
    let used = running.flatMap { AgentStatus(json: $0) }?.config
    let named = config ?? used
    var request = HostExamination.Request(
      configuration: .observing, configPath: named ?? place.configPath, configErrors: [],
      runDirectory: place.directory)
    switch readConfiguration(named, usual: place.configPath) {
    case .success(let file): request.configuration = file.configuration
    case .failure(let refusal): request.configErrors = refusal.lines
    }
    return request
  }
}
