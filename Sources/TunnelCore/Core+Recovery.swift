/// SAs deleted or flushed behind the IKE daemon's back are restored.
///
/// The daemon does not hear of a deletion in the kernel (kernel-facts: XFRM messages) and goes on
/// believing in the child. Two looks that agree, then: delete the child it believes in, and
/// negotiate it anew. A child that the daemon itself took away is not in its list any more, or not
/// as INSTALLED, and nothing is done about it. Every decision is taken on a fresh list.
extension Core {
  /// How long what was seen must last before it is acted upon.
  private static let settleTime = Duration.milliseconds(500)
  /// Attempts on one child are this far apart at least; each without success doubles it.
  private static let firstRetry = Duration.seconds(10)
  private static let longestRetry = Duration.seconds(300)
  /// Departures that are remembered while no list can be had.
  private static let mostDepartures = 65_536

  /// An SA is new.
  mutating func noteArrival(of sa: SAKey, at now: Instant) {
    ike.gone[sa.spi] = nil
    wantList(at: now)
    if !ike.isConnected { forgetRecoveriesOfWholeTunnels() }
  }

  /// While no list can be had: a tunnel that came back by itself and is taken down later must not
  /// be brought back then.
  private mutating func forgetRecoveriesOfWholeTunnels() {
    for (name, recovery) in ike.recoveries {
      let sets = (tunnels[recovery.tunnel]?.monitors ?? []).compactMap { monitors[$0]?.key }
      if sets.contains(where: { sas.sets[$0]?.isComplete ?? false }) {
        ike.recoveries[name]?.step = .restored
      }
    }
  }

  /// An SA of a set has left the kernel. Of a hard expiry the daemon is told by the kernel.
  mutating func noteDeparture(
    of sa: SAKey, from set: SASetKey, isExpired: Bool, at now: Instant
  ) {
    // What leaves while the connection is lost for a while may be believed in after it too.
    guard ike.hasBeenConnected, !isStandby else { return }
    if ike.gone.count >= Self.mostDepartures { ike.gone = [:] }
    if !isExpired, let id = monitorOfSet[set].flatMap({ monitors[$0]?.tunnel }),
      tunnels[id]?.monitor != nil
    {
      ike.gone[sa.spi] = id
    }
    wantList(at: now)
  }

  /// Compares what the daemon believes in with what left the kernel, and takes the next steps.
  mutating func recover(_ children: [ChildSA], at now: Instant) {
    guard !isStandby, !ike.gone.isEmpty || !ike.recoveries.isEmpty else { return }
    let kernel = Set(sas.keys.map(\.spi))
    let belief = Belief(children, kernel: kernel, gone: ike.gone)
    for (name, lost) in belief.lost where ike.recoveries[name] == nil {
      let tunnels = lost.compactMap { ike.gone[$0.spiIn] ?? ike.gone[$0.spiOut] }
      guard let tunnel = tunnels.first else { continue }
      ike.recoveries[name] = Recovery(
        tunnel: tunnel, dueAt: now.advanced(by: Self.settleTime))
    }
    for name in ike.recoveries.keys.sorted() { step(name, belief, at: now) }
    forgetDepartures(children)
    if let due = ike.recoveries.values.map(\.dueAt).min() { wantList(by: due, at: now) }
  }

  /// Departures that a list made after them does not contradict are over.
  private mutating func forgetDepartures(_ children: [ChildSA]) {
    guard !ike.gone.isEmpty, ike.listAt == nil else { return }
    let believed = Set(children.flatMap { [$0.spiIn, $0.spiOut] })
    ike.gone = ike.gone.filter { believed.contains($0.key) }
  }

  // MARK: Steps

  private mutating func step(_ name: ChildName, _ belief: Belief, at now: Instant) {
    guard let recovery = ike.recoveries[name] else { return }
    // A list that was asked for before a deadline says nothing about how things are at it.
    let isDue = ike.askedAt >= recovery.dueAt
    let lost = belief.lost[name]
    let isWhole = belief.whole.contains(name)
    switch recovery.step {
    case .asked: break
    case .suspected:
      // Kept until its time all the same: an earlier attempt may have set it.
      if lost == nil {
        ike.recoveries[name]?.step = .restored
      } else if let lost, isDue {
        terminate(lost, of: name, isWhole: isWhole, at: now)
      }
    case .restored:
      if lost != nil {
        let settled = now.advanced(by: Self.settleTime)
        ike.recoveries[name]?.step = .suspected
        ike.recoveries[name]?.dueAt = max(settled, recovery.dueAt)
      } else if isDue {
        ike.recoveries[name] = nil
      }
    case .cleared, .initiated:
      if let lost {
        // Lost again, or the daemon did not do as it was told.
        if isDue { terminate(lost, of: name, isWhole: isWhole, at: now) }
      } else if isWhole {
        log(.info, tunnels[recovery.tunnel]?.name ?? "-", "SAs of \(name) are restored")
        ike.recoveries[name]?.step = .restored
        ike.recoveries[name]?.attempts = 0
        ike.recoveries[name]?.dueAt = min(recovery.dueAt, now.advanced(by: Self.firstRetry))
      } else if belief.others[name] == nil, isDue || recovery.step == .cleared {
        initiate(name, isDue: isDue, at: now)
      } else if isDue {
        insist(name, belief, at: now)
      }
    }
  }

