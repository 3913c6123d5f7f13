/// Up and down of a tunnel in the shape that scripts in the field match (junos-facts: Alarms).
public struct Alarm: Hashable, Sendable {
  /// Which way it went.
  public enum Kind: Hashable, Sendable {
    case down(Reason)
    case up
  }

  /// Down with a reason, or up.
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

  /// Whether a tunnel went down.
  public var isDown: Bool { kind != .up }
}

extension Alarm: CustomStringConvertible {
  /// One KMD_VPN_*_ALARM_USER line; fields that only Junos knows are left out.
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
    case .up:
      return "KMD_VPN_UP_ALARM_USER: VPN \(vpn) from \(text(remote)) is up. \(fields)"
    }
  }
}
