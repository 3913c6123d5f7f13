/// XFRM interfaces of the agent's own: for SAs with an if_id that no link of the operator's has.
/// Probes alone go through them. They have no address, no route, and are no tunnel's link.
///
/// Their name tells them from everybody's, so that a run after a crash finds them without a record.
struct OwnLinks: Sendable {
  /// A link that is not needed stays that long: SAs are gone and negotiated anew all the time, and
  /// charon tells every MOBIKE peer when a link comes or goes, even one without address
  /// (docs/facts/strongswan.md, "MOBIKE").
  static let grace = Duration.seconds(60)

  /// What is being done about one of them.
  private struct Change {
    let isWanted: Bool
    /// When the next attempt is due.
    var due: Instant
    var attempts = 0
    var failure: String?
  }

  /// By if_id; nothing once a link is as it should be.
  private var changes: [UInt32: Change] = [:]
  /// Whether what an earlier run left was looked at.
  private var hasSwept = false
  /// if_ids of which something may have changed; nil: all.
  private var dirty: Set<UInt32>? = []
  /// if_ids for which a link is wanted.
  private(set) var wanted: Set<UInt32> = []

  /// Whether what is wanted or there may have changed.
  var isDirty: Bool { dirty != [] }

  /// Whether any of them is being made or removed, or was a moment ago.
  var isBusy: Bool { !changes.isEmpty }

  /// What is wanted or there may have changed: looked at once the event is dealt with.
  ///
  /// - Parameter ifID: 0 is nobody's.
  mutating func touch(_ ifID: UInt32) {
    if ifID != 0 { dirty?.insert(ifID) }
  }

  /// As `touch`, of any if_id.
  mutating func touchAll() { dirty = nil }

  /// Whether anything of any if_id may have changed.
  var isAllDirty: Bool { dirty == nil }

  /// The if_ids that are to be looked at.
  ///
  /// - Parameter all: all that matter, where any may have changed.
  mutating func takeDirty(ofAll all: Set<UInt32>) -> [UInt32] {
    defer { dirty = [] }
    return (dirty ?? all.union(wanted).union(changes.keys)).sorted()
  }

  /// The first snapshot is dealt with: from now on what nobody needs stays for `grace`.
  mutating func endStart() { hasSwept = true }

  /// Makes a link that is missing, or removes one that nobody needs.
  ///
  /// - Parameter link: nil when it is not there.
  mutating func reconcile(
    _ ifID: UInt32, isWanted: Bool, _ link: Link?, at now: Instant, _ out: inout Outbox
  ) {
    if isWanted { wanted.insert(ifID) } else { wanted.remove(ifID) }
    guard isWanted == (link != nil) else {
      return change(ifID, link?.index, isWanted, at: now, &out)
    }
    // Attempts are remembered: whoever removes the link again and again is not raced.
    if changes[ifID]?.isWanted == false || !isWanted { changes[ifID] = nil }
    changes[ifID]?.failure = nil
    out.timers.set(.ownLink(ifID), to: nil)
  }

  private mutating func change(
    _ ifID: UInt32, _ index: Int32?, _ isWanted: Bool, at now: Instant, _ out: inout Outbox
  ) {
    var change =
      changes[ifID].flatMap { $0.isWanted == isWanted ? $0 : nil }
      ?? Change(
        isWanted: isWanted, due: isWanted || !hasSwept ? now : now.advanced(by: Self.grace))
    if change.due <= now {
      out.send(
        .gate(
          isWanted
            ? .makeLink(name: Link.ownName(ifID), ifID: ifID) : .removeLink(index: index ?? 0)))
      change.due = now.advanced(by: .seconds(1 << min(change.attempts, 6)))
      change.attempts += 1
    }
    changes[ifID] = change
    out.timers.set(.ownLink(ifID), to: change.due)
  }

  mutating func failed(_ ifID: UInt32, _ message: String, _ out: inout Outbox) {
    if changes[ifID]?.failure != message {
      out.log(.warning, "-", "cannot create link \(Link.ownName(ifID)): \(message)")
    }
    changes[ifID]?.failure = message
  }

  /// Why SAs with an if_id have none so far; nil when it is on its way.
  func failure(_ ifID: UInt32) -> String? { changes[ifID]?.failure }
}
