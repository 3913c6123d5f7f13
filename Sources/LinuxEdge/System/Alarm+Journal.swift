import TunnelCore

extension Alarm {
  /// MESSAGE_ID of every alarm that a tunnel is down (systemd.journal-fields(7)).
  public static let downMessageID = "174b63e111d24b71855f38d1182acb34"
  /// MESSAGE_ID of every alarm that a tunnel is up.
  public static let upMessageID = "a5779048a6ba4e0d8678670fae07e4db"
  /// MESSAGE_ID of every alarm that probes of a tunnel prove nothing.
  public static let unprovenMessageID = "d6dc6e16f74849acbf3c1d653359e733"
  /// MESSAGE_ID of every alarm that no probe of a tunnel can be sent.
  public static let unmonitoredMessageID = "2c51c1f7a9b54d0e8f2f6f0f5d1c7e94"

  /// Fields of the journal's entry besides its text: docs/alarms.md.
  var journalFields: [(String, String)] {
    var fields = [
      ("VPN_NAME", vpn), ("VPN_TUNNEL_ID", "\(tunnelID)"), ("VPN_LINK", link),
      ("VPN_GATEWAY", gatewayName), ("VPN_REMOTE", remote?.description ?? "-"),
      ("VPN_STATE", state),
    ]
    switch kind {
    case .down(let reason):
      fields += [("MESSAGE_ID", Self.downMessageID), ("VPN_REASON", reason.description)]
    case .unmonitored(let why):
      fields += [("MESSAGE_ID", Self.unmonitoredMessageID), ("VPN_REASON", why)]
    case .up: fields.append(("MESSAGE_ID", Self.upMessageID))
    case .unproven(let why):
      fields += [("MESSAGE_ID", Self.unprovenMessageID), ("VPN_REASON", why)]
    }
    if let selectors { fields.append(("VPN_SELECTORS", selectors)) }
    return fields
  }

  private var state: String {
    switch kind {
    case .down: "down"
    case .up: "up"
    case .unproven: "unproven"
    case .unmonitored: "unmonitored"
    }
  }

  /// What the `notify` program is told: the journal's fields, and the alarm's line as VPN_MESSAGE.
  var notice: Notice {
    Notice(vpn: vpn, state: state, fields: journalFields, message: description)
  }
}

extension MassAlarm {
  /// MESSAGE_ID of every alarm that most tunnels fail at once, and that this is over.
  public static let messageID = "6d9f3a0e5c8b4d57a1e24c7f90b3d8e6"

  /// Fields of the journal's entry: docs/alarms.md.
  var journalFields: [(String, String)] {
    [
      ("MESSAGE_ID", Self.messageID), ("VPN_STATE", state), ("VPN_FAILING", "\(failing)"),
      ("VPN_TOTAL", "\(total)"),
    ]
  }

  private var state: String { isOver ? "mass-failure-over" : "mass-failure" }

  /// What the `notify` program is told.
  var notice: Notice {
    Notice(vpn: "-", state: state, fields: journalFields, message: description)
  }
}

extension RecordAlarm {
  /// MESSAGE_ID of every alarm that the record cannot be written, and that it is again.
  public static let messageID = "eb189935105943c4b3768471c6a1488d"

  /// Fields of the journal's entry: docs/alarms.md.
  var journalFields: [(String, String)] {
    [("MESSAGE_ID", Self.messageID), ("VPN_STATE", state)]
      + (failure.map { [("VPN_REASON", $0)] } ?? [])
  }

  private var state: String { failure == nil ? "record-written" : "record-failed" }

  /// What the `notify` program is told.
  var notice: Notice {
    Notice(vpn: "-", state: state, fields: journalFields, message: description)
  }
}

extension Notice {
  fileprivate init(
    vpn: String, state: String, fields: [(String, String)], message: String
  ) {
    self.init(
      vpn: vpn, state: state,
      environment: (fields + [("VPN_MESSAGE", message)]).map { "\($0)=\($1)" })
  }
}
