/// Where and why a text is not TOML.
struct TOMLSyntaxError: Error {
  /// Counted from 1.
  var line: Int
  /// Counted from 1, in Unicode scalars.
  var column: Int
  /// One line, with what is allowed.
  var reason: String
}

/// The same while the text is being read: a place is an offset in bytes.
struct TOMLFault: Error {
  var offset: Int
  var reason: String
  /// Offset of what the reason speaks of, somewhere before.
  var earlier: Int?
  var allowed: String?
  /// What to write instead, where that is known: `put it in quotes: "vti0"`.
  var remedy: String?
}

extension TOMLSyntaxError {
  /// The place of `fault` in `bytes`.
  init(_ fault: TOMLFault, in bytes: [UInt8]) {
    let before = bytes[..<fault.offset]
    let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    line = Self.line(of: fault.offset, in: bytes)
    column = bytes[lineStart..<fault.offset].count { !isContinuation($0) } + 1
    reason = fault.reason
    if let earlier = fault.earlier { reason += " (line \(Self.line(of: earlier, in: bytes)))" }
    if let remedy = fault.remedy {
      reason += "; \(remedy)"
    } else if let allowed = fault.allowed {
      reason += "; use \(allowed)"
    }
  }

  private static func line(of offset: Int, in bytes: [UInt8]) -> Int {
    bytes[..<offset].count { $0 == UInt8(ascii: "\n") } + 1
  }
}

/// Whether a byte of UTF-8 is not the first of its scalar.
private func isContinuation(_ byte: UInt8) -> Bool { byte & 0b1100_0000 == 0b1000_0000 }
