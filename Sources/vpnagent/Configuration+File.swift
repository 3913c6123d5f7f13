import AgentConfig
import ArgumentParser
import Glibc
import LinuxEdge
import TunnelCore

/// Where the configuration is unless `--config` says otherwise.
let defaultConfigPath = "/etc/vpnagent/vpnagent.toml"

/// The content of the file that is named, else of the usual one, if it is there.
///
/// What is wrong with it is all in the answer: exit status 78, or 77 when it must not be read.
func readConfiguration(
  _ named: String?, usual: String = defaultConfigPath
) -> Result<ConfigurationFile, ControlAnswer> {
  let path = named ?? usual
  let bytes: [UInt8]
  do {
    bytes = try readFile(path)
  } catch {
    if named == nil, error.errno == ENOENT { return .success(ConfigurationFile()) }
    let exit: ExitCode = error.isPermission ? .permission : .configuration
    return .failure(
      ControlAnswer(exit: exit.rawValue, lines: ["\(path): cannot read: \(error.reason)"]))
  }
  do {
    let loaded = try parseConfiguration(bytes, fileName: path)
    return .success(
      ConfigurationFile(
        path: path, configuration: loaded.configuration, warnings: loaded.warnings))
  } catch {
    return .failure(ControlAnswer(exit: ExitCode.configuration.rawValue, lines: error.lines))
  }
}

extension Result where Success == ConfigurationFile, Failure == ControlAnswer {
  /// The file; every warning and complaint is one line on standard error.
  ///
  /// - Throws: its exit status when it was refused.
  func orComplain() throws -> ConfigurationFile {
    switch self {
    case .success(let file):
      for warning in file.warnings { complain("warning: \(warning)") }
      return file
    case .failure(let refusal):
      for line in refusal.lines { complain(line) }
      throw ExitCode(refusal.exit)
    }
  }
}

extension EdgeError {
  /// EPERM or EACCES.
  var isPermission: Bool { errno == 1 || errno == 13 }
}