  /// The first act of an attempt: away with every instance that the daemon believes in. It is the
  /// only one when another instance of the child is whole.
  private mutating func terminate(
    _ lost: [ChildSA], of name: ChildName, isWhole: Bool, at now: Instant
  ) {
    let numbers = lost.map { "\($0.childID)" }.joined(separator: ", ")
    log(
      .warning, ike.recoveries[name].flatMap { tunnels[$0.tunnel]?.name } ?? "-",
      "SAs of \(name) left the kernel and the IKE daemon does not know: "
        + "terminating child \(numbers)\(isWhole ? "" : " and negotiating anew")")
    beginAttempt(name, at: now)
    for child in lost { ask(.terminateChild(id: child.childID), about: name) }
    if isWhole { ike.recoveries[name]?.step = .restored }
  }

  /// The second: what was deleted is negotiated. When the first one is long past, it is an attempt
  /// of its own.
  private mutating func initiate(_ name: ChildName, isDue: Bool, at now: Instant) {
    if isDue { beginAttempt(name, at: now) }
    ask(.initiate(name), about: name)
  }

  /// The child is neither believed in nor gone. When the peer does not answer its delete, the IKE
  /// SA is blocked until its retransmissions end (165 s). It is terminated, unless another
  /// child of it lives.
  private mutating func insist(_ name: ChildName, _ belief: Belief, at now: Instant) {
    beginAttempt(name, at: now)
    guard let stuck = belief.others[name], stuck.state == .deleting,
      !belief.livingIKE.contains(stuck.ikeID)
    else { return }
    log(
      .warning, ike.recoveries[name].flatMap { tunnels[$0.tunnel]?.name } ?? "-",
      "the peer does not answer: terminating IKE SA \(stuck.ikeID) of \(name.connection)")
    ask(.terminateIKE(id: stuck.ikeID), about: name)
  }

  private mutating func ask(_ request: VICIRequest, about name: ChildName) {
    ike.recoveries[name]?.step = .asked(request)
    effects.append(.vici(request))
  }

  private mutating func beginAttempt(_ name: ChildName, at now: Instant) {
    let attempts = ike.recoveries[name]?.attempts ?? 0
    let pause = Self.firstRetry * (1 << min(attempts, 10))
    let jittered = pause * Double.random(in: 1...1.25, using: &random)
    ike.recoveries[name]?.attempts = attempts + 1
    ike.recoveries[name]?.dueAt = now.advanced(by: min(jittered, Self.longestRetry))
  }

  // MARK: What became of it

  /// A request was carried out or refused. Either way the next list says what to do.
  mutating func finish(_ request: VICIRequest, _ failure: String?, at now: Instant) {
    let name = ike.recoveries.first { $0.value.step == .asked(request) }?.key
    if let failure {
      let tunnel = name.flatMap { ike.recoveries[$0] }.flatMap { tunnels[$0.tunnel]?.name }
      log(.warning, tunnel ?? "-", "vici: cannot \(request): \(failure)")
    }
    switch request {
    case .listChildren: listFailed(at: now)
    case .terminateChild, .terminateIKE:
      if let name { ike.recoveries[name]?.step = .cleared }
      wantList(at: now)
    case .initiate:
      if let name { ike.recoveries[name]?.step = .initiated }
    }
  }

  /// This gateway became standby: nothing more is restored by it.
  mutating func forgetRecoveries() {
    ike.gone = [:]
    ike.recoveries = [:]
  }

  /// The connection to the daemon is lost: what was asked for may have been done or not.
  mutating func suspendRecoveries() {
    for (name, recovery) in ike.recoveries {
      switch recovery.step {
      case .suspected: ike.recoveries[name]?.step = .restored
      case .asked: ike.recoveries[name]?.step = .initiated
      case .cleared, .initiated, .restored: break
      }
    }
  }
}

/// A list of the daemon's, sorted by what has to be known of it.
private struct Belief {
  /// Instances of children that it believes in and that left the kernel.
  var lost: [ChildName: [ChildSA]] = [:]
  /// Children of which an instance is in the kernel both ways.
  var whole: Set<ChildName> = []
  /// Of each child that has an instance of another kind, one.
  var others: [ChildName: ChildSA] = [:]
  /// IKE SAs with a child that is in the kernel both ways.
  var livingIKE: Set<UInt32> = []

  init(_ children: [ChildSA], kernel: Set<UInt32>, gone: [UInt32: TunnelID]) {
    for child in children {
      let spis = [child.spiIn, child.spiOut]
      if child.state == .installed, spis.allSatisfy({ kernel.contains($0) }) {
        whole.insert(child.name)
        livingIKE.insert(child.ikeID)
      } else if child.state == .installed,
        spis.contains(where: { gone[$0] != nil && !kernel.contains($0) })
      {
        lost[child.name, default: []].append(child)
      } else {
        others[child.name] = child
      }
    }
  }
}
