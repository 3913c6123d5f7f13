import HeapModule

/// Deadlines of sets. What is set at each probe and each reply is a number in the set itself
/// (`SetMonitor.wakeAt`); an entry that says another one is stale.
struct SetTimers: Sendable {
  private var heap: Heap<TimerEntry<MonitorID>> = []
  private var serial: UInt64 = 0

  /// The earliest deadline.
  var next: Instant? { heap.min?.deadline }

  /// A set's deadline is what its first thing is due at.
  mutating func schedule(_ id: MonitorID, in sets: inout SetTable) {
    let change = sets.with(id) { set -> (isChange: Bool, deadline: Instant?) in
      let deadline = set.deadline
      guard set.wakeAt != deadline else { return (false, nil) }
      set.wakeAt = deadline
      return (true, deadline)
    }
    guard let change, change.isChange else { return }
    if let deadline = change.deadline {
      serial += 1
      heap.insert(TimerEntry(deadline: deadline, serial: serial, owner: id))
    }
    dropStale(&sets)
  }

  /// Takes out the set whose deadline is the earliest and has come.
  mutating func popDue(at now: Instant, in sets: inout SetTable) -> MonitorID? {
    guard let first = heap.min, first.deadline <= now else { return nil }
    heap.removeMin()
    sets.with(first.owner) { $0.wakeAt = nil }
    dropStale(&sets)
    return first.owner
  }

  /// What is due of a set cannot be done in this turn. Returns whether that is so: it is scheduled
  /// again when the turn ends.
  mutating func putOff(_ id: MonitorID, ifDueAt now: Instant, in sets: inout SetTable) -> Bool {
    let isDue = sets.with(id) { set -> Bool in
      guard set.wakeAt.isDue(at: now) else { return false }
      set.wakeAt = nil
      return true
    }
    guard isDue == true else { return false }
    dropStale(&sets)
    return true
  }

  /// A set is not there any more.
  mutating func dropStale(_ sets: inout SetTable) {
    while let first = heap.min, sets.with(first.owner, { $0.wakeAt }) != first.deadline {
      heap.removeMin()
    }
  }
}
