import TunnelCore

/// Keys of `vpn-monitor` and `vpn-monitor-options` that say what is made of losses and replies.
let reactionKeys = ["action", "recovery-threshold", "renegotiate-backoff", "never-answered"]

extension ConfigurationReader {
  /// What stands before the first table and guards all tunnels together.
  mutating func readGuards(_ root: Section, into configuration: inout Configuration) {
    if let value = complaints.share(root["mass-failure-threshold"], atLeast: 0.05) {
      configuration.massFailureThreshold = value
    }
    if let value = complaints.integer(
      root["max-clears-per-minute"], in: 1...6000, unit: "SA sets")
    {
      configuration.maxClearsPerMinute = value
    }
  }

  /// What a dead path leads to, and when it counts as alive again.
  mutating func readReaction(_ section: Section, into monitor: inout Monitor) {
    if let value: Monitor.Action = complaints.choice(section["action"]) { monitor.action = value }
    if let value = complaints.integer(
      section["recovery-threshold"], in: 1...100, unit: "consecutive replies")
    {
      monitor.recoveryThreshold = value
    }
    if let value: Monitor.NeverAnswered = complaints.choice(section["never-answered"]) {
      monitor.neverAnswered = value
    }
    readBackoff(section["renegotiate-backoff"], into: &monitor)
  }

  private mutating func readBackoff(_ item: Item?, into monitor: inout Monitor) {
    guard let item, let section = complaints.section(item, keys: ["initial", "maximum"]) else {
      return
    }
    let initial = complaints.seconds(section["initial"], atLeast: 0.1)
    let maximum = complaints.seconds(section["maximum"], atLeast: 0.1)
    monitor.renegotiateBackoff.initial = initial ?? monitor.renegotiateBackoff.initial
    monitor.renegotiateBackoff.maximum = maximum ?? monitor.renegotiateBackoff.maximum
    let backoff = monitor.renegotiateBackoff
    if let initial = backoff.initial, initial > backoff.maximum {
      complaints.refuse(
        item,
        "initial \(initial) is longer than maximum \(backoff.maximum); "
          + "expected: at most maximum")
    }
  }
}

extension Complaints {
  /// A number from `least` to 1.
  fileprivate mutating func share(_ item: Item?, atLeast least: Double) -> Double? {
    number(item, atLeast: least, atMost: 1, of: "share of the live tunnels; 1: never")
  }
}
