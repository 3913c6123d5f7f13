import ArgumentParser
import LinuxEdge

/// Which of several agents on one host is meant: each network namespace has one of its own.
struct Place: ParsableArguments {
  @Option(help: "The agent in this network namespace (ip netns).") var netns: String?
  @Option(help: .hidden) var runDir: String?

  /// Where that agent keeps its socket, lock, record and role.
  var directory: String { runDir ?? netns.map { "/run/vpnagent-\($0)" } ?? "/run/vpnagent" }

  /// Its configuration unless `--config` says otherwise.
  var configPath: String { netns.map { "/etc/vpnagent/\($0).toml" } ?? defaultConfigPath }

  /// Enters the namespace, before any socket is opened.
  func enterNamespace() throws {
    guard let netns else { return }
    do {
      try enterNetworkNamespace(netns)
    } catch {
      complain(error.description)
      throw error.isPermission ? ExitCode.permission : ExitCode.system
    }
  }

  /// A name is one component of a path.
  func validate() throws {
    guard let netns else { return }
    guard !netns.isEmpty, !netns.hasPrefix("."), !netns.contains("/") else {
      throw ValidationError("--netns '\(netns)': must be a name that `ip netns` shows")
    }
  }
}
