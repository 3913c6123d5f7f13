/// Whether the IKE daemon answers by VICI, and when it is asked for its lists.
///
/// No event of the daemon's tells all: what changed is read from its list of SAs, and from that of its
/// connections, of which no event tells at all. A list costs a daemon with thousands of SAs seconds,
/// and it does nothing else meanwhile. So changes that come together are answered by one list; after
/// a list the daemon rests for several times as long as that took (`listRest`), unless something must
/// be known at once (`wantNow`); and connections are listed with SAs when the last list of them is
/// old, or alone where somebody waits for one (`poll`).
struct DaemonLists: Sendable {
  /// Changes that come together are answered by one list.
  private static let delay = Duration.milliseconds(100)
  /// The least time from one list to the next; a slow list makes it longer.
  private static let pause = Duration.milliseconds(500)
  /// How many times as long as a list took the daemon is left alone after it.
  private static let listRest = 5
  private static let longestRest = Duration.seconds(10)
  /// How often its rest may be cut short.
  private static let hurryPause = Duration.seconds(5)
  /// How old the list of connections may be when SAs are listed.
  private static let longestConnectionsAge = Duration.seconds(30)
  /// How often connections are looked for that are missing.
  static let connectionsPause = Duration.seconds(5)
  /// How often connections are looked for while a tunnel waits: no event says when they are loaded.
  private static let pollPause = Duration.seconds(1)
  /// How many times as long as that list took the daemon is left alone after it.
  private static let pollRest = 20

  /// Whether requests are answered.
  private(set) var isConnected = false
  /// Whether they ever were in this run.
  private(set) var hasBeenConnected = false
  /// Why not; nil before the first attempt and while they are.
  private(set) var obstacle: String?
  /// Which IKE daemon runs, as it was seen when there was no answer the last time.
  private(set) var process = IKEProcess.unseen
  /// When the list of SAs that is under way, or came last, was asked for.
  private(set) var askedAt = Instant(nanoseconds: 0)
  private var isListing = false
  /// Whether the list under way is out of date already.
  private var mustListAgain = false
  /// When the next list is to be asked for, and when it may be at the earliest.
  private var listAt: Instant?
  private var notBefore = Instant(nanoseconds: 0)
  /// When a list was wanted at once the last time, and whether one is after the list under way.
  private var hurriedAt: Instant?
  private var mustHurry = false
  /// When connections were asked for with SAs; nil when they have to be asked for again.
  private var connectionsAskedAt: Instant?
  /// When the daemon was asked for its connections alone; nil once it has answered.
  private var polledAt: Instant?
  /// How long it took the last time.
  private var lastPoll = Duration.zero

  /// Whether another list is to be asked for.
  var isWanted: Bool { listAt != nil }

  // MARK: The connection to the daemon

  /// Requests are answered from now on.
  mutating func connected(at now: Instant, _ out: inout Outbox) {
    (isConnected, hasBeenConnected, obstacle) = (true, true, nil)
    process = .unseen
    out.log(.info, "-", "vici: connected")
    want(at: now, &out)
  }

  /// Requests are not answered any more, or still not. Returns whether that is the first that is known
  /// of it in this run.
  mutating func disconnected(
    _ reason: String, _ process: IKEProcess, _ out: inout Outbox
  ) -> Bool {
    self.process = process
    let reason = process.obstacle(reason)
    // One line for each time that it is lost, whatever the attempts to come say.
    if isConnected || obstacle == nil {
      out.log(
        isConnected ? .warning : .info, "-",
        "vici: strongSwan unreachable (\(reason)), falling back to kernel EXPIRE")
    }
    let isFirst = obstacle == nil && !isConnected
    (isConnected, obstacle) = (false, reason)
    (isListing, mustListAgain, listAt) = (false, false, nil)
    (connectionsAskedAt, polledAt) = (nil, nil)
    out.timers.set(.ike, to: nil)
    out.timers.set(.connections, to: nil)
    return isFirst
  }

  // MARK: SAs

