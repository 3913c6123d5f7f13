import TunnelCore

extension Alarm {
  /// MESSAGE_ID of every alarm that a tunnel is down (systemd.journal-fields(7)).
  public static let downMessageID = "174b63e111d24b71855f38d1182acb34"
  /// MESSAGE_ID of every alarm that a tunnel is up.
  public static let upMessageID = "a5779048a6ba4e0d8678670fae07e4db"
  /// MESSAGE_ID of every alarm that probes of a tunnel prove nothing.
  public static let unprovenMessageID = "d6dc6e16f74849acbf3c1d653359e733"

  /// Fields of the journal's entry besides its text: `VPN_NAME`, `VPN_STATE` (up, down,
  /// unproven), `VPN_REASON` (not of up), `VPN_TUNNEL_ID`, `VPN_LINK`, `VPN_GATEWAY`, `VPN_REMOTE`,
  /// `VPN_SELECTORS` (where it is about one set), `MESSAGE_ID`.
  var journalFields: [(String, String)] {
    var fields = [
      ("VPN_NAME", vpn), ("VPN_TUNNEL_ID", "\(tunnelID)"), ("VPN_LINK", link),
      ("VPN_GATEWAY", gatewayName), ("VPN_REMOTE", remote?.description ?? "-"),
    ]
    switch kind {
    case .down(let reason):
      fields += [("MESSAGE_ID", Self.downMessageID), ("VPN_STATE", "down")]
      fields.append(("VPN_REASON", reason.description))
    case .up: fields += [("MESSAGE_ID", Self.upMessageID), ("VPN_STATE", "up")]
    case .unproven(let why):
      fields += [("MESSAGE_ID", Self.unprovenMessageID), ("VPN_STATE", "unproven")]
      fields.append(("VPN_REASON", why))
    }
    if let selectors { fields.append(("VPN_SELECTORS", selectors)) }
    return fields
  }
}
