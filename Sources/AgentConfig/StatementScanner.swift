/// Walks the statements of a TOML text and gives each one's full key path, escapes left as they
/// are. Up to the first error of the text its view is the parser's; beyond, the paths are arbitrary
/// but the walk ends.
struct StatementScanner {
  /// Something the parser cannot be shown.
  struct Problem {
    /// Offset in bytes of the statement that holds it.
    var statement: Int
    /// Its own offset.
    var offset: Int
    var reason: String
  }

  /// What the walk stopped at; nil: the end.
  private(set) var problem: Problem?
  private let bytes: [UInt8]
  private var position: Int
  private var statement = 0
  private var header: [String] = []

  init(text: String) {
    bytes = Array(text.utf8)
    position = bytes.starts(with: "\u{feff}".utf8) ? 3 : 0
  }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  private func isAt(_ character: Unicode.Scalar, times: Int = 1) -> Bool {
    let end = position + times
    return end <= bytes.count && bytes[position..<end].allSatisfy { $0 == UInt8(ascii: character) }
  }

  /// The key path of the next header or key; nil at the end or at a problem.
  mutating func nextPath() -> [String]? {
    while problem == nil, let byte = current {
      statement = position
      if isAt("#") {
        skipLine()
      } else if isAt("[") {
        readHeader()
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

  private mutating func readHeader() {
    position += isAt("[", times: 2) ? 2 : 1
    while isAt(" ") || isAt("\t") { position += 1 }
    if let byte = current, !isKeyCharacter(byte), !isAt("\""), !isAt("'"), !isAt("]") {
      stop("expected a key or ']'")
    }
    header = path()
    skipLine()
  }

  /// A dotted key up to its `=` or `]`, which is passed, or to the end of the line.
  private mutating func path() -> [String] {
    var parts: [[UInt8]] = [[]]
    while let byte = current, !isAt("\n") {
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

  /// Passes a value: to the end of the line that closes its last bracket.
  private mutating func skipValue() {
    var open: [UInt8] = []
    var isInKey = false
    while problem == nil, let byte = current, !open.isEmpty || !isAt("\n") {
      switch Unicode.Scalar(byte) {
      case "#": skipLine()
      case "\"", "'": skipString()
      case "[", "{", "]", "}":
        skipBracket(byte, open: &open)
        isInKey = byte == UInt8(ascii: "{")
      case ",", "=":
        isInKey = byte == UInt8(ascii: ",") && open.last == UInt8(ascii: "{")
        position += 1
      default: skipWord(isKey: isInKey)
      }
    }
  }

  private mutating func skipBracket(_ byte: UInt8, open: inout [UInt8]) {
    if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") {
      open.append(byte)
    } else if open.popLast() != byte - 2 {  // in ASCII each closes what is two before it
      stop("'\(Unicode.Scalar(byte))' closes nothing")
    }
    position += 1
  }

  /// Passes what is no string and no bracket: white space, a number, a key, ...
  private mutating func skipWord(isKey: Bool) {
    let start = position
    while let byte = current, isKeyCharacter(byte) || isAt(":") { position += 1 }
    let word = bytes[start..<position]
    guard let first = word.first else {
      skipSign()
      return
    }
    let isDate =
      word.contains(UInt8(ascii: ":"))
      || zip(word, word.dropFirst()).contains { isDigit($0) && $1 == UInt8(ascii: "-") }
    if !isKey, isDigit(first), isDate {
      position = start
      stop("no key takes a date or a time")
      position += word.count
    }
  }

  /// Passes one of the few characters that TOML has outside words, strings and brackets.
  private mutating func skipSign() {
    let isLineBreak = isAt("\n") || isAt("\r") && bytes[position...].starts(with: [0x0d, 0x0a])
    if !isLineBreak, !isAt(" "), !isAt("\t"), !isAt("+"), !isAt(".") {
      stop("a character that TOML has only in strings and comments")
    }
    position += 1
  }

  /// Passes a string of any of the four kinds, its quotes included.
  private mutating func skipString() {
    let quote: Unicode.Scalar = isAt("\"") ? "\"" : "'"
    let length = isAt(quote, times: 3) ? 3 : 1
    position += length
    while current != nil, !isAt(quote, times: length) {
      if length == 1, isAt("\n") { return }
      position += quote == "\"" && isAt("\\") ? 2 : 1
    }
    position = min(position + length, bytes.count)
    // Up to two more quotes may end a multi-line string's content.
    while length == 3, isAt(quote) { position += 1 }
  }

  private mutating func skipLine() {
    while current != nil, !isAt("\n") { position += 1 }
  }

  private mutating func stop(_ reason: String) {
    problem = problem ?? Problem(statement: statement, offset: position, reason: reason)
  }
}

private func isDigit(_ byte: UInt8) -> Bool {
  (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
}

/// Whether a byte may stand in a bare key.
func isKeyCharacter(_ byte: UInt8) -> Bool {
  switch Unicode.Scalar(byte) {
  case "a"..."z", "A"..."Z", "0"..."9", "-", "_": true
  default: false
  }
}

/// The order in which a valid text first names the tables inside `parent`: `[parent.NAME]`, or
/// `NAME... =` within `[parent]`, or `parent.NAME... =` at the top. The parser sorts its keys, and
/// an operator expects the order of the file. Names within one inline table are not found.
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
