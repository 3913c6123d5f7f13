@testable import TunnelCore

/// What must hold whatever happens. It keeps its own account of what was proven and lost, and
/// compares the core's status and effects and the model kernel with it.
struct Oracle {
  struct Streak {
    var unanswered: [(sequence: UInt64, at: Instant)] = []
    var isDown = false
    var bornAt: Instant?
    var interval = Duration.zero
    var lastSentAt: Instant?
    /// By how much probes left before their time, seen from those that were out in a stall.
    var earliness = Duration.zero
    /// How late the probe is that leaves next; the one after it keeps its pace, and is as early.
    private var lateness = Duration.zero

    mutating func noteSent(_ sequence: UInt64, _ now: Instant) {
      // A probe at the instant of the last one: the window was begun anew in between.
      unanswered.removeAll { $0.at == now }
      unanswered.append((sequence, now))
      lastSentAt = now
      earliness += lateness
      lateness = .zero
    }

    /// Time in which the core was late counts for nothing to the probes that are out. The next one
    /// that was due meanwhile leaves at once all the same.
    mutating func pass(_ pause: Duration, until now: Instant) {
      unanswered = unanswered.map { ($0.sequence, $0.at.advanced(by: pause)) }
      guard let due = lastSentAt?.advanced(by: interval), due <= now else { return }
      let late = due.duration(to: now)
      // Beyond an interval the pace begins anew.
      lateness = late < interval ? late : .zero
      guard let inTime = unanswered.last?.at.advanced(by: interval) else { return }
      if inTime > now { earliness += now.duration(to: inTime) }
    }
  }

  let scenario: Scenario
  var violation: String?
  /// Events are being lost: what the core knows is no measure.
  var isBlind = false { didSet { wasBlind = wasBlind || isBlind } }
  /// Sets that were answered through their link and have not gone since.
  var proven: Set<SASetKey> = []
  /// Sets that were there before the agent and are not yet judged.
  var adopted: Set<SASetKey> = []
  /// Until when a proven set that is gone may come back.
  var grace: [SASetKey: Instant] = [:]
  var complete: [SASetKey: Instant] = [:]
  var streaks: [MonitorID: Streak] = [:]
  /// Peers whose tunnels went down and were not up since.
  var failed: Set<IPAddress> = []
  /// When each probe was sent.
  var sent: [MonitorID: [UInt64: Instant]] = [:]
  var contests: [Route.Identity: Int] = [:]
  var foreignOperstates: [String: Int] = [:]
  /// Events were heard late at least once.
  var hasLagged = false
  /// SAs of sets that were cleared: what is left of them may be cleared again.
  var condemned: Set<SAKey> = []
  var account = ClearAccount()
  private var present: (generation: Int, sets: [SASetKey: [SecurityAssociation]]) = (-1, [:])
  private var wasBlind = false
  private var newestOutbound: [SASetKey: UInt32] = [:]
  private var lastCall: Instant?

  init(_ scenario: Scenario) { self.scenario = scenario }

  mutating func require(_ condition: Bool, _ text: @autoclosure () -> String) {
    if !condition, violation == nil { violation = text() }
  }

  // MARK: The account

  mutating func adopt(_ kernel: ModelKernel) {
    adopted = Set(sets(kernel).keys)
  }

  func sets(_ kernel: ModelKernel) -> [SASetKey: [SecurityAssociation]] {
    Dictionary(grouping: kernel.sas.values) { sa in
      let isInbound = sa.key.destination == scenario.local
      return SASetKey(
        local: scenario.local, remote: isInbound ? sa.source : sa.key.destination, reqid: sa.reqid)
    }.filter { Set($0.value.map { $0.key.destination == scenario.local }).count == 2 }
  }

  /// Before each call: time in which the core was late counts for nothing.
  mutating func noteCall(_ due: Instant?, _ now: Instant) {
    defer { lastCall = now }
    guard let due, let last = lastCall else { return }
    let pause = max(due, last).duration(to: now)
    guard pause > Punctuality.tolerance else { return }
    for id in streaks.keys { streaks[id]?.pass(pause, until: now) }
    for id in sent.keys {
      sent[id] = sent[id]?.mapValues { $0.advanced(by: pause) }
    }
  }

