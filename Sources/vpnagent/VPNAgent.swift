import ArgumentParser
import LinuxEdge

@main
struct VPNAgent: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vpnagent",
    abstract: "Verifies that IPsec tunnels carry packets, and acts when they do not.",
    version: agentVersion,
    subcommands: [
      Run.self, ShowStatus.self, Show.self, ShowRole.self, ShowEvents.self, ShowStatistics.self,
      ShowMetrics.self, Explain.self,
      Verify.self, Clear.self, Reload.self, ReleaseGates.self, CheckConfig.self, Import.self,
      DoctorCommand.self,
    ])

  static func main() {
    do {
      var command = try parseAsRoot(commandLineWords())
      try command.run()
    } catch {
      exit(withError: error)
    }
  }
}

/// The version that `--version` and `status` say.
let agentVersion = "0.1.0"

/// Exit statuses of every command (sysexits.h where it has one).
extension ExitCode {
  /// No agent answers, or it says something else.
  static let noAgent = ExitCode(2)
  /// EX_OSERR.
  static let system = ExitCode(71)
  /// EX_TEMPFAIL: already running.
  static let alreadyRunning = ExitCode(75)
  /// EX_NOPERM.
  static let permission = ExitCode(77)
  /// EX_CONFIG.
  static let configuration = ExitCode(78)
}
