/// An IP prefix: an address with its host bits zero, and a length.
public struct IPPrefix: Hashable, Sendable {
  /// The network address; bits beyond `length` are zero.
  public let address: IPAddress
  /// The prefix length in bits: 0...32 or 0...128.
  public let length: Int

  /// The prefix of `length` bits that holds `address`; host bits are cleared.
  /// `length` is clamped to the family's width.
  public init(_ address: IPAddress, length: Int) {
    let width = address.family.bits
    let length = min(max(length, 0), width)
    let mask: UInt128 = length == 0 ? 0 : ~UInt128(0) << (width - length)
    self.address = IPAddress(family: address.family, bits: address.bits & mask)
    self.length = length
  }

  /// The prefix that holds this address alone: /32 or /128.
  public init(host address: IPAddress) {
    self.init(address, length: address.family.bits)
  }

  /// The prefix that holds every address of a family.
  public static func any(_ family: IPAddress.Family) -> IPPrefix {
    IPPrefix(IPAddress(family: family, bits: 0), length: 0)
  }

  /// Whether the prefix is a single address.
  public var isHost: Bool { length == address.family.bits }

  /// Whether `address` lies in the prefix.
  public func contains(_ address: IPAddress) -> Bool {
    address.family == self.address.family && IPPrefix(address, length: length) == self
  }

  /// Whether every address of `other` lies in the prefix.
  public func contains(_ other: IPPrefix) -> Bool {
    other.length >= length && contains(other.address)
  }
}

extension IPPrefix: CustomStringConvertible, LosslessStringConvertible, Comparable {
  /// `ADDRESS/LENGTH`.
  public var description: String { "\(address)/\(length)" }

  /// Parses `ADDRESS/LENGTH`; host bits must be zero. A bare address is a host prefix.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = IPAddress(String(parts[0])) else { return nil }
    guard parts.count == 2 else {
      self.init(host: address)
      return
    }
    guard parts[1].utf8.allSatisfy({ (48...57).contains($0) }), let length = Int(parts[1]),
      length <= address.family.bits
    else { return nil }
    self.init(address, length: length)
    guard self.address == address else { return nil }
  }

  /// By address, then shorter first.
  public static func < (lhs: IPPrefix, rhs: IPPrefix) -> Bool {
    (lhs.address, lhs.length) < (rhs.address, rhs.length)
  }
}
