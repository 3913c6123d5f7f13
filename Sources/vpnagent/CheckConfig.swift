import ArgumentParser
import TunnelCore

struct CheckConfig: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check-config",
    abstract: "Checks a configuration file and changes nothing.",
    discussion: "Exit status: 0 valid, 77 unreadable, 78 not valid.")

  @Argument(help: "The file to check (default: \(defaultConfigPath)).", completion: .file())
  var file: String?
  @Option(help: .hidden) var config: String?

  func validate() throws {
    if file != nil, config != nil {
      throw ValidationError("a file and --config are two ways to say the same: give one")
    }
  }

  func run() throws {
    let config = file ?? config ?? defaultConfigPath
    let loaded = try readConfiguration(config).orComplain()
    let monitored = loaded.configuration.vpns.count { $0.monitor != nil }
    let templates = loaded.configuration.templates.count
    show(
      "\(config): valid, \(counted(loaded.configuration.gateways.count, "gateway")), "
        + "\(counted(loaded.configuration.vpns.count, "VPN")), \(monitored) monitored"
        + (templates == 0 ? "\n" : ", \(counted(templates, "template"))\n"))
  }
}
