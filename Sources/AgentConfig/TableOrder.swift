/// Finds the order in which a text that is known to be valid TOML first names the tables inside
/// `parent`: `[parent.NAME]`, or `NAME... =` within `[parent]`, or `parent.NAME... =` at the top.
/// The parser sorts its keys, and an operator expects to see the order of the file.
func tableOrder(inside parent: String, text: String) -> [String] {
  var scanner = StatementScanner(text: text)
  var names: [String] = []
  var seen: Set<String> = []
  while let path = scanner.nextPath() {
    guard path.count >= 2, path[0] == parent, seen.insert(path[1]).inserted else { continue }
    names.append(path[1])
  }
  return names
}

/// Walks the statements of valid TOML and gives each one's full key path, escapes left as they are.
/// On a text that is not TOML the paths are arbitrary, but it ends.
private struct StatementScanner {
  private let bytes: [UInt8]
  private var position = 0
  private var header: [String] = []

  init(text: String) {
    let byteOrderMark = "\u{feff}"
    bytes = Array(
      text.unicodeScalars.first == byteOrderMark.unicodeScalars.first
        ? text.utf8.dropFirst(byteOrderMark.utf8.count) : text.utf8[...])
  }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  private func isAt(_ character: Unicode.Scalar, times: Int = 1) -> Bool {
    let end = position + times
    return end <= bytes.count && bytes[position..<end].allSatisfy { $0 == UInt8(ascii: character) }
  }

  /// The key path of the next header or key; nil at the end.
  mutating func nextPath() -> [String]? {
    while let byte = current {
      if isAt("#") {
        skipLine()
      } else if isAt("[") {
        position += isAt("[", times: 2) ? 2 : 1
        header = path()
        skipLine()
        return header
      } else if byte <= UInt8(ascii: " ") {
        position += 1
      } else {
        let key = path()
        skipValue()
        return header + key
      }
    }
    return nil
  }

  /// A dotted key up to its `=` or `]`, which is passed.
  private mutating func path() -> [String] {
    var parts: [[UInt8]] = [[]]
    while let byte = current {
      if isAt("\"") || isAt("'") {
        let start = position + 1
        skipString()
        parts[parts.count - 1] += bytes[start..<max(start, position - 1)]
        continue
      }
      position += 1
      if byte == UInt8(ascii: "=") || byte == UInt8(ascii: "]") { break }
      if byte == UInt8(ascii: ".") {
        parts.append([])
      } else if byte > UInt8(ascii: " ") {
        parts[parts.count - 1].append(byte)
      }
    }
    return parts.map { String(decoding: $0, as: UTF8.self) }
  }

  private mutating func skipLine() {
    while current != nil, !isAt("\n") { position += 1 }
  }

  /// Passes a value: to the end of the line that closes its last bracket.
  private mutating func skipValue() {
    var depth = 0
    while current != nil, depth > 0 || !isAt("\n") {
      if isAt("#") {
        skipLine()
      } else if isAt("\"") || isAt("'") {
        skipString()
      } else {
        if isAt("[") || isAt("{") { depth += 1 }
        if isAt("]") || isAt("}") { depth -= 1 }
        position += 1
      }
    }
  }

  /// Passes a string of any of the four kinds, its quotes included.
  private mutating func skipString() {
    let quote: Unicode.Scalar = isAt("\"") ? "\"" : "'"
    let length = isAt(quote, times: 3) ? 3 : 1
    position += length
    while current != nil, !isAt(quote, times: length) {
      position += quote == "\"" && isAt("\\") ? 2 : 1
    }
    position = min(position + length, bytes.count)
    // Up to two more quotes may end a multi-line string's content.
    while length == 3, isAt(quote) { position += 1 }
  }
}
