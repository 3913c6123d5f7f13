/// A place in a TOML text, and the small steps from it. Keys, strings, words and values are read
/// by extensions of it; each of them leaves it behind what it read.
struct TOMLCursor {
  /// Valid UTF-8.
  let bytes: [UInt8]
  /// Offset in bytes.
  var position = 0
  /// Offsets of the elements of each array in brackets, by the offset of the array.
  var elements: [Int: [Int]] = [:]
  /// Each table in braces, by its offset.
  var inlineTables: [Int: OpenTable] = [:]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// nil: the end of the text.
  var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  /// A line break is LF or CR LF. CR alone is a control character like others.
  var isAtLineBreak: Bool { isAt("\n") || isAt("\r\n") }

  func isAt(_ text: String) -> Bool {
    var offset = position
    for byte in text.utf8 {
      guard offset < bytes.count, bytes[offset] == byte else { return false }
      offset += 1
    }
    return true
  }

  /// Passes `text` if it stands here.
  mutating func consume(_ text: String) -> Bool {
    guard isAt(text) else { return false }
    position += text.utf8.count
    return true
  }

  mutating func takeLineBreak() -> Bool { consume("\n") || consume("\r\n") }

  /// Passes spaces and tabs.
  mutating func skipSpace() {
    while isAt(" ") || isAt("\t") { position += 1 }
  }

  /// Passes white space, line breaks and comments.
  mutating func skipBlank() throws(TOMLFault) {
    repeat {
      skipSpace()
      try skipComment()
    } while takeLineBreak()
  }

  /// Passes what may follow a statement on its line, and the line break.
  mutating func endLine() throws(TOMLFault) {
    skipSpace()
    try skipComment()
    guard takeLineBreak() || current == nil else { throw unexpected("the end of the line") }
  }

  private mutating func skipComment() throws(TOMLFault) {
    guard isAt("#") else { return }
    while let byte = current, !isAtLineBreak {
      guard !isControl(byte) else { throw fault("\(found) is not allowed in a comment") }
      position += 1
    }
  }

  func fault(_ reason: String, allowed: String? = nil) -> TOMLFault {
    TOMLFault(offset: position, reason: reason, allowed: allowed)
  }

  /// Something else than `wanted` stands here.
  func unexpected(_ wanted: String, allowed: String? = nil) -> TOMLFault {
    fault("expected \(wanted), found \(found)", allowed: allowed)
  }

  /// The same after the last part of a header's path, which may lack its quotes:
  /// `[gateway.2001:db8::1]`.
  func unexpectedInHeader(_ wanted: String, path: [TOMLKey]) -> TOMLFault {
    var fault = unexpected(wanted)
    guard let last = path.last, path.count > 1 else { return fault }
    let rest = bytes[last.offset...].prefix { $0 > 0x20 && $0 != UInt8(ascii: "]") }
    let name = String(decoding: rest, as: UTF8.self)
    guard last.offset + rest.count > position, !name.contains("\""), !name.contains("'") else {
      return fault
    }
    let outer = path.dropLast().map { writtenKey($0.name) }.joined(separator: ".")
    fault.remedy = "put the name in quotes: [\(outer).\(quoted(name))]"
    return fault
  }

  /// What stands here, for a message.
  var found: String {
    if isAtLineBreak { return "the end of the line" }
    let rest = String(decoding: bytes[position...].prefix(4), as: UTF8.self)
    guard let scalar = rest.unicodeScalars.first else { return "the end of the file" }
    if scalar != " ", scalar.properties.isWhitespace || scalar.value < 0x20 || scalar == "\u{7f}" {
      let digits = String(scalar.value, radix: 16, uppercase: true)
      return "U+\(String(repeating: "0", count: 4 - digits.count))\(digits)"
    }
    return "'\(printable(String(scalar)))'"
  }
}

/// Whether TOML has a character in escapes only.
func isControl(_ byte: UInt8) -> Bool {
  byte < 0x20 && byte != UInt8(ascii: "\t") || byte == 0x7f
}
