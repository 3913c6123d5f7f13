/// An IPv4 or IPv6 address.
public struct IPAddress: Hashable, Sendable {
  /// The address family.
  public enum Family: UInt8, CaseIterable, Sendable, Comparable {
    /// IPv4, 32 bits.
    case ipv4 = 4
    /// IPv6, 128 bits.
    case ipv6 = 6

    /// Bits in an address of this family.
    public var bits: Int { self == .ipv4 ? 32 : 128 }

    /// IPv4 before IPv6.
    public static func < (lhs: Family, rhs: Family) -> Bool { lhs.rawValue < rhs.rawValue }
  }

  /// IPv4 or IPv6.
  public let family: Family
  /// The address as a number, host order; an IPv4 address is in the low 32 bits.
  public let bits: UInt128

  /// The address with this numeric value; for IPv4 only the low 32 bits are used.
  public init(family: Family, bits: UInt128) {
    self.family = family
    self.bits = family == .ipv4 ? bits & 0xffff_ffff : bits
  }

  /// An IPv4 address from its four bytes, network order.
  public init(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) {
    let bits = [a, b, c, d].reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
    self.init(family: .ipv4, bits: bits)
  }

  /// An address from 4 or 16 bytes in network order; nil for any other count.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 4 || bytes.count == 16 else { return nil }
    let bits = bytes.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
    self.init(family: bytes.count == 4 ? .ipv4 : .ipv6, bits: bits)
  }

  /// The address in network order: 4 or 16 bytes.
  public var bytes: [UInt8] {
    stride(from: family.bits - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: bits >> $0) }
  }

  /// Whether this is 0.0.0.0 or ::.
  public var isUnspecified: Bool { bits == 0 }

  /// Whether this is fe80::/10 (RFC 4291 2.5.6).
  public var isLinkLocal: Bool {
    family == .ipv6 && bits >> 118 == 0x3fa
  }

  /// Whether this is in 127.0.0.0/8 or is ::1.
  public var isLoopback: Bool {
    family == .ipv4 ? bits >> 24 == 127 : bits == 1
  }
}

extension IPAddress: Comparable {
  /// By family, then by number.
  public static func < (lhs: IPAddress, rhs: IPAddress) -> Bool {
    (lhs.family, lhs.bits) < (rhs.family, rhs.bits)
  }
}

extension IPAddress: CustomStringConvertible, LosslessStringConvertible {
  /// Dotted decimal, or RFC 5952 text.
  public var description: String {
    family == .ipv4 ? bytes.map { String($0) }.joined(separator: ".") : describeIPv6()
  }

  private func describeIPv6() -> String {
    let groups = (0..<8).map { UInt16(truncatingIfNeeded: bits >> (112 - 16 * $0)) }
    if bits >> 32 == 0xffff {  // IPv4-mapped, RFC 5952 section 5
      return "::ffff:" + IPAddress(family: .ipv4, bits: bits).description
    }
    var longest = 0..<0
    var start = 0
    while start < 8 {
      let end = groups[start...].firstIndex { $0 != 0 } ?? 8
      if end - start > max(1, longest.count) { longest = start..<end }
      start = max(end, start + 1)
    }
    func hex(_ slice: ArraySlice<UInt16>) -> String {
      slice.map { String($0, radix: 16) }.joined(separator: ":")
    }
    guard !longest.isEmpty else { return hex(groups[...]) }
    return hex(groups[..<longest.lowerBound]) + "::" + hex(groups[longest.upperBound...])
  }

  /// Parses dotted decimal (four parts, no leading zeros) or RFC 4291 section 2.2 text; no zone.
  public init?(_ text: String) {
    if text.contains(":") {
      guard let bits = Self.parseIPv6(text) else { return nil }
      self.init(family: .ipv6, bits: bits)
    } else {
      guard let bits = Self.parseIPv4(text) else { return nil }
      self.init(family: .ipv4, bits: bits)
    }
  }

  private static func parseIPv4(_ text: some StringProtocol) -> UInt128? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bits: UInt128 = 0
    for part in parts {
      guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ (48...57).contains($0) }),
        part.utf8.count == 1 || part.first != "0", let byte = UInt8(part)
      else { return nil }
      bits = bits << 8 | UInt128(byte)
    }
    return bits
  }

  private static func parseIPv6(_ text: String) -> UInt128? {
    let halves = text.split(separator: "::", maxSplits: 2, omittingEmptySubsequences: false)
    guard halves.count <= 2, let head = parseGroups(halves[0], mayEndInIPv4: halves.count == 1)
    else { return nil }
    guard halves.count == 2 else {
      return head.count == 8 ? head.reduce(0) { $0 << 16 | UInt128($1) } : nil
    }
    guard let tail = parseGroups(halves[1], mayEndInIPv4: true), head.count + tail.count < 8
    else { return nil }
    let zeros = [UInt16](repeating: 0, count: 8 - head.count - tail.count)
    return (head + zeros + tail).reduce(0) { $0 << 16 | UInt128($1) }
  }

  private static func parseGroups(_ text: Substring, mayEndInIPv4: Bool) -> [UInt16]? {
    guard !text.isEmpty else { return [] }
    var groups: [UInt16] = []
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    for (index, part) in parts.enumerated() {
      if part.contains(".") {
        guard mayEndInIPv4, index == parts.count - 1, let bits = parseIPv4(part) else { return nil }
        groups += [UInt16(bits >> 16), UInt16(truncatingIfNeeded: bits)]
      } else {
        guard (1...4).contains(part.utf8.count), part.first != "+",
          let group = UInt16(part, radix: 16)
        else { return nil }
        groups.append(group)
      }
    }
    return groups.count <= 8 ? groups : nil
  }
}
