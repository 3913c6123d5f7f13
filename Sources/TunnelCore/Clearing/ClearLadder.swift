/// One clear of a set's SAs while it is under way: which SAs, by what means, and until when.
///
/// It is there from the decision until the last of its SAs is gone or it is cancelled, and with it
/// goes all that there is of a clear: nothing can be left of one that is over. `Core+Clearing` feeds
/// and obeys it.
///
///     daemon -----> expireFirst --> expireEach --> delete, over
///      |  (VICI)     ^  (EXPIRE)
///      '-- lost -----'
struct ClearLadder: Sendable {
  /// What was last done to the SAs.
  enum Rung: Hashable, Sendable {
    /// The IKE daemon was asked.
    case daemon
    /// One SA of each pair was expired, so that the daemon takes the other one.
    case expireFirst
    /// Every one was expired. What is left is deleted.
    case expireEach

    /// SAs that are still there after so long go to the next one. The daemon has to list, terminate,
    /// find a dead peer silent and forget its IKE SA meanwhile.
    var patience: Duration {
      switch self {
      case .daemon: .seconds(15)
      case .expireFirst, .expireEach: .seconds(2)
      }
    }
  }

  /// What is to be done.
  enum Act: Hashable, Sendable {
    /// Expire these, so that the daemon negotiates.
    case expire([SecurityAssociation])
    /// Delete these: it is over.
    case delete([SecurityAssociation])
  }

  /// The SAs that are to go, those among them that are gone included.
  let sas: [SecurityAssociation]
  /// Whether an operator asked for it, whatever the configuration says.
  private(set) var isOrdered: Bool
  private let remote: IPAddress
  private(set) var rung: Rung
  /// When it goes on with what is left then.
  private(set) var lookAgainAt: Instant
  /// Since when the daemon is to be told to terminate children; nil when it is not, or is told to
  /// forget their IKE SA.
  private(set) var askedSince: Instant?

  /// A clear through the IKE daemon.
  ///
  /// - Parameter isTerminated: whether the daemon is told to forget the peer's IKE SA, or is taking
  ///   the SAs away by itself.
  static func throughDaemon(
    _ set: SASet, isTerminated: Bool, isOrdered: Bool, at now: Instant
  ) -> ClearLadder {
    var ladder = ClearLadder(set, on: .daemon, isOrdered: isOrdered, at: now)
    ladder.askedSince = isTerminated ? nil : now
    return ladder
  }

  /// A clear without it, and its first act.
  static func byKernel(
    _ set: SASet, isOrdered: Bool, at now: Instant
  ) -> (ladder: ClearLadder, act: Act) {
    let ladder = ClearLadder(set, on: .expireFirst, isOrdered: isOrdered, at: now)
    return (ladder, ladder.expireFirst(ladder.sas))
  }

  private init(_ set: SASet, on rung: Rung, isOrdered: Bool, at now: Instant) {
    (sas, remote, self.rung, self.isOrdered) = (set.all, set.key.remote, rung, isOrdered)
    lookAgainAt = now.advanced(by: rung.patience)
  }

  /// Whether all of these are cleared by it: then a second clear has nothing to add.
  func covers(_ others: [SecurityAssociation]) -> Bool {
    let mine = Set(sas.map(\.key))
    return others.allSatisfy { mine.contains($0.key) }
  }

  /// An operator asks for what is under way: nothing spares it from then on.
  mutating func order() { isOrdered = true }

  /// The daemon is told to forget the IKE SA, so it need not be told of each child.
  mutating func leaveToDaemon() { askedSince = nil }

  /// The IKE SA is kept after all: children are to be terminated one by one.
  mutating func askDaemon(at now: Instant) { if rung == .daemon { askedSince = now } }

  /// The next rung, for SAs that the last one left; after `delete` it is over.
  mutating func overdue(_ left: [SecurityAssociation], at now: Instant) -> Act {
    askedSince = nil
    switch rung {
    case .daemon:
      enter(.expireFirst, at: now)
      return expireFirst(left)
    case .expireFirst:
      enter(.expireEach, at: now)
      return .expire(left)
    case .expireEach: return .delete(left)
    }
  }

  private mutating func enter(_ next: Rung, at now: Instant) {
    rung = next
    lookAgainAt = now.advanced(by: next.patience)
  }

  /// charon takes both SAs of a pair down when one expires, tells the peer and negotiates anew
  /// (docs/facts/strongswan.md, "charon and EXPIRE").
  private func expireFirst(_ left: [SecurityAssociation]) -> Act {
    let outbound = left.filter { $0.key.destination == remote }
    return .expire(outbound.isEmpty ? left : outbound)
  }
}
