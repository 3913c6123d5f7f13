import TunnelCore

/// An answer with a list, made a few elements at a time: with ten thousand tunnels the loop does something
/// else in between, and each is shown as it is when its turn comes. Put together it is what `encoded`
/// makes of the whole.
final class ListPieces<ID, Element: Encodable> {
  private let atATime = 32

  private var ids: ArraySlice<ID>
  private let make: (ID) -> Element?
  /// What stands around the elements; nil once it was said.
  private var head: [UInt8]?
  private var tail: [UInt8]?
  private var isFirst = true

  /// - Parameters:
  ///   - whole: the answer with an empty list.
  ///   - list: the list's key.
  ///   - ids: its elements, in their order.
  ///   - make: one as it is now; nil leaves it out.
  init(
    _ whole: some Encodable, list: String, _ ids: [ID], make: @escaping (ID) -> Element?
  ) {
    self.ids = ids[...]
    self.make = make
    let frame = String(decoding: encoded(whole), as: UTF8.self)
    // No text in it has a line feed, so this is a key.
    let key = "\n  \"\(list)\" : ["
    guard let opening = frame.firstRange(of: key),
      let closing = frame[opening.upperBound...].firstIndex(of: "]")
    else { fatalError("no list \(list) in the answer") }
    head = Array(frame[..<opening.upperBound].utf8)
    tail = Array(frame[closing...].utf8)
  }

  /// The next piece; nil after the last one.
  func next() -> [UInt8]? {
    if let head {
      self.head = nil
      return head
    }
    while !ids.isEmpty {
      let piece = ids.prefix(atATime).compactMap(make).flatMap(text)
      ids = ids.dropFirst(atATime)
      if !piece.isEmpty { return piece }
    }
    defer { tail = nil }
    return tail.map { Array((isFirst ? "\n\n  " : "\n  ").utf8) + $0 }
  }

  private func text(_ element: Element) -> [UInt8] {
    defer { isFirst = false }
    let margin = Array("\n    ".utf8)
    var text = isFirst ? margin : Array(",".utf8) + margin
    let bytes = encoded(element).dropLast()
    for (byte, next) in zip(bytes, bytes.dropFirst() + [0]) {
      // An empty array has an empty line.
      if byte == 0x0a, next != 0x0a { text += margin } else { text.append(byte) }
    }
    return text
  }
}
