extension TOMLCursor {
  /// A string of any of the four kinds, of the two short ones where it must be `onOneLine`.
  mutating func string(onOneLine: Bool = false) throws(TOMLFault) -> String {
    let start = position
    let quote = isAt("\"") ? "\"" : "'"
    let longQuote = String(repeating: quote, count: 3)
    let isLong = !onOneLine && isAt(longQuote)
    let closing = isLong ? longQuote : quote
    position += closing.utf8.count
    if isLong { _ = takeLineBreak() }
    var content: [UInt8] = []
    while !consume(closing) {
      guard current != nil, isLong || !isAtLineBreak else {
        throw TOMLFault(
          offset: position, reason: "\(found) comes before the closing \(closing) of the string",
          earlier: isLong ? start : nil)
      }
      if quote == "\"", isAt("\\") {
        try escape(isLong: isLong, into: &content)
      } else {
        content.append(try plainByte())
      }
    }
    // One or two quotes may stand right before the closing ones.
    for _ in 0..<2 where isLong && consume(quote) { content += quote.utf8 }
    return String(decoding: content, as: UTF8.self)
  }

  /// A byte that stands for itself, or a line break of either kind as LF.
  private mutating func plainByte() throws(TOMLFault) -> UInt8 {
    if takeLineBreak() { return UInt8(ascii: "\n") }
    guard let byte = current, !isControl(byte) else {
      throw fault(
        "\(found) is not allowed in a string",
        allowed: "\\u\(found.dropFirst(2)) between double quotes")
    }
    position += 1
    return byte
  }

  private mutating func escape(isLong: Bool, into content: inout [UInt8]) throws(TOMLFault) {
    if isLong, skipEscapedLineBreak() { return }
    let escapes: [(text: String, byte: UInt8)] = [
      ("\\b", 0x08), ("\\t", 0x09), ("\\n", 0x0a), ("\\f", 0x0c), ("\\r", 0x0d), ("\\\"", 0x22),
      ("\\\\", 0x5c),
    ]
    for escape in escapes where consume(escape.text) {
      content.append(escape.byte)
      return
    }
    let scalar = isAt("\\u") ? escapedScalar(digits: 4) : escapedScalar(digits: 8)
    guard let scalar else {
      throw fault(
        "not an escape or not a Unicode scalar",
        allowed:
          "\\b \\t \\n \\f \\r \\\" \\\\ \\uXXXX \\UXXXXXXXX, or single quotes without escapes")
    }
    content += String(scalar).utf8
  }

  /// Passes a backslash at the end of a line, with all white space up to the next character.
  private mutating func skipEscapedLineBreak() -> Bool {
    var end = self
    end.position += 1
    end.skipSpace()
    guard end.takeLineBreak() else { return false }
    repeat { end.skipSpace() } while end.takeLineBreak()
    self = end
    return true
  }

  /// `\uXXXX` or `\UXXXXXXXX`; nil, and nothing passed, where that is not here or no scalar.
  private mutating func escapedScalar(digits count: Int) -> Unicode.Scalar? {
    let digits = String(decoding: bytes[position...].dropFirst(2).prefix(count), as: UTF8.self)
    guard isAt(count == 4 ? "\\u" : "\\U"), digits.utf8.count == count,
      digits.allSatisfy(\.isHexDigit),
      let value = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(value)
    else { return nil }
    position += 2 + count
    return scalar
  }
}
