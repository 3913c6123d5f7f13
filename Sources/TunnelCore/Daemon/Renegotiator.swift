import OrderedCollections

/// Children of the IKE daemon's that are brought back: what was deleted behind its back, what is
/// cleared because its path is dead, and what `establish-tunnels = "immediately"` misses.
///
/// `Renegotiation` decides of each; here they come, go and are obeyed. Of a deletion in the kernel
/// the daemon does not hear and goes on believing in the child (docs/facts/strongswan.md,
/// "Deleted SAs"). What it took away itself is not in its list any more, or not as INSTALLED, and
/// is not restored.
struct Renegotiator: Sendable {
  /// What the core has to see to.
  enum Outcome: Hashable, Sendable {
    /// Nothing was asked of the daemon.
    case nothing
    /// The daemon was asked for something.
    case asked
    /// It was told to negotiate the child.
    case initiated
    /// The peer does not answer, and its IKE SA is forgotten.
    case silent
    /// The peer answered, and nothing came of the negotiation.
    case refused
  }

  private var works: [ChildName: Renegotiation] = [:]
  /// SAs that left the kernel while the daemon may still believe in them.
  var departures = Departures()
  /// What it believes in and the kernel lacks.
  var missing = MissingChildren()
  /// IKE SAs that are to be terminated.
  var terminations = IKETerminations()

  // MARK: What there is

  subscript(name: ChildName) -> Renegotiation? { works[name] }

  /// The one of which the daemon was asked for something last.
  private var lastActedUpon: ChildName?

  /// The daemon was asked for something of this one, so that others come first next time.
  mutating func actedUpon(_ name: ChildName) { lastActedUpon = name }

  /// All of them, in turn: those after the one that was acted upon last come first, so that none waits
  /// for others' sake for ever.
  var namesInTurn: [ChildName] {
    let names = works.keys.sorted()
    let next = lastActedUpon.flatMap { last in names.firstIndex { last < $0 } } ?? 0
    return Array(names[next...] + names[..<next])
  }

  /// Tunnels of which a child is being brought back, or awaited.
  var busyTunnels: Set<TunnelID> {
    Set(works.values.lazy.filter { $0.step != .restored }.map(\.tunnel))
  }

  /// A tunnel's, by name.
  func works(of tunnel: TunnelID) -> [(name: ChildName, work: Renegotiation)] {
    works.filter { $0.value.tunnel == tunnel }.sorted { $0.key < $1.key }
      .map { ($0.key, $0.value) }
  }

  /// Tunnels of which a child waits for longer than until `soon`.
  func awaiting(beyond soon: Instant) -> Set<TunnelID> {
    Set(works.values.lazy.filter { $0.step == .awaited && $0.dueAt > soon }.map(\.tunnel))
  }

  /// When the next list is needed at the latest.
  func nextLook(_ attempts: (Renegotiation) -> Attempts, at now: Instant) -> Instant? {
    works.values.map { $0.nextLook(attempts($0), at: now) }.min()
  }

  // MARK: They come and go

  /// A child is to be brought back, in the place of what was known of it.
  mutating func begin(_ work: Renegotiation, as name: ChildName) { works[name] = work }

  /// A child is nobody's business any more.
  mutating func forget(_ name: ChildName) { works[name] = nil }

  /// This gateway became standby: nothing more is brought back by it. What the daemon believes in
  /// in vain stays known, since only this end can bring that back once it is active again.
  mutating func becomeStandby() {
    works = [:]
    terminations = IKETerminations()
  }

  /// These tunnels are no more.
  mutating func forget(_ tunnels: Set<TunnelID>) {
    guard !tunnels.isEmpty else { return }
    departures.forget(tunnels)
    works = works.filter { !tunnels.contains($0.value.tunnel) }
  }

  /// A tunnel is back under its name.
  ///
  /// - Parameter isThere: whether a tunnel is known.
  mutating func recall(_ tunnel: TunnelID, named name: String, isThere: (TunnelID) -> Bool) {
    for (child, work) in works where work.name == name && !isThere(work.tunnel) {
      works[child]?.tunnel = tunnel
    }
  }

  /// The connection to the daemon is lost.
  mutating func suspend() {
    for name in works.keys { works[name]?.suspend() }
    missing = MissingChildren()
    terminations = IKETerminations()
  }

  /// While no list can be had: a tunnel that came back by itself and is taken down later must not be
  /// brought back then.
  mutating func restored(_ tunnel: TunnelID) {
    for (name, work) in works where work.tunnel == tunnel { works[name]?.step = .restored }
  }

  /// Settings are others: who may not initiate any more does not; SAs that were lost are brought back
  /// all the same.
  mutating func revise(_ tunnel: TunnelID, _ establish: VPN.EstablishTunnels?) {
    for (name, work) in works where work.tunnel == tunnel {
      switch work.cause {
      case .lost: break
      case .deadPath, .command: works[name]?.mayInitiate = establish != .responderOnly
      case .absent where establish != .immediately: works[name] = nil
      case .absent: break
      }
    }
  }

  /// Good news came for these tunnels.
  mutating func hasten(_ due: [TunnelID: Instant]) {
    for (name, work) in works {
      if let due = due[work.tunnel] { works[name]?.hasten(to: due) }
    }
  }

  // MARK: Causes

