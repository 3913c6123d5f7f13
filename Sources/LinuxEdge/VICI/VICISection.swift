/// A message of strongSwan's VICI, or a section inside one: named entries in their order.
///
/// Names need not be unique; looking one up finds the first.
public struct VICISection: Hashable, Sendable {
  /// What stands under a name.
  public enum Node: Hashable, Sendable {
    /// Bytes; nearly always text.
    case value([UInt8])
    /// Several of those.
    case list([[UInt8]])
    /// More entries.
    case section(VICISection)
  }

  /// One named node.
  public struct Entry: Hashable, Sendable {
    /// At most 255 bytes of UTF-8.
    public var name: String
    /// What it holds.
    public var node: Node

    /// A named node.
    public init(name: String, node: Node) {
      self.name = name
      self.node = node
    }
  }

  /// In the order of the message.
  public var entries: [Entry]

  /// A section with these entries.
  public init(_ entries: [Entry] = []) {
    self.entries = entries
  }

  /// A section of texts only, as most requests are.
  public init(texts: KeyValuePairs<String, String>) {
    entries = texts.map { Entry(name: $0, node: .value(Array($1.utf8))) }
  }

  private func node(_ name: String) -> Node? {
    entries.first { $0.name == name }?.node
  }

  /// The text of a value; nil when there is no such value.
  public func text(_ name: String) -> String? {
    guard case .value(let bytes) = node(name) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The decimal number in a value; nil when there is none.
  public func number(_ name: String) -> UInt32? { text(name).flatMap { UInt32($0) } }

  /// The hexadecimal number in a value, as SPIs are written; nil when there is none.
  public func hexNumber(_ name: String) -> UInt32? {
    text(name).flatMap { UInt32($0, radix: 16) }
  }

  /// The items of a list as texts; nil when there is no such list.
  public func texts(_ name: String) -> [String]? {
    guard case .list(let items) = node(name) else { return nil }
    return items.map { String(decoding: $0, as: UTF8.self) }
  }

  /// A section inside this one; nil when there is none.
  public func section(_ name: String) -> VICISection? {
    guard case .section(let section) = node(name) else { return nil }
    return section
  }

  /// All sections inside this one.
  public var sections: [(name: String, section: VICISection)] {
    entries.compactMap { entry in
      guard case .section(let section) = entry.node else { return nil }
      return (entry.name, section)
    }
  }
}
