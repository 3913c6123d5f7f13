import HeapModule

/// A deadline among others: the earliest first, of one instant the one that was set first.
struct TimerEntry<Owner: Sendable>: Comparable, Sendable {
  let deadline: Instant
  let serial: UInt64
  let owner: Owner

  static func == (lhs: Self, rhs: Self) -> Bool { lhs.serial == rhs.serial }
  static func < (lhs: Self, rhs: Self) -> Bool {
    (lhs.deadline, lhs.serial) < (rhs.deadline, rhs.serial)
  }
}

/// Deadlines by owner: one an owner, the earliest first.
struct Timers<Owner: Hashable & Sendable>: Sendable {
  private var heap: Heap<TimerEntry<Owner>> = []
  private var current: [Owner: (deadline: Instant, serial: UInt64)] = [:]
  private var serial: UInt64 = 0

  /// The earliest deadline.
  var next: Instant? { heap.min?.deadline }

  /// An owner's deadline; nil when it has none.
  func deadline(of owner: Owner) -> Instant? { current[owner]?.deadline }

  /// Sets, moves or (nil) removes an owner's deadline.
  mutating func set(_ owner: Owner, to deadline: Instant?) {
    guard current[owner]?.deadline != deadline else { return }
    serial += 1
    if let deadline {
      current[owner] = (deadline, serial)
      heap.insert(TimerEntry(deadline: deadline, serial: serial, owner: owner))
    } else {
      current[owner] = nil
    }
    dropStale()
  }

  /// Takes out the owner whose deadline is the earliest and has come.
  mutating func popDue(at now: Instant) -> Owner? {
    guard let first = heap.min, first.deadline <= now else { return nil }
    heap.removeMin()
    current[first.owner] = nil
    dropStale()
    return first.owner
  }

  private mutating func dropStale() {
    while let first = heap.min, current[first.owner]?.serial != first.serial { heap.removeMin() }
  }
}

/// Whose a deadline is, but for those of sets (`SetTimers`).
enum TimerOwner: Hashable {
  case tunnel(TunnelID)
  case gate(String)
  case ike
  case command(TunnelID)
  case trigger(TunnelID)
  /// SAs that were expired should be back.
  case restoration(TunnelID)
  case ownLink(UInt32)
  case peer(DetectorID)
  /// Tunnels that are still down after a mass failure.
  case mass
  /// What the record on disk does not have yet.
  case record
  case badSPI
  /// Good news are passed on.
  case news
  /// Connections are looked for.
  case connections
  case verification(TunnelID)
  /// Routes are to be dumped.
  case routes
  /// Reports have waited for counters long enough.
  case counters
}
