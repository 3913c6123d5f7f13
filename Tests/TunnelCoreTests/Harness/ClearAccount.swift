@testable import TunnelCore

/// The oracle's own account of clears: how many a minute, how far apart those of one tunnel are,
/// and whether their destination ever answered.
struct ClearAccount {
  private struct Attempts {
    var at: Instant
    var count = 1
    /// Whether nothing has answered since.
    var isSilent = true
  }

  private var times: [Instant] = []
  private var attempts: [String: Attempts] = [:]
  private var ofSet: [MonitorID: Instant] = [:]
  private var destinations: [MonitorID: [UInt64: IPAddress]] = [:]
  private var answered: [String: Set<IPAddress>] = [:]

  mutating func noteProbe(_ probe: ProbeRequest) {
    destinations[probe.monitor, default: [:]][probe.sequence] = probe.destination
  }

  mutating func noteReply(_ reply: ProbeReply, from vpn: String) {
    attempts[vpn]?.isSilent = false
    guard let destination = destinations[reply.monitor]?[reply.sequence] else { return }
    answered[vpn, default: []].insert(destination)
  }

  /// A set is cleared for the first time; returns what that breaks.
  mutating func note(
    clearOf set: SetMonitor, _ vpn: VPN, cap: Int, _ now: Instant
  ) -> String? {
    guard let policy = vpn.monitor else { return "a clear without monitoring" }
    if policy.action != .clear { return "a clear though action is \(policy.action)" }
    times.append(now)
    let minute = times.count { $0.duration(to: now) < .seconds(60) }
    if minute > cap { return "\(minute) clears in a minute" }
    if policy.verifyPath == nil, policy.neverAnswered == .warn, let path = set.path,
      answered[vpn.name]?.contains(path.destination) != true
    {
      return "a clear for \(path.destination), which never answered"
    }
    return attempt(on: set, vpn.name, policy, now)
  }

  private mutating func attempt(
    on set: SetMonitor, _ name: String, _ policy: Monitor, _ now: Instant
  ) -> String? {
    let last = attempts[name]
    let before = ofSet[set.id]
    ofSet[set.id] = now
    guard let last else {
      attempts[name] = Attempts(at: now)
      return nil
    }
    let isOfLast = set.bornAt.map { $0 < last.at } ?? false && before.map { $0 < last.at } ?? true
    if isOfLast { return nil }
    guard last.isSilent else {
      attempts[name] = Attempts(at: now)
      return nil
    }
    attempts[name] = Attempts(at: now, count: last.count + 1)
    var wait = policy.renegotiateBackoff.initial ?? policy.interval
    for _ in 1..<last.count { wait = min(wait * 2, policy.renegotiateBackoff.maximum) }
    let gap = last.at.duration(to: now)
    return gap < wait * 0.75 ? "attempt \(last.count + 1) after \(gap)" : nil
  }
}
