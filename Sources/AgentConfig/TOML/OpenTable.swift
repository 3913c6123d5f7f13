import OrderedCollections

/// A table that later statements may add to, as far as TOML lets them: each key, header and table
/// in braces once, and no table both by a header and by dotted keys.
final class OpenTable {
  /// What made a table.
  enum Origin {
    /// The header of a table inside it; its own may follow.
    case implied
    case header
    case dottedKey
  }

  private enum Content {
    /// Complete, tables in braces and arrays in brackets included; and its offset.
    case value(TOMLNode, at: Int)
    case table(OpenTable)
    /// `[[NAME]]`; never empty.
    case array(Elements)
  }

  private final class Elements {
    var tables: [(table: OpenTable, offset: Int)]

    init(_ first: OpenTable, at offset: Int) { tables = [(first, offset)] }
  }

  private var origin: Origin
  private var contents: OrderedDictionary<String, (content: Content, offset: Int)> = [:]

  init(_ origin: Origin) { self.origin = origin }

  /// What is in it, in the order in which the text first names it.
  var entries: OrderedDictionary<String, TOMLNode> {
    contents.mapValues { entry in
      switch entry.content {
      case .value(let value, _): value
      case .table(let table): .table(table.entries)
      case .array(let elements): .array(elements.tables.map { .table($0.table.entries) })
      }
    }
  }

  /// Adds a value.
  func set(_ key: TOMLKey, to value: TOMLNode, at offset: Int) throws(TOMLFault) {
    guard contents[key.name] == nil else { throw conflict(key) }
    contents[key.name] = (.value(value, at: offset), key.offset)
  }

  /// Notes where everything in it stands, by paths as complaints have them.
  ///
  /// - Parameter cursor: That which read it all.
  func note(_ offsets: inout [String: Int], from cursor: TOMLCursor, at path: String = "") {
    for (name, entry) in contents {
      let path = path.isEmpty ? writtenKey(name) : "\(path).\(writtenKey(name))"
      offsets[path] = entry.offset
      switch entry.content {
      case .value(_, let offset): cursor.note(&offsets, at: path, valueAt: offset)
      case .table(let table): table.note(&offsets, from: cursor, at: path)
      case .array(let elements):
        for (index, element) in elements.tables.enumerated() {
          offsets["\(path)[\(index)]"] = element.offset
          element.table.note(&offsets, from: cursor, at: "\(path)[\(index)]")
        }
      }
    }
  }

  /// The table that `key` of a dotted key leads into.
  func step(byDottedKey key: TOMLKey) throws(TOMLFault) -> OpenTable {
    switch contents[key.name]?.content {
    case nil: return add(.dottedKey, at: key)
    case .table(let table) where table.origin != .header:
      table.origin = .dottedKey
      return table
    case .table, .array, .value: throw conflict(key)
    }
  }

  /// The table that `key` of a header leads through.
  func step(byHeader key: TOMLKey) throws(TOMLFault) -> OpenTable {
    switch contents[key.name]?.content {
    case nil: return add(.implied, at: key)
    case .table(let table): return table
    case .array(let elements): return elements.tables[elements.tables.count - 1].table
    case .value: throw conflict(key)
    }
  }

  /// The table of a header that ends in `key`.
  func open(_ key: TOMLKey) throws(TOMLFault) -> OpenTable {
    switch contents[key.name]?.content {
    case nil: return add(.header, at: key)
    case .table(let table) where table.origin == .implied:
      table.origin = .header
      return table
    case .table, .array, .value: throw conflict(key)
    }
  }

  /// The table of a header `[[...]]` that ends in `key`: one more element of its array.
  func append(_ key: TOMLKey) throws(TOMLFault) -> OpenTable {
    let table = OpenTable(.header)
    switch contents[key.name]?.content {
    case nil: contents[key.name] = (.array(Elements(table, at: key.offset)), key.offset)
    case .array(let elements): elements.tables.append((table, key.offset))
    case .table, .value: throw conflict(key)
    }
    return table
  }

  private func add(_ origin: Origin, at key: TOMLKey) -> OpenTable {
    let table = OpenTable(origin)
    contents[key.name] = (.table(table), key.offset)
    return table
  }

  private func conflict(_ key: TOMLKey) -> TOMLFault {
    let (what, allowed) = description(of: key.name)
    return TOMLFault(
      offset: key.offset, reason: "duplicate \(writtenKey(key.name)), first defined as \(what)",
      earlier: contents[key.name]?.offset, allowed: allowed)
  }

  private func description(of name: String) -> (what: String, allowed: String) {
    switch contents[name]?.content {
    case .value(.table, _): ("a table in braces", "one pair of braces for all of its keys")
    case .value(let value, _): (value.typeName, "each key once")
    case .array: ("an array of tables", "[[...]] for further tables of it")
    case .table(let table): ("a table \(table.origin)", "one table for all of its keys")
    case nil: ("a key", "each key once")
    }
  }
}

extension OpenTable.Origin: CustomStringConvertible {
  /// As what follows "a table".
  var description: String {
    switch self {
    case .implied: "that holds others"
    case .header: "with a header"
    case .dottedKey: "made by dotted keys"
    }
  }
}
