/// Tables whose values are sets or counts, without empty ones left behind.
extension Dictionary {
  /// One element less; a key without any goes.
  mutating func take<Element>(_ element: Element, from key: Key) where Value == Set<Element> {
    self[key]?.remove(element)
    if self[key]?.isEmpty == true { self[key] = nil }
  }

  /// One less; a key with none goes.
  mutating func countDown(_ key: Key) where Value == Int {
    guard let count = self[key] else { return }
    self[key] = count > 1 ? count - 1 : nil
  }
}
