import OrderedCollections

extension TOMLNode {
  /// The root table of a text in TOML 1.0 (https://toml.io/en/v1.0.0), its tables in the order of
  /// the text. A byte order mark may come first.
  static func parse(
    _ bytes: [UInt8]
  ) throws(TOMLSyntaxError) -> OrderedDictionary<String, TOMLNode> {
    try TOMLDocument(bytes).root
  }

  fileprivate static func checkUTF8(_ bytes: [UInt8]) throws(TOMLFault) {
    do {
      _ = try UTF8Span(validating: bytes.span)
    } catch {
      let offset = error.byteOffsets.lowerBound
      let byte = String(bytes[offset], radix: 16)
      throw TOMLFault(offset: offset, reason: "byte 0x\(byte) is not UTF-8")
    }
  }
}

/// A text that was read, and where everything in it stands.
struct TOMLDocument {
  /// Its tables in the order of the text.
  let root: OrderedDictionary<String, TOMLNode>
  private let table: OpenTable
  private let cursor: TOMLCursor

  /// Reads a text in TOML 1.0. A byte order mark may come first.
  init(_ bytes: [UInt8]) throws(TOMLSyntaxError) {
    let text = bytes.starts(with: "\u{feff}".utf8) ? Array(bytes.dropFirst(3)) : bytes
    do {
      try TOMLNode.checkUTF8(text)
      var reader = TOMLReader(text)
      root = try reader.read()
      (table, cursor) = (reader.root, reader.cursor)
    } catch {
      throw TOMLSyntaxError(error, in: text)
    }
  }

  /// Lines, counted from 1, of keys, tables and elements, by paths as complaints have them:
  /// `vpn.to-b.routes[1]`.
  var lines: [String: Int] {
    var offsets: [String: Int] = [:]
    table.note(&offsets, from: cursor)
    let breaks = cursor.bytes.indices.filter { cursor.bytes[$0] == UInt8(ascii: "\n") }
    return offsets.mapValues { offset in
      // The number of line breaks before it.
      var (low, high) = (0, breaks.count)
      while low < high {
        let middle = (low + high) / 2
        if breaks[middle] < offset { low = middle + 1 } else { high = middle }
      }
      return low + 1
    }
  }
}

extension TOMLCursor {
  /// Notes where what is inside a value stands.
  func note(_ offsets: inout [String: Int], at path: String, valueAt offset: Int) {
    for (index, element) in (elements[offset] ?? []).enumerated() {
      offsets["\(path)[\(index)]"] = element
      note(&offsets, at: "\(path)[\(index)]", valueAt: element)
    }
    inlineTables[offset]?.note(&offsets, from: self, at: path)
  }
}

/// Reads the statements of a text one by one.
private struct TOMLReader {
  private(set) var cursor: TOMLCursor
  let root = OpenTable(.header)
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
    guard cursor.consume(closing) else {
      throw cursor.unexpectedInHeader("'.' or '\(closing)'", path: path)
    }
    var parent = root
    for key in path.dropLast() { parent = try parent.step(byHeader: key) }
    let last = path[path.count - 1]
    table = isOfArray ? try parent.append(last) : try parent.open(last)
    depth = path.count
  }
}
