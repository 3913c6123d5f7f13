import TOMLKit

// The one file that sees TOMLKit. Its parser (toml++) refuses what is not TOML 1.0, duplicate keys
// included, and has no position for a value once parsed.

/// Where and why a text is not TOML.
struct TOMLSyntaxError: Error {
  /// Counted from 1.
  var line: Int
  /// Counted from 1.
  var column: Int
  var reason: String
}

extension TOMLNode {
  /// Deeper tables and arrays than this are taken as empty; no key lies deeper than 4.
  private static let maxDepth = 16

  /// The root table of a TOML text.
  static func parse(_ text: String) throws(TOMLSyntaxError) -> [String: TOMLNode] {
    try refuseNUL(in: text)
    do {
      return entries(of: try TOMLTable(string: text), depth: 0)
    } catch let error as TOMLParseError {
      let start = error.source.begin
      throw TOMLSyntaxError(
        line: start.line, column: start.column, reason: printable(error.description))
    } catch {
      throw TOMLSyntaxError(line: 1, column: 1, reason: "not TOML")
    }
  }

  /// TOMLKit passes C strings: at a NUL it would drop the rest of the file, a key or a value without
  /// a word. TOML itself allows U+0000 only as an escape, and no key here has a use for it.
  private static func refuseNUL(in text: String) throws(TOMLSyntaxError) {
    var line = 1
    for content in text.utf8.split(separator: 0x0a, omittingEmptySubsequences: false) {
      let content = Substring(content)
      for form in ["\0", "\\u0000", "\\U00000000"] {
        guard let found = content.unicodeScalars.firstRange(of: form.unicodeScalars) else {
          continue
        }
        let column = content.unicodeScalars[..<found.lowerBound].count + 1
        throw TOMLSyntaxError(line: line, column: column, reason: "U+0000 is not allowed")
      }
      line += 1
    }
  }

  private static func entries(of table: TOMLTable, depth: Int) -> [String: TOMLNode] {
    guard depth < maxDepth else { return [:] }
    var entries: [String: TOMLNode] = [:]
    // Not TOMLTable's own iterator: it force-unwraps.
    for key in table.keys {
      if let value = table[key] { entries[key] = node(value, depth: depth) }
    }
    return entries
  }

  private static func node(_ value: any TOMLValueConvertible, depth: Int) -> TOMLNode {
    switch value.type {
    case .table: .table(value.table.map { entries(of: $0, depth: depth + 1) } ?? [:])
    case .array: .array(value.array.map { elements(of: $0, depth: depth + 1) } ?? [])
    case .string: .string(value.string ?? "")
    case .int: .integer(value.int ?? 0)
    case .double: .float(value.double ?? .nan)
    case .bool: .boolean(value.bool ?? false)
    case .date, .time, .dateTime: .date
    }
  }

  private static func elements(of array: TOMLArray, depth: Int) -> [TOMLNode] {
    guard depth < maxDepth else { return [] }
    return (0..<array.count).map { node(array[$0], depth: depth) }
  }
}