  /// Asks for a list soon; at `due` when that is later.
  mutating func want(by due: Instant? = nil, at now: Instant, _ out: inout Outbox) {
    guard isConnected else { return }
    if isListing, due == nil { mustListAgain = true }
    let soon = max(now.advanced(by: Self.delay), notBefore, due ?? now)
    listAt = min(listAt ?? soon, soon)
    out.timers.set(.ike, to: isListing ? nil : listAt)
  }

  /// Something must be known before the daemon's rest is over; that happens seldom.
  mutating func wantNow(at now: Instant, _ out: inout Outbox) {
    if hurriedAt.map({ $0.advanced(by: Self.hurryPause) <= now }) ?? true {
      hurriedAt = now
      notBefore = now
      mustHurry = isListing
    }
    want(at: now, &out)
  }

  /// The time for a list has come.
  mutating func ask(at now: Instant, _ out: inout Outbox) {
    guard isConnected, !isListing else { return }
    (isListing, askedAt, listAt) = (true, now, nil)
    let age = connectionsAskedAt.map { $0.duration(to: now) }
    if age.map({ $0 >= Self.longestConnectionsAge }) ?? true {
      connectionsAskedAt = now
      out.send(.daemon(.listConnections))
    }
    out.send(.daemon(.listSAs))
  }

  /// The list is there.
  mutating func arrived(at now: Instant, _ out: inout Outbox) {
    end(rest: askedAt.duration(to: now) * Self.listRest, at: now, &out)
  }

  /// The daemon cannot list; perhaps a later version of it can.
  mutating func failed(at now: Instant, _ out: inout Outbox) {
    end(rest: Self.longestRest, at: now, &out)
  }

  private mutating func end(rest: Duration, at now: Instant, _ out: inout Outbox) {
    isListing = false
    let rest = mustHurry ? .zero : min(rest, Self.longestRest)
    mustHurry = false
    notBefore = max(askedAt.advanced(by: Self.pause), now.advanced(by: rest))
    if mustListAgain { listAt = now.advanced(by: Self.delay) }
    mustListAgain = false
    listAt = listAt.map { max($0, notBefore) }
    out.timers.set(.ike, to: listAt)
  }

  // MARK: Connections

  /// Somebody goes by what a connection says: no event says when it is loaded anew.
  mutating func refreshConnections(at now: Instant, _ out: inout Outbox) {
    guard let last = connectionsAskedAt, listAt == nil,
      last.advanced(by: Self.longestConnectionsAge) <= now
    else { return }
    want(at: now, &out)
  }

  /// Somebody waits for a connection that is not there: no event says when it is loaded.
  mutating func wantConnections(
    within pause: Duration = connectionsPause, at now: Instant, _ out: inout Outbox
  ) {
    connectionsAskedAt = nil
    want(by: now.advanced(by: pause), at: now, &out)
  }

  /// What is known of connections does not hold any more: the next list of SAs comes with them.
  mutating func distrustConnections() { connectionsAskedAt = nil }

  /// Connections are there.
  mutating func connectionsArrived(at now: Instant) {
    if let polledAt { lastPoll = polledAt.duration(to: now) }
    polledAt = nil
  }

  /// The daemon cannot list connections.
  mutating func connectionsFailed() { polledAt = nil }

  /// Whether somebody has to be asked whether a tunnel waits for a connection, after a list of SAs.
  func mayPollSoon(_ out: Outbox) -> Bool {
    isConnected && out.timers.deadline(of: .connections) == nil
  }

  /// A tunnel waits that the daemon is to negotiate: connections are looked for.
  mutating func pollSoon(at now: Instant, _ out: inout Outbox) {
    out.timers.set(.connections, to: now.advanced(by: Self.pollPause))
  }

  /// The time for that has come, and a tunnel still waits.
  mutating func poll(at now: Instant, _ out: inout Outbox) {
    if polledAt == nil {
      polledAt = now
      out.send(.daemon(.listConnections))
    }
    let rest = max(Self.pollPause, lastPoll * Self.pollRest)
    out.timers.set(.connections, to: now.advanced(by: rest))
  }
}
