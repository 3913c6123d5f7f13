import OrderedCollections

@testable import AgentConfig

extension TOMLNode: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  /// A string.
  public init(stringLiteral value: String) { self = .string(value) }
  /// An integer.
  public init(integerLiteral value: Int) { self = .integer(value) }
  /// A float.
  public init(floatLiteral value: Double) { self = .float(value) }
  /// A boolean.
  public init(booleanLiteral value: Bool) { self = .boolean(value) }
  /// An array.
  public init(arrayLiteral elements: TOMLNode...) { self = .array(elements) }
  /// A table.
  public init(dictionaryLiteral elements: (String, TOMLNode)...) {
    self = .table(OrderedDictionary(uniqueKeysWithValues: elements))
  }
}

/// A text and what it means.
struct Meaning: Sendable {
  var text: String
  var root: TOMLNode

  init(_ text: String, _ root: TOMLNode) {
    self.text = text
    self.root = root
  }

  /// A value of the key `a`.
  static func value(_ text: String, _ value: TOMLNode) -> Meaning {
    Meaning("a = \(text)\n", ["a": value])
  }
}
