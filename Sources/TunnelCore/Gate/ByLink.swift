/// Values of links by their names; remembers which of them have changed.
struct ByLink<Value: Sendable>: Sendable {
  private var values: [String: Value] = [:]
  private(set) var changed: Set<String> = []

  var names: some Collection<String> { values.keys }
  var all: some Collection<Value> { values.values }

  subscript(name: String) -> Value? {
    get { values[name] }
    _modify {
      changed.insert(name)
      yield &values[name]
    }
  }

  mutating func removeValue(forKey name: String) -> Value? {
    guard let value = values.removeValue(forKey: name) else { return nil }
    changed.insert(name)
    return value
  }

  /// What changed was looked at.
  mutating func settle() { changed.removeAll(keepingCapacity: true) }
}

/// Indexes of links by their names, and the other way round.
struct LinkNumbers: Sendable {
  private var numbers = ByLink<Int32>()
  private var names: [Int32: Set<String>] = [:]

  var all: some Collection<Int32> { names.keys }
  var changed: Set<String> { numbers.changed }

  subscript(name: String) -> Int32? {
    get { numbers[name] }
    set {
      if let old = numbers[name] { names.take(name, from: old) }
      numbers[name] = newValue
      if let newValue { names[newValue, default: []].insert(name) }
    }
  }

  /// Names by which a link was known.
  func names(of index: Int32) -> Set<String> { names[index] ?? [] }

  /// What changed was looked at.
  mutating func settle() { numbers.settle() }
}