  mutating func noteReply(
    _ reply: ProbeReply, _ core: Core, _ kernel: ModelKernel, _ now: Instant
  ) {
    guard let monitor = core.monitors[reply.monitor],
      sent[reply.monitor]?[reply.sequence] != nil,
      case .link(let index) = reply.way, let vpn = vpn(of: monitor.key),
      scenario.mayProbe(vpn, through: kernel.links[index])
    else { return }
    account.noteReply(reply, from: vpn.name)
    proven.insert(monitor.key)
  }

  func vpn(of key: SASetKey) -> VPN? {
    scenario.vpns.indices.first { scenario.remote($0) == key.remote }.map { scenario.vpns[$0] }
  }

  /// After each call: what is there, what has gone, what is down.
  mutating func note(_ core: Core, _ kernel: ModelKernel, _ now: Instant) {
    guard !isBlind else { return }
    if wasBlind { vouchForAll(kernel, now) }
    if present.generation != kernel.generation { present = (kernel.generation, sets(kernel)) }
    noteGone(now)
    noteNew(core, now)
    for (key, until) in grace where until < now {
      proven.remove(key)
      grace[key] = nil
    }
    noteDown(core)
    noteLinks(kernel)
  }

  private mutating func noteGone(_ now: Instant) {
    for key in complete.keys where present.sets[key] == nil {
      complete[key] = nil
      adopted.remove(key)
      if proven.contains(key) { grace[key] = now.advanced(by: Core.absentGrace) }
    }
  }

  private mutating func noteNew(_ core: Core, _ now: Instant) {
    for key in present.sets.keys where complete[key] == nil {
      complete[key] = now
      let isBack = grace.contains {
        $0.key.remote == key.remote && $0.value >= now && proven.contains($0.key)
      }
      if isBack { proven.insert(key) }
      grace[key] = nil
    }
    for (key, sas) in present.sets {
      let newest = sas.filter { $0.key.destination == key.remote }.map(\.key.spi).max() ?? 0
      if newest > newestOutbound[key] ?? 0, isUnproven(key, core) { complete[key] = now }
      newestOutbound[key] = newest
    }
  }

  /// After lost events a set may have taken a proven one's place unseen.
  private mutating func vouchForAll(_ kernel: ModelKernel, _ now: Instant) {
    wasBlind = false
    for key in grace.keys { grace[key] = now.advanced(by: Core.absentGrace) }
    let remotes = Set(proven.map(\.remote))
    proven.formUnion(sets(kernel).keys.filter { remotes.contains($0.remote) })
  }

  /// Whether an SA that joins the set is a new negotiation and no rekey.
  private func isUnproven(_ key: SASetKey, _ core: Core) -> Bool {
    let hasProof = vpn(of: key)?.monitor?.verifyPath != nil
    return hasProof && !proven.contains(key)
  }

  private mutating func noteDown(_ core: Core) {
    for tunnel in core.tunnels.values where tunnel.state == .up {
      for id in tunnel.monitors { failed.remove(core.monitors[id]?.key.remote ?? scenario.local) }
    }
    for monitor in core.monitors.values {
      if case .down = monitor.phase {
        proven.remove(monitor.key)
        if core.tunnels[monitor.tunnel]?.state == .down { failed.insert(monitor.key.remote) }
      }
      if monitor.phase != .verifying { adopted.remove(monitor.key) }
    }
  }

  private mutating func noteLinks(_ kernel: ModelKernel) {
    let gone = scenario.vpns.indices.filter { tunnel in
      let vpn = scenario.vpns[tunnel]
      return !kernel.links.values.contains { scenario.mayProbe(vpn, through: $0) }
    }
    for tunnel in gone {
      let remote = scenario.remote(tunnel)
      proven = proven.filter { $0.remote != remote }
      adopted = adopted.filter { $0.remote != remote }
    }
  }

  mutating func noteForeignOperstate(_ name: String) { foreignOperstates[name, default: 0] += 1 }
  mutating func noteAdded(_ route: Route) { contests[route.identity, default: 0] += 1 }
}
