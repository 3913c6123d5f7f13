/// Whether an IKE daemon runs, where strongSwan's VICI socket does not answer.
public enum IKEProcess: Hashable, Sendable {
  /// Nobody has looked, or nobody can.
  case unseen
  /// strongSwan's charon runs.
  case strongSwan(pid: Int32)
  /// Another daemon runs, as libreswan's pluto, and charon does not: nobody is to answer.
  case other(name: String, pid: Int32)
  /// None was found.
  case absent

  private static let others: Set<String> = ["pluto", "iked", "racoon"]

  /// Whether a process of this name (/proc/PID/comm) is charon.
  public static func isStrongSwan(_ name: String) -> Bool {
    name == "charon" || name == "charon-systemd"
  }

  /// Whether a process of this name is an IKE daemon at all.
  public static func isIKEDaemon(_ name: String) -> Bool {
    isStrongSwan(name) || others.contains(name)
  }

  /// Of several processes by name, charon counts.
  public init(_ processes: [(name: String, pid: Int32)]) {
    if let charon = processes.first(where: { Self.isStrongSwan($0.name) }) {
      self = .strongSwan(pid: charon.pid)
    } else if let other = processes.first(where: { Self.others.contains($0.name) }) {
      self = .other(name: other.name, pid: other.pid)
    } else {
      self = .absent
    }
  }

  /// Why strongSwan does not answer: the socket and what it says, and whether the process runs.
  public func obstacle(_ reason: String) -> String {
    switch self {
    case .unseen: reason
    case .strongSwan(let pid): "\(reason); charon is running, process \(pid)"
    case .other(let name, let pid): "\(reason); \(name) is running, process \(pid)"
    case .absent: "\(reason); no charon process"
    }
  }
}

/// The line that comes before everything else that is said of a tunnel.
public func silenceOfStrongSwan(_ obstacle: String) -> String {
  "strongSwan does not answer (\(obstacle))"
}
