import TunnelCore

/// How an agent is run.
public struct AgentOptions: Sendable {
  /// What becomes of held gates when the agent is told to end.
  public enum OnExit: String, CaseIterable, Sendable {
    /// Everything is put back.
    case release
    /// Gates stay as they are for the next run.
    case keep
  }

  /// What the configuration file said at start.
  public var configuration: ConfigurationFile
  /// Reads it again.
  public var readConfiguration: @Sendable () -> Result<ConfigurationFile, ControlAnswer>
  /// Directory of the socket, the lock and the record.
  public var runDirectory: String
  /// The HA role, where no file in the run directory says another.
  public var role: Role
  /// What SIGTERM and SIGINT do to the gates.
  public var onExit: OnExit
  /// What is left out of the log.
  public var logLevel: LogLevel
  /// Whether effects are logged instead of performed.
  public var isDryRun: Bool
  /// For status.
  public var version: String

  /// Options of one run.
  public init(
    configuration: ConfigurationFile,
    readConfiguration: @escaping @Sendable () -> Result<ConfigurationFile, ControlAnswer>,
    runDirectory: String, role: Role, onExit: OnExit, logLevel: LogLevel, isDryRun: Bool = false,
    version: String
  ) {
    self.configuration = configuration
    self.readConfiguration = readConfiguration
    self.runDirectory = runDirectory
    self.role = role
    self.onExit = onExit
    self.logLevel = logLevel
    self.isDryRun = isDryRun
    self.version = version
  }
}

/// What a configuration file says.
public struct ConfigurationFile: Sendable {
  /// Its path, for status; nil when there is none and the agent only observes.
  public var path: String?
  /// Its validated content.
  public var configuration: Configuration
  /// What in it is allowed but hardly meant, one line each.
  public var warnings: [String]
  /// The same, as an operator reads them.
  var warningLines: [String] { warnings.map { "warning: \($0)" } }

  /// A file that was read; without arguments one that is not there.
  public init(
    path: String? = nil, configuration: Configuration = .observing, warnings: [String] = []
  ) {
    self.path = path
    self.configuration = configuration
    self.warnings = warnings
  }
}

/// Why an agent could not start. Nothing was changed.
public enum StartFailure: Error, CustomStringConvertible {
  /// Root, or CAP_NET_ADMIN and CAP_NET_RAW, are missing.
  case permission(EdgeError)
  /// Another agent has the lock.
  case alreadyRunning(lock: String)
  /// Anything else.
  case system(EdgeError)

  init(_ error: EdgeError) {
    self = error.errno == 1 || error.errno == 13 ? .permission(error) : .system(error)
  }

  /// One line.
  public var description: String {
    switch self {
    case .permission(let error):
      "\(error); run as root, or with CAP_NET_ADMIN and CAP_NET_RAW"
    case .alreadyRunning(let lock):
      "another vpnagent is already running (lock: \(lock))"
    case .system(let error): "\(error)"
    }
  }
}
