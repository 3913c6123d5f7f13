import AgentConfig
import ArgumentParser
import LinuxEdge
import TunnelCore

struct ImportSwanctl: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "swanctl",
    abstract: "Writes the skeleton of a configuration file from a running strongSwan.",
    discussion: """
      Asks strongSwan by VICI for its connections and SAs, and the kernel for links, and writes TOML to \
      standard output. Lines that need a decision begin with #!.

        vpnagent import swanctl > vpnagent.toml

      Exit status: 0 written, 71 strongSwan does not answer, 77 no permission.
      """)

  @Option(help: "strongSwan's VICI socket.") var socket = Configuration.observing.viciSocket
  @OptionGroup var place: Place

  func run() throws {
    try place.enterNamespace()
    let model: SwanctlModel
    do {
      model = try SwanctlModel(socket: socket)
    } catch {
      complain(error.description)
      throw error.isPermission ? ExitCode.permission : ExitCode.system
    }
    do {
      show(try importSwanctl(model))
    } catch {
      for line in error.lines { complain(line) }
      throw ExitCode.configuration
    }
  }
}
