import AgentConfig
import ArgumentParser
import LinuxEdge
import TunnelCore

/// Where the configuration is unless `--config` says otherwise.
let defaultConfigPath = "/etc/vpnagent/vpnagent.toml"

/// The file's content, validated. Every complaint is one line on standard error.
///
/// - Throws: exit status 78, or 77 when the file must not be read.
func loadConfiguration(_ path: String) throws -> LoadedConfiguration {
  let bytes: [UInt8]
  do {
    bytes = try readFile(path)
  } catch {
    complain("\(path): cannot read: \(error.reason)")
    throw error.isPermission ? ExitCode.permission : ExitCode.configuration
  }
  do {
    let loaded = try parseConfiguration(bytes, fileName: path)
    for warning in loaded.warnings { complain("warning: \(warning)") }
    return loaded
  } catch {
    for line in error.lines { complain(line) }
    throw ExitCode.configuration
  }
}

extension EdgeError {
  /// EPERM or EACCES.
  var isPermission: Bool { errno == 1 || errno == 13 }
}
