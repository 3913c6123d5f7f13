/// Traffic selectors: what each set of a tunnel carries, and what becomes of that when a set dies
/// while others live.
extension Core {
  /// Whether a VTI for marked SAs came or went.
  func mustLookAnew(_ id: MonitorID) -> Bool {
    guard let monitor = monitors[id], let tunnel = tunnels[monitor.tunnel] else { return false }
    return (monitor.phase == .observed) != (unmatchedMark(tunnel, monitor.key) != nil)
  }

  /// More sets than this of one tunnel are not remembered once they are gone: a peer may choose new
  /// selectors each time.
  private static let lostLimit = 64

  // MARK: Policies

  mutating func insert(_ policy: SecurityPolicy, at now: Instant) {
    guard let key = kernel.policies.insert(policy) else { return }
    noteTrap(for: key, at: now)
    guard let id = monitorOfSet[key] else { return }
    setSelectors(kernel.policies.selectors(of: key), of: id)
    selectorsChanged(id, at: now)
  }

  /// The only place where what a set carries is put down: it is found by its hosts.
  mutating func setSelectors(_ selectors: [TrafficSelector], of id: MonitorID) {
    for host in (monitors[id]?.selectors ?? []).hosts { setsOfHost.take(id, from: host) }
    monitors[id]?.selectors = selectors
    for host in selectors.hosts { setsOfHost[host, default: []].insert(id) }
  }

  /// What a set is known to carry stays known: a set that ends loses its policies before its SAs.
  mutating func removePolicy(_ index: UInt32, at now: Instant) {
    guard let key = kernel.policies.remove(index), let id = monitorOfSet[key] else { return }
    selectorsChanged(id, at: now)
  }

  mutating func replacePolicies(_ all: [SecurityPolicy], at now: Instant) {
    kernel.policies = PolicyTable()
    for policy in all { kernel.policies.insert(policy) }
    for id in monitors.keys.sorted() {
      guard let key = monitors[id]?.key else { continue }
      let selectors = kernel.policies.selectors(of: key)
      if !selectors.isEmpty { setSelectors(selectors, of: id) }
      selectorsChanged(id, at: now)
    }
  }

  /// What a set carries: as the kernel has it, else as it was last known.
  func selectors(of key: SASetKey) -> [TrafficSelector] {
    let known = kernel.policies.selectors(of: key)
    guard known.isEmpty, let id = monitorOfSet[key] else { return known }
    return monitors[id]?.selectors ?? []
  }

  /// What was sent between other addresses is no evidence.
  private mutating func selectorsChanged(_ id: MonitorID, at now: Instant) {
    guard let monitor = monitors[id], let tunnel = tunnels[monitor.tunnel] else { return }
    if monitor.nextProbe != nil, monitor.path != nil || monitor.obstacle != nil {
      let path = try? path(of: tunnel, through: monitor.key, for: monitor.purpose).get()
      if path != monitor.path {
        monitors[id]?.window.forgetOutstanding()
        if monitor.isUnproven { monitors[id]?.nextProbe = now }
        schedule(id)
      }
    }
    reconcile(monitor.tunnel, at: now)
  }

  // MARK: Sets that are gone

  /// A set that lived is gone for good. What it carried stays known, so that its routes can be held
  /// and its return be told.
  mutating func setVanished(_ id: MonitorID, at now: Instant) {
    guard var monitor = monitors[id] else { return }
    drop(id, at: now)
    guard monitor.wasComplete, !monitor.selectors.isEmpty,
      !monitor.selectors.contains(where: \.isAny), tunnels[monitor.tunnel]?.monitor != nil
    else { return }
    monitor.enter(.incomplete, because: .gone)
    monitor.absentUntil = nil
    monitor.obstacle = nil
    var lost = tunnels[monitor.tunnel]?.lost ?? []
    lost.removeAll { monitor.selectors.cover($0.selectors) }
    tunnels[monitor.tunnel]?.lost = (lost + [monitor]).suffix(Self.lostLimit)
  }

  /// A new set in a lost one's place has its selectors until policies tell.
  func lastSelectors(of key: SASetKey, in tunnel: TunnelID) -> [TrafficSelector] {
    let known = kernel.policies.selectors(of: key)
    guard known.isEmpty else { return known }
    return tunnels[tunnel]?.lost.first { $0.key == key }?.selectors ?? []
  }

