extension Tunnel {
  static let unmonitored = "unmonitored"

  /// Its state, or that nobody looks.
  var stateName: String { blindness == nil ? state.rawValue : Self.unmonitored }

  /// Why it is in its state.
  var reasonText: String {
    blindness.map { "no probe can be sent: \($0)" } ?? reason.text(in: state)
  }

  /// The same for programs.
  var reasonCode: String { blindness == nil ? reason.code : "no-probe-sent" }

  var monLetter: String {
    guard monitor != nil, !isOnlyObserved else { return "-" }
    guard blindness == nil else { return "?" }
    switch state {
    case .standby, .idle: return "-"
    case .up: return "U"
    case .verifying: return "V"
    case .down, .absent: return "D"
    }
  }
}

extension SetMonitor {
  var stateName: String {
    if absentUntil != nil { return "rekeying" }
    switch phase {
    case .incomplete: return "incomplete"
    case .verifying: return "verifying"
    case .up: return "up"
    case .observed: return "observed"
    case .standby: return "standby"
    case .down: return "down"
    }
  }
}
