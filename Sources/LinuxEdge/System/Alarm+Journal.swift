import TunnelCore

extension Alarm {
  /// MESSAGE_ID of every alarm that a tunnel is down (systemd.journal-fields(7)).
  public static let downMessageID = "174b63e111d24b71855f38d1182acb34"
  /// MESSAGE_ID of every alarm that a tunnel is up.
  public static let upMessageID = "a5779048a6ba4e0d8678670fae07e4db"

  /// Fields of the journal's entry besides its text: `VPN_NAME`, `VPN_STATE` (up, down),
  /// `VPN_REASON` (of down alone), `VPN_TUNNEL_ID`, `VPN_LINK`, `VPN_GATEWAY`, `VPN_REMOTE`,
  /// `VPN_SELECTORS` (where it is about one set), `MESSAGE_ID`.
  var journalFields: [(String, String)] {
    var fields = [
      ("MESSAGE_ID", isDown ? Self.downMessageID : Self.upMessageID), ("VPN_NAME", vpn),
      ("VPN_STATE", isDown ? "down" : "up"), ("VPN_TUNNEL_ID", "\(tunnelID)"), ("VPN_LINK", link),
      ("VPN_GATEWAY", gatewayName), ("VPN_REMOTE", remote?.description ?? "-"),
    ]
    if case .down(let reason) = kind { fields.append(("VPN_REASON", reason.description)) }
    if let selectors { fields.append(("VPN_SELECTORS", selectors)) }
    return fields
  }
}
