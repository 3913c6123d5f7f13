import OrderedCollections

/// A TOML value.
indirect enum TOMLNode: Hashable, Sendable {
  /// In the order of the text.
  case table(OrderedDictionary<String, TOMLNode>)
  case array([TOMLNode])
  case string(String)
  case integer(Int)
  case float(Double)
  case boolean(Bool)
  /// A valid date, time or both, as the text has it: no key takes one.
  case dateTime(String)

  /// The name of its type, with an article, as complaints use it.
  var typeName: String {
    switch self {
    case .table: "a table"
    case .array: "an array"
    case .string: "a string"
    case .integer: "an integer"
    case .float: "a float"
    case .boolean: "a boolean"
    case .dateTime: "a date or time"
    }
  }
}

extension TOMLNode: CustomStringConvertible {
  /// The value as it could stand in a file, on one line of at most 80 characters.
  var description: String {
    let text = unlimitedDescription
    return text.count <= 80 ? text : text.prefix(79) + "…"
  }

  private var unlimitedDescription: String {
    switch self {
    case .table(let entries):
      entries.isEmpty
        ? "{}" : "{ \(entries.keys.map(writtenKey).joined(separator: ", ")) }"
    case .array(let elements):
      "[\(elements.map(\.unlimitedDescription).joined(separator: ", "))]"
    case .string(let text): quoted(text)
    case .integer(let value): String(value)
    case .float(let value): String(value)
    case .boolean(let value): String(value)
    case .dateTime(let text): text
    }
  }
}

/// A key as a file has it: bare where TOML allows, else quoted.
func writtenKey(_ key: String) -> String {
  !key.isEmpty && key.utf8.allSatisfy(isKeyCharacter) ? key : quoted(key)
}

/// A TOML basic string that holds `text`.
func quoted(_ text: String) -> String {
  "\"" + printable(text, escaping: ["\"", "\\"]) + "\""
}

/// `text` with everything escaped that would break a line or its order on a terminal.
func printable(_ text: String, escaping: Set<Unicode.Scalar> = []) -> String {
  var result = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    switch scalar.value {
    case 0x0a: result.append(contentsOf: "\\n".unicodeScalars)
    case 0x09: result.append(contentsOf: "\\t".unicodeScalars)
    case 0x0d: result.append(contentsOf: "\\r".unicodeScalars)
    case ..<0x20, 0x7f...0x9f, 0x200b...0x200f, 0x2028...0x202e, 0x2066...0x2069, 0xfeff:
      let digits = String(scalar.value, radix: 16)
      let zeros = String(repeating: "0", count: 4 - digits.count)
      result.append(contentsOf: "\\u\(zeros)\(digits)".unicodeScalars)
    default:
      if escaping.contains(scalar) { result.append("\\") }
      result.append(scalar)
    }
  }
  return String(result)
}