  /// What the kernel lacks for good is brought back.
  mutating func suspectLost(
    _ view: DaemonView, _ tunnels: TunnelTable, at now: Instant
  ) {
    for (name, lost) in view.childrenToDelete where works[name] == nil {
      let owners = lost.compactMap { missing[$0.childID]?.tunnel }
      guard let tunnel = owners.first.flatMap({ tunnels[$0] }) else { continue }
      works[name] = Renegotiation(
        of: tunnel, cause: .lost, step: .suspected,
        dueAt: now.advanced(by: Renegotiation.settleTime))
    }
  }

  /// The path of a child was found dead, or an operator cleared it, at `decidedAt`.
  mutating func condemn(
    _ name: ChildName, of tunnel: Tunnel, because cause: Renegotiation.Cause, decidedAt: Instant
  ) {
    var work =
      works[name] ?? Renegotiation(of: tunnel, cause: cause, step: .restored, dueAt: decidedAt)
    switch work.step {
    case .suspected, .awaited, .initiated, .restored: break
    // The daemon may have been told of this already.
    case .asked, .cleared: return
    }
    work.condemn(
      at: decidedAt, because: cause, mayInitiate: tunnel.vpn?.establishTunnels != .responderOnly)
    works[name] = work
  }

  /// A child is absent that is to be there; the daemon and the peer have until `patience`.
  mutating func await(_ name: ChildName, of tunnel: Tunnel, until patience: Instant) {
    let known = works[name]
    if let known, known.step != .restored || known.tunnel != tunnel.id { return }
    var work =
      known
      ?? Renegotiation(of: tunnel, cause: .absent, step: .awaited, dueAt: patience)
    work.awaitAbsent(until: patience)
    works[name] = work
  }

  // MARK: Names

  /// What the next thing is to be negotiated of, and the daemon believes in nothing of.
  func negotiating(_ view: DaemonView) -> [(name: ChildName, work: Renegotiation)] {
    works.filter { $0.value.isNegotiating && view[$0.key].isGone }.sorted { $0.key < $1.key }
      .map { ($0.key, $0.value) }
  }

  mutating func takeName(_ name: ChildName, at now: Instant) { works[name]?.takeName(at: now) }

  mutating func awaitName(_ name: ChildName, until due: Instant) {
    works[name]?.awaitName(until: due)
  }

  /// A child has another name now. What is being done under that already stays.
  mutating func rename(_ name: ChildName, to next: ChildName, at now: Instant) {
    guard var work = works.removeValue(forKey: name) else { return }
    work.takeName(at: now)
    if works[next].map({ $0.step == .restored }) ?? true { works[next] = work }
  }

  /// That of another address comes in a child's place: at once, or when the next attempt is due.
  mutating func replace(_ name: ChildName, by next: ChildName, atOnce: Bool) {
    guard next != name, works[next] == nil, var work = works.removeValue(forKey: name) else {
      return
    }
    work.moveOn(atOnce: atOnce)
    works[next] = work
  }

  // MARK: Steps

  /// Takes the next step of a child by a list that was asked for at `askedAt`.
  mutating func step(
    _ name: ChildName, _ view: ChildView, _ attempts: inout Attempts, askedAt: Instant,
    at now: Instant, _ out: inout Outbox
  ) -> Outcome {
    guard var work = works[name] else { return .nothing }
    let act = work.next(view, &attempts, askedAt: askedAt, at: now, using: &out.random)
    works[name] = work
    switch act {
    case .nothing: return .nothing
    case .refused: return .refused
    case .report:
      out.log(.info, work.name, "SAs of \(name) are \(work.cause == .absent ? "up" : "restored")")
      return .nothing
    case .end:
      works[name] = nil
      return .nothing
    case .terminate(let children, let anew):
      let numbers = children.map { "\($0.childID)" }.joined(separator: ", ")
      out.log(
        .warning, work.name,
        "\(work.cause.text(name)): terminating child \(numbers)"
          + (anew ? " and renegotiating" : ""))
      for child in children { ask(.terminateChild(id: child.childID), about: name, &out) }
      if view.isWhole { works[name]?.step = .restored }
      return .asked
    case .forgetIKE(let id):
      // A peer that stays silent is no news.
      out.log(
        work.silences == 1 ? .warning : .debug, work.name,
        "the peer does not answer: terminating IKE SA \(id) of \(name.connection)")
      ask(.terminateIKE(id: id), about: name, &out)
      return .silent
    case .initiate:
      out.log(work.silences <= 1 ? .info : .debug, work.name, "initiating \(name)")
      ask(.initiate(name), about: name, &out)
      return .initiated
    }
  }

  private mutating func ask(_ request: VICIRequest, about name: ChildName, _ out: inout Outbox) {
    works[name]?.step = .asked(request)
    out.send(.daemon(request))
  }

  /// A request was carried out or refused. Returns whether it was asked for a child that is still to be
  /// brought back.
  mutating func finished(
    _ request: VICIRequest, _ failure: String?, at now: Instant, _ out: inout Outbox
  ) -> Bool {
    let name = works.first { $0.value.step == .asked(request) }?.key
    if let failure {
      out.log(
        .warning, name.flatMap { works[$0]?.name } ?? "-", "vici: cannot \(request): \(failure)")
    }
    guard let name else { return false }
    works[name]?.finish(request, at: now)
    return true
  }
}

extension Renegotiation.Cause {
  fileprivate func text(_ name: ChildName) -> String {
    switch self {
    case .lost: "SAs of \(name) are gone from the kernel but not from strongSwan"
    case .deadPath: "the path of \(name) is dead"
    case .command: "\(name) is cleared by the operator"
    case .absent: "\(name) is not there"
    }
  }
}
