import OrderedCollections

/// A value of the file and where it stands.
struct Item {
  /// `vpn.to-b.routes[1]`.
  let path: String
  let value: TOMLNode
}

/// One table of the file. Its unknown keys are refused when it is made, by `Complaints.section`.
struct Section {
  /// Empty for the root.
  let path: String
  let entries: OrderedDictionary<String, TOMLNode>

  /// The value of a key; nil where the file does not have it.
  subscript(key: String) -> Item? {
    entries[key].map { Item(path: path(of: key), value: $0) }
  }

  /// Where a key of this table stands, or would.
  func path(of key: String) -> String {
    path.isEmpty ? writtenKey(key) : path + "." + writtenKey(key)
  }

  /// Every entry, in the file's order.
  var items: [(name: String, item: Item)] {
    entries.map { name, value in (name, Item(path: path(of: name), value: value)) }
  }
}
