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

  /// The validated configuration.
  public var configuration: Configuration
  /// Its file, for status; nil when the agent only observes.
  public var configPath: String?
  /// Directory of the socket, the lock and the record.
  public var runDirectory: String
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
    configuration: Configuration, configPath: String?, runDirectory: String, onExit: OnExit,
    logLevel: LogLevel, isDryRun: Bool = false, version: String
  ) {
    self.configuration = configuration
    self.configPath = configPath
    self.runDirectory = runDirectory
    self.onExit = onExit
    self.logLevel = logLevel
    self.isDryRun = isDryRun
    self.version = version
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
      "\(error); allowed: root, or the capabilities CAP_NET_ADMIN and CAP_NET_RAW"
    case .alreadyRunning(let lock):
      "\(lock): another agent holds this lock; allowed: one agent a run directory"
    case .system(let error): "\(error)"
    }
  }
}
