/// Tunnels, or sets, by their numbers: in the order in which they came, and changed in place.
///
/// A dictionary moves a value out and in again when one of its fields changes, and a set is 1,100 bytes.
/// Numbers are the agent's own and rise, so each is its own hash.
struct Table<ID: TableID, Value: Sendable>: Sendable {
  /// nil where one was removed.
  private var slots: ContiguousArray<Value?> = []
  private var ids: ContiguousArray<ID> = []
  private(set) var count = 0
  /// Places of slots, found by number: open addressing with linear probing; -1: none.
  private var cells = ContiguousArray<Int>(repeating: -1, count: 16)

  /// So many removed ones may be left in between before all are moved together.
  private static var mostHoles: Int { 64 }

  var isEmpty: Bool { count == 0 }

  /// Numbers of those that are there, in their order.
  var keys: [ID] { ids.indices.filter { isThere($0) }.map { ids[$0] } }

  /// All that are there, in their order.
  var values: Values { Values(slots: slots) }

  func contains(_ id: ID) -> Bool { place(of: id) != nil }

  subscript(_ id: ID) -> Value? {
    @inline(__always) get {
      guard let place = place(of: id) else { return nil }
      return slots[place]
    }
    _modify {
      if let place = place(of: id) {
        yield &slots[place]
        if !isThere(place) { forget(id) }
      } else {
        var new: Value?
        yield &new
        if let new { append(new, id) }
      }
    }
  }

  /// Reads of one, or changes, in place; nil when it is not there. The subscript's value is a copy with
  /// all that it holds; this is for what each probe and each reply does.
  @discardableResult @inline(__always)
  mutating func with<Result>(_ id: ID, _ body: (inout Value) -> Result) -> Result? {
    guard let place = place(of: id) else { return nil }
    // A place that the index has is never empty, and nothing else changes an optional in place.
    // swift-format-ignore: NeverForceUnwrap
    return body(&slots[place]!)
  }

  mutating func removeValue(forKey id: ID) -> Value? {
    let value = self[id]
    self[id] = nil
    return value
  }

  mutating func removeAll(_ over: Set<ID>) {
    for id in over { self[id] = nil }
  }

  /// Orders them anew.
  mutating func sort(by isBefore: (Value, Value) -> Bool) {
    let there = zip(ids, slots).compactMap { id, value in value.map { (id, $0) } }
    self = Table()
    for (id, value) in there.sorted(by: { isBefore($0.1, $1.1) }) { append(value, id) }
  }

  private func isThere(_ place: Int) -> Bool {
    if case nil = slots[place] { false } else { true }
  }

  private mutating func append(_ value: Value, _ id: ID) {
    slots.append(value)
    ids.append(id)
    count += 1
    if 2 * count > cells.count {
      index(cells.count * 2)
    } else {
      enter(slots.count - 1)
    }
  }

  private mutating func forget(_ id: ID) {
    count -= 1
    guard slots.count > 2 * count + Self.mostHoles else { return erase(id) }
    let there = ids.indices.filter { isThere($0) }
    slots = ContiguousArray(there.map { slots[$0] })
    ids = ContiguousArray(there.map { ids[$0] })
    index(cells.count)
  }

  // MARK: The index

  private func home(of id: ID) -> Int { Int(truncatingIfNeeded: id.rawValue) & (cells.count - 1) }

  @inline(__always)
  private func place(of id: ID) -> Int? {
    var cell = home(of: id)
    while cells[cell] >= 0 {
      if ids[cells[cell]].rawValue == id.rawValue { return cells[cell] }
      cell = (cell + 1) & (cells.count - 1)
    }
    return nil
  }

  private mutating func index(_ size: Int) {
    cells = ContiguousArray(repeating: -1, count: size)
    for place in slots.indices where isThere(place) { enter(place) }
  }

  private mutating func enter(_ place: Int) {
    var cell = home(of: ids[place])
    while cells[cell] >= 0 { cell = (cell + 1) & (cells.count - 1) }
    cells[cell] = place
  }

  /// Takes a number out of the index and moves up those that stand behind it only for want of room.
  private mutating func erase(_ id: ID) {
    let mask = cells.count - 1
    var hole = home(of: id)
    while ids[cells[hole]].rawValue != id.rawValue { hole = (hole + 1) & mask }
    var cell = hole
    while true {
      cell = (cell + 1) & mask
      guard cells[cell] >= 0 else { break }
      let distance = (cell - home(of: ids[cells[cell]])) & mask
      if distance >= (cell - hole) & mask {
        cells[hole] = cells[cell]
        hole = cell
      }
    }
    cells[hole] = -1
  }

  struct Values: Sequence, IteratorProtocol {
    fileprivate let slots: ContiguousArray<Value?>
    private var place = 0

    fileprivate init(slots: ContiguousArray<Value?>) { self.slots = slots }

    mutating func next() -> Value? {
      while place < slots.count {
        defer { place += 1 }
        if let value = slots[place] { return value }
      }
      return nil
    }
  }
}

/// What numbers a row of a table.
protocol TableID: RawRepresentable, Hashable, Sendable
where RawValue: FixedWidthInteger & Sendable {}

extension TunnelID: TableID {}
extension MonitorID: TableID {}

typealias TunnelTable = Table<TunnelID, Tunnel>
typealias SetTable = Table<MonitorID, SetMonitor>
