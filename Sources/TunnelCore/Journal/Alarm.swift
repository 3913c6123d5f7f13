/// Up and down of a tunnel, and what is wrong with one that is up, in the shape that scripts in the
/// field match (docs/facts/junos.md, "Alarms").
public struct Alarm: Hashable, Sendable {
  /// Which way it went.
  public enum Kind: Hashable, Sendable {
    case down(Reason)
    case up
    /// Its probes cannot prove anything, because of this.
    case unproven(String)
    /// No probe can be sent, because of this: it may be down, and nobody would notice.
    case unmonitored(String)
  }

  /// Down with a reason, up, or what is wrong.
  public var kind: Kind
  /// The VPN's name.
  public var vpn: String
  /// The gateway's name; "-" for a discovered tunnel.
  public var gatewayName: String
  /// The peer's tunnel endpoint; nil when no SA was ever seen.
  public var remote: IPAddress?
  /// Our tunnel endpoint.
  public var local: IPAddress?
  /// The link's name; "-" when none.
  public var link: String
  /// The agent's number of the tunnel.
  public var tunnelID: Int
  /// The traffic selectors of the one set that it is about; nil when it is about the whole tunnel.
  public var selectors: String?
  /// What the operator should do about it; nil when the reason says it all.
  public var remedy: String?

  /// How bad it is.
  public var level: LogLevel {
    switch kind {
    case .down, .unmonitored: .error
    case .unproven: .warning
    case .up: .info
    }
  }
}

/// Most tunnels failed at once, or that is over: one alarm in the place of one a tunnel.
public struct MassAlarm: Hashable, Sendable {
  /// Whether it is over.
  public var isOver: Bool
  /// Tunnels that fail.
  public var failing: Int
  /// Tunnels that live, those included.
  public var total: Int

  /// How bad it is.
  public var level: LogLevel { isOver ? .info : .error }
}

/// The record of held links cannot be written, or is written again.
public struct RecordAlarm: Hashable, Sendable {
  /// Why not; nil: it is written again.
  public var failure: String?

  /// How bad it is.
  public var level: LogLevel { failure == nil ? .info : .error }
}

extension RecordAlarm: CustomStringConvertible {
  /// One line.
  public var description: String {
    guard let failure else {
      return "VPN_RECORD_FAILED is over: the record of held links is written again"
    }
    return
      "VPN_RECORD_FAILED: the record of held links cannot be written: \(failure). Links are held "
      + "without it; multipath routes, nexthop groups and admin flags stay as they are"
  }
}

extension MassAlarm: CustomStringConvertible {
  /// One line.
  public var description: String {
    isOver
      ? "VPN_MASS_FAILURE is over: \(total - failing) of \(total) tunnels answer"
      : "VPN_MASS_FAILURE: \(failing) of \(total) tunnels fail at once. "
        + "Clearing is suspended; one tunnel at a time is cleared as a test"
  }
}

extension Alarm: CustomStringConvertible {
  /// One KMD_VPN_*_ALARM_USER line, or one of the agent's own words; fields that only Junos knows
  /// are left out.
  public var description: String {
    func text(_ address: IPAddress?) -> String { address?.description ?? "-" }
    let fields =
      "Local-ip: \(text(local)), gateway name: \(gatewayName), vpn name: \(vpn), "
      + "tunnel-id: \(tunnelID), local tunnel-if: \(link), remote tunnel-ip: \(text(remote))"
      + (selectors.map { ", Traffic-selector: \($0)" } ?? "")
    switch kind {
    case .down(let reason):
      let advice = remedy.map { "; \($0)" } ?? ""
      return "KMD_VPN_DOWN_ALARM_USER: VPN \(vpn) from \(text(remote)) is down. "
        + "\(fields), Reason: \(reason)\(advice)"
    case .unmonitored(let why):
      return "KMD_VPN_DOWN_ALARM_USER: VPN \(vpn) from \(text(remote)) is not monitored. "
        + "\(fields), Reason: no probe can be sent, \(why)"
    case .unproven(let why):
      return "VPN_PATH_UNPROVEN: VPN \(vpn) from \(text(remote)): \(why). \(fields)"
    case .up:
      return "KMD_VPN_UP_ALARM_USER: VPN \(vpn) from \(text(remote)) is up. \(fields)"
    }
  }
}
