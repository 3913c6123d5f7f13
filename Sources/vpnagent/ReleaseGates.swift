import ArgumentParser
import Glibc
import LinuxEdge

struct ReleaseGates: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "release",
    abstract: "Releases what a stopped agent still holds: links, routes, addresses.",
    discussion: """
      For use when no agent will run again; refuses while one is running. Also removes routes, \
      rules and links that the agent made for itself. With --after-failures, for ExecStopPost= of a \
      systemd unit, only when the service failed for the \(FailureLog.limit)th time in a row, each \
      time within \(FailureLog.pause) s of the one before.
      Exit status: 0 nothing is held, 71 something could not be restored, 75 an agent is \
      running, 77 no permission.
      """)

  @Flag(help: "Do nothing unless the systemd service keeps failing.") var afterFailures = false
  @OptionGroup var place: Place

  func run() throws {
    if afterFailures, !isGivenUp { return }
    try place.enterNamespace()
    let outcome: Release.Outcome
    do {
      outcome = try Release.run(runDirectory: place.directory)
    } catch {
      complain(error.description)
      throw error.exitCode
    }
    for line in outcome.done { show("\(line)\n") }
    if outcome.done.isEmpty, outcome.failures.isEmpty { show("nothing was held\n") }
    for line in outcome.failures { complain(line) }
    if !outcome.failures.isEmpty { throw ExitCode.system }
  }

  /// systemd.exec(5): how the service ended that this is run after.
  private var isGivenUp: Bool {
    func variable(_ name: String) -> String? {
      unsafe getenv(name).map { unsafe String(cString: $0) }
    }
    guard let result = variable("SERVICE_RESULT"), result != "success",
      variable("EXIT_STATUS") != "\(ExitCode.alreadyRunning.rawValue)"
    else { return false }
    return FailureLog(runDirectory: place.directory).note() >= FailureLog.limit
  }
}
