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

extension TOMLSyntaxError {
  /// An error at a byte of `text`.
  init(_ text: String, offset: Int, reason: String) {
    let before = text.utf8.prefix(offset)
    let lines = before.split(separator: 0x0a, omittingEmptySubsequences: false)
    let last = lines.last.map { Substring($0) } ?? ""
    self.init(line: lines.count, column: last.unicodeScalars.count + 1, reason: reason)
  }
}

extension TOMLNode {
  /// Deeper tables and arrays than this are taken as empty; no key lies deeper than 4.
  private static let maxDepth = 16

  /// The root table of a TOML text.
  static func parse(_ text: String) throws(TOMLSyntaxError) -> [String: TOMLNode] {
    try refuseNUL(in: text)
    try refuseWhatAborts(text)
    return entries(of: try table(text), depth: 0)
  }

  private static func table(_ text: String) throws(TOMLSyntaxError) -> TOMLTable {
    do {
      return try TOMLTable(string: text)
    } catch let error as TOMLParseError {
      let start = error.source.begin
      throw TOMLSyntaxError(
        line: start.line, column: start.column, reason: printable(error.description))
    } catch {
      throw TOMLSyntaxError(line: 1, column: 1, reason: "not TOML")
    }
  }

  /// TOMLKit passes C strings: at a NUL it would silently drop the rest of the file, key or value.
  /// TOML itself allows U+0000 only as an escape, and no key here has a use for it.
  private static func refuseNUL(in text: String) throws(TOMLSyntaxError) {
    for form in ["\0", "\\u0000", "\\U00000000"] {
      if let found = text.utf8.firstRange(of: form.utf8) {
        throw TOMLSyntaxError(
          text, offset: text.utf8.distance(from: text.startIndex, to: found.lowerBound),
          reason: "U+0000 is not allowed")
      }
    }
  }

  /// toml++ 3.4.0 ends the process by assert(), in release builds too, at `[=]`, `a = [1, }`, a
  /// no-break space in an array and many a broken date (toml.hpp lines 14790, 14994, 15080, 15481).
  /// Those never get to it; an earlier error is still told in its words.
  private static func refuseWhatAborts(_ text: String) throws(TOMLSyntaxError) {
    var scanner = StatementScanner(text: text)
    while scanner.nextPath() != nil {}
    guard let problem = scanner.problem else { return }
    _ = try table(String(decoding: text.utf8.prefix(problem.statement), as: UTF8.self))
    throw TOMLSyntaxError(text, offset: problem.offset, reason: problem.reason)
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
