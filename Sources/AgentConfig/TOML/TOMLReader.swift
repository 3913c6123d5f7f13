import OrderedCollections

extension TOMLNode {
  /// The root table of a text in TOML 1.0 (https://toml.io/en/v1.0.0), its tables in the order of
  /// the text. A byte order mark may come first.
  static func parse(
    _ bytes: [UInt8]
  ) throws(TOMLSyntaxError) -> OrderedDictionary<String, TOMLNode> {
    let text = bytes.starts(with: "\u{feff}".utf8) ? Array(bytes.dropFirst(3)) : bytes
    do {
      try checkUTF8(text)
      var reader = TOMLReader(text)
      return try reader.read()
    } catch {
      throw TOMLSyntaxError(error, in: text)
    }
  }

  private static func checkUTF8(_ bytes: [UInt8]) throws(TOMLFault) {
    do {
      _ = try UTF8Span(validating: bytes.span)
    } catch {
      let offset = error.byteOffsets.lowerBound
      let byte = String(bytes[offset], radix: 16)
      throw TOMLFault(offset: offset, reason: "byte 0x\(byte) is not UTF-8")
    }
  }
}

/// Reads the statements of a text one by one.
private struct TOMLReader {
  private var cursor: TOMLCursor
  private let root = OpenTable(.header)
  /// The one that keys go into.
  private var table: OpenTable
  /// How many tables that one lies in.
  private var depth = 0

  init(_ bytes: [UInt8]) {
    cursor = TOMLCursor(bytes)
    table = root
  }

  mutating func read() throws(TOMLFault) -> OrderedDictionary<String, TOMLNode> {
    try cursor.skipBlank()
    while cursor.current != nil {
      if cursor.isAt("[") {
        try readHeader()
      } else {
        try cursor.keyValue(into: table, depth: depth)
      }
      try cursor.endLine()
      try cursor.skipBlank()
    }
    return root.entries
  }

  /// `[PATH]` or `[[PATH]]`.
  private mutating func readHeader() throws(TOMLFault) {
    let isOfArray = cursor.consume("[[")
    if !isOfArray { cursor.position += 1 }
    let path = try cursor.path(depth: 0)
    let closing = isOfArray ? "]]" : "]"
    guard cursor.consume(closing) else { throw cursor.unexpected("'.' or '\(closing)'") }
    var parent = root
    for key in path.dropLast() { parent = try parent.step(byHeader: key) }
    let last = path[path.count - 1]
    table = isOfArray ? try parent.append(last) : try parent.open(last)
    depth = path.count
  }
}
