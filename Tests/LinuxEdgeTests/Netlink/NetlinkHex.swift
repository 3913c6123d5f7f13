/// Bytes from hex digits; spaces, line ends and what follows `|` in a line do not count.
func hex(_ text: String) -> [UInt8] {
  let digits = text.split(separator: "\n").flatMap { line in
    line.prefix { $0 != "|" }.compactMap(\.hexDigitValue)
  }
  return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

/// A netlink message of this type around a body: nlmsghdr with the right length and no flags.
func message(_ type: UInt8, _ body: [UInt8]) -> [UInt8] {
  let length = UInt32(16 + body.count)
  return withBytes(of: length) + [type, 0] + [UInt8](repeating: 0, count: 10) + body
}

/// An attribute, padded to a multiple of 4.
func attribute(_ type: UInt8, _ value: [UInt8]) -> [UInt8] {
  let length = UInt16(4 + value.count)
  let padding = [UInt8](repeating: 0, count: (4 - value.count % 4) % 4)
  return [UInt8(length & 0xff), UInt8(length >> 8), type, 0] + value + padding
}

/// A number's bytes in host order (little-endian: the tests run on x86-64 and arm64).
func withBytes(of number: UInt32) -> [UInt8] {
  (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
}
