/// What the record on disk says, as far as that is known: it is written when it changes, and again
/// after a failure.
struct RecordOnDisk: Sendable {
  private static let retryPause = Duration.seconds(60)

  /// nil when a write failed.
  private var content: GateRecord?
  /// Tunnels of which something changed since a plan carried a record.
  private var changed: Set<String> = []
  /// Why it could not be written; nil when it was.
  private(set) var failure: String?

  init(_ content: GateRecord) { self.content = content }

  /// Whether it lacks anything of this.
  func mustTake(_ record: GateRecord) -> Bool { record != content }

  /// A plan carries it. Returns the tunnels of which it says something else than the one before.
  mutating func takes(_ record: GateRecord) -> Set<String> {
    content = record
    defer { changed = [] }
    return changed
  }

  /// It is to say something else of these tunnels.
  mutating func mustSay(of tunnels: Set<String>) { changed.formUnion(tunnels) }

  /// It could not be written.
  mutating func failed(_ message: String, at now: Instant, _ out: inout Outbox) {
    content = nil
    out.timers.set(.record, to: now.advanced(by: Self.retryPause))
    guard failure != message else { return }
    failure = message
    out.send(.tell(.recordAlarm(RecordAlarm(failure: message))))
  }

  /// It was written again.
  mutating func written(_ out: inout Outbox) {
    guard failure != nil else { return }
    failure = nil
    out.send(.tell(.recordAlarm(RecordAlarm(failure: nil))))
  }
}
