/// What names an SA: an SPI alone does not, since each receiver draws its own (RFC 4301 4.1). charon's
/// have 28 bits, so of some thousand outbound SAs two may well have the same
/// (docs/facts/strongswan.md, "SPIs").
public struct SAID: Hashable, Sendable {
  /// Where the SA's packets go: ours for an inbound SA, the peer's for an outbound one.
  public var destination: IPAddress
  /// IP protocol number: 50 ESP, 51 AH, 108 IPComp.
  public var ipProtocol: UInt8
  /// The SPI, host order.
  public var spi: UInt32

  /// The name of an SA.
  public init(destination: IPAddress, ipProtocol: UInt8 = 50, spi: UInt32) {
    self.destination = destination
    self.ipProtocol = ipProtocol
    self.spi = spi
  }
}

extension SAID: Comparable, CustomStringConvertible {
  /// By SPI, then destination and protocol.
  public static func < (lhs: SAID, rhs: SAID) -> Bool {
    (lhs.spi, lhs.destination, lhs.ipProtocol) < (rhs.spi, rhs.destination, rhs.ipProtocol)
  }

  /// `esp 0x0123abcd to 192.0.2.1`.
  public var description: String {
    let name =
      switch ipProtocol {
      case 50: "esp"
      case 51: "ah"
      case 108: "comp"
      default: "proto-\(ipProtocol)"
      }
    return "\(name) \(spi.hex) to \(destination)"
  }
}

/// What the kernel finds one SA by, in GETSA, DELSA and EXPIRE (net/xfrm/xfrm_user.c,
/// `xfrm_user_state_lookup`). if_id is not part of it.
public struct SAKey: Hashable, Sendable {
  /// Destination, protocol and SPI. Only SAs with different marks can share it.
  public var id: SAID
  /// The SA's lookup mark; nil when it has none.
  public var mark: Mark?

  /// A key of the SAD.
  public init(_ id: SAID, mark: Mark? = nil) {
    self.id = id
    self.mark = mark
  }

  /// A key of the SAD.
  public init(destination: IPAddress, spi: UInt32, ipProtocol: UInt8 = 50, mark: Mark? = nil) {
    self.init(SAID(destination: destination, ipProtocol: ipProtocol, spi: spi), mark: mark)
  }

  /// Where the SA's packets go.
  public var destination: IPAddress {
    get { id.destination }
    set { id.destination = newValue }
  }
  /// The SPI, host order.
  public var spi: UInt32 { id.spi }
  /// IP protocol number.
  public var ipProtocol: UInt8 { id.ipProtocol }
}

extension SAKey: CustomStringConvertible {
  /// `esp 0x0123abcd to 192.0.2.1`, with the mark when there is one.
  public var description: String {
    id.description + (mark.map { " mark 0x\(String($0.value, radix: 16))" } ?? "")
  }
}

extension UInt32 {
  /// `0x` and eight hex digits, as SPIs are written.
  public var hex: String {
    let digits = String(self, radix: 16)
    return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
  }
}
