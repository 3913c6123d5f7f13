import OrderedCollections

/// The deepest nesting of tables and arrays that is read, so that no text exhausts the stack. The
/// configuration itself has 5.
let maxTOMLDepth = 32

/// A part of a dotted key or of a header, and its place.
struct TOMLKey {
  var name: String
  /// In bytes.
  var offset: Int
}

extension TOMLCursor {
  /// `KEY = VALUE`, added to a table at `depth`.
  mutating func keyValue(into table: OpenTable, depth: Int) throws(TOMLFault) {
    let path = try path(depth: depth)
    guard consume("=") else { throw unexpected("'.' or '='") }
    skipSpace()
    let offset = position
    let value = try value(depth: depth + path.count)
    var table = table
    for key in path.dropLast() { table = try table.step(byDottedKey: key) }
    try table.set(path[path.count - 1], to: value, at: offset)
  }

  /// A key or several with dots between them, and the spaces around. Never empty.
  mutating func path(depth: Int) throws(TOMLFault) -> [TOMLKey] {
    var keys: [TOMLKey] = []
    repeat {
      skipSpace()
      try checkDepth(depth + keys.count)
      keys.append(try key())
      skipSpace()
    } while consume(".")
    return keys
  }

  private mutating func key() throws(TOMLFault) -> TOMLKey {
    let start = position
    if isAt("\"") || isAt("'") {
      return TOMLKey(name: try string(onOneLine: true), offset: start)
    }
    while let byte = current, isKeyCharacter(byte) { position += 1 }
    guard position > start else {
      throw unexpected("a key", allowed: "A-Z, a-z, 0-9, '_' and '-', or a text in quotes")
    }
    return TOMLKey(name: String(decoding: bytes[start..<position], as: UTF8.self), offset: start)
  }

  private mutating func value(depth: Int) throws(TOMLFault) -> TOMLNode {
    if isAt("\"") || isAt("'") { return .string(try string()) }
    if isAt("[") { return .array(try array(depth: depth)) }
    if isAt("{") { return .table(try inlineTable(depth: depth)) }
    return try word()
  }

  /// `[VALUE, ...]` over any number of lines; a comma may follow the last value.
  private mutating func array(depth: Int) throws(TOMLFault) -> [TOMLNode] {
    try checkDepth(depth)
    let start = position
    position += 1
    var elements: [TOMLNode] = []
    var offsets: [Int] = []
    defer { self.elements[start] = offsets }
    while true {
      try skipBlank()
      if consume("]") { return elements }
      offsets.append(position)
      elements.append(try value(depth: depth + 1))
      try skipBlank()
      if consume(",") { continue }
      guard consume("]") else { throw unexpected("',' or ']'") }
      return elements
    }
  }

  /// `{KEY = VALUE, ...}` on one line; no comma follows the last value.
  private mutating func inlineTable(
    depth: Int
  ) throws(TOMLFault) -> OrderedDictionary<String, TOMLNode> {
    try checkDepth(depth)
    let table = OpenTable(.header)
    inlineTables[position] = table
    position += 1
    skipSpace()
    if consume("}") { return [:] }
    repeat {
      try keyValue(into: table, depth: depth)
      skipSpace()
    } while consume(",")
    guard consume("}") else { throw unexpected("',' or '}' on the same line") }
    return table.entries
  }

  private func checkDepth(_ depth: Int) throws(TOMLFault) {
    guard depth < maxTOMLDepth else {
      throw fault("nested too deeply", allowed: "at most \(maxTOMLDepth) levels")
    }
  }
}

/// Whether a byte may stand in a bare key.
func isKeyCharacter(_ byte: UInt8) -> Bool {
  switch Unicode.Scalar(byte) {
  case "a"..."z", "A"..."Z", "0"..."9", "-", "_": true
  default: false
  }
}