  /// Forgets lost sets that are back.
  private mutating func forgetReturned(_ id: TunnelID) {
    for lost in tunnels[id]?.lost ?? [] {
      let heir = tunnels[id]?.monitors.first {
        monitors[$0]?.wasComplete == true
          && monitors[$0]?.selectors.cover(lost.selectors) == true
      }
      guard let heir else { continue }
      if lost.isAlarmed { monitors[heir]?.isAlarmed = true }
      if lost.hasFailed, monitors[heir]?.phase != .up { monitors[heir]?.inheritFailure() }
      tunnels[id]?.lost.removeAll { $0.id == lost.id }
    }
  }

  // MARK: One set of several

  /// What the states of single sets ask for beside the tunnel's: alarms, and the end of a back-off.
  mutating func reconcileSets(_ id: TunnelID, at now: Instant) {
    forgetReturned(id)
    guard let tunnel = tunnels[id], tunnel.monitor != nil else { return }
    let holds = tunnel.lost + tunnel.monitors.compactMap { monitors[$0] }
    let ends = holds.compactMap(\.heldUntil).filter { $0 > now }
    if tunnel.state != .down, let next = ends.min() { out.timers.set(.tunnel(id), to: next) }
    guard tunnel.state == .up, !tunnel.isOnlyObserved else { return }
    let up = tunnel.monitors.compactMap { monitors[$0] }.filter { $0.phase == .up }
    let served = up.flatMap(\.selectors)
    let isAllServed = up.contains { $0.selectors.isEmpty }
    for set in up where set.isAlarmed {
      monitors[set.id]?.isAlarmed = false
      note(.setUp, of: id, at: now)
      report(.up, set, of: tunnel)
    }
    for set in holds where !set.isAlarmed && !isAllServed && !served.cover(set.selectors) {
      guard let reason = set.deathReason else { continue }
      note(set, of: id)
      note(.setDown, of: id, at: now)
      report(.down(reason), set, of: tunnel)
    }
  }

  private mutating func note(_ alarmed: SetMonitor, of id: TunnelID) {
    monitors[alarmed.id]?.isAlarmed = true
    guard let index = tunnels[id]?.lost.firstIndex(where: { $0.id == alarmed.id }) else { return }
    tunnels[id]?.lost[index].isAlarmed = true
  }

  /// Prefixes whose routes are held, and those whose routes are not, while the link is open.
  func prefixes(of users: [Tunnel], at now: Instant) -> (held: [IPPrefix], served: [IPPrefix]) {
    var held: Set<IPPrefix> = []
    var served: Set<IPPrefix> = []
    for tunnel in users {
      for set in tunnel.lost + tunnel.monitors.compactMap({ monitors[$0] }) {
        switch tunnel.gateRule(of: set, at: now).map(tunnel.demand(of:)) {
        case .held, .down: held.formUnion(set.selectors.map(\.remote))
        case .inService where set.selectors.isEmpty, .asFound where set.selectors.isEmpty:
          served.formUnion(IPAddress.Family.allCases.map(IPPrefix.any))
        case .inService, .asFound: served.formUnion(set.selectors.map(\.remote))
        case nil: break
        }
      }
    }
    return held.isEmpty ? ([], []) : (held.sorted(), served.sorted())
  }

  /// Whether an earlier run held what a set carries: the link, or its routes alone.
  func wasHeld(_ monitor: SetMonitor) -> Bool {
    guard let name = tunnels[monitor.tunnel]?.link, gates.wasHeldBefore(name) else {
      return false
    }
    let remotes = monitor.selectors.map(\.remote)
    return remotes.isEmpty || kernel.link(named: name)?.isLinkModeDormant ?? true
      || gates.routes.withdrawn(from: name).contains { route in
        remotes.contains { $0.contains(route.identity.destination) }
      }
  }
}

extension [TrafficSelector] {
  /// Remote selectors that are one host.
  fileprivate var hosts: [IPAddress] { map(\.remote).filter(\.isHost).map(\.address) }
}

extension SetMonitor {
  /// Why nothing passes; nil while something may.
  fileprivate var deathReason: Reason? {
    switch phase {
    case .down(let reason): reason
    case .incomplete: wasComplete ? .noSA : nil
    case .up, .verifying, .observed, .standby: nil
    }
  }

  /// What its next probe is to prove.
  var purpose: Core.Purpose { isVerified ? .vpnMonitor : .verifyPath }

  /// Its name in a line of text.
  var name: String { selectors.isEmpty ? "reqid \(key.reqid)" : selectors.text }
}
