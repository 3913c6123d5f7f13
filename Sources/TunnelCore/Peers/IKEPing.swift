/// A question whether an IKE daemon is there, which needs no key (RFC 7296, 2.4: an answer is no proof).
///
/// It is an IKE header of major version 3. RFC 7296 section 2.5 has the peer answer the notification
/// INVALID_MAJOR_VERSION with its own version. What ties an answer to its question is the
/// random SPI, 64 bits that only hosts on the path can see.
public struct IKEPing: Hashable, Sendable {
  /// Whom to ask and how.
  public struct Target: Hashable, Sendable {
    /// Our tunnel endpoint, where the question comes from.
    public var local: IPAddress
    /// The peer's, of the same family.
    public var remote: IPAddress
    /// The UDP port of its daemon, host order.
    public var port: UInt16

    /// A peer and its port: 500, or that of NAT traversal.
    public init(local: IPAddress, remote: IPAddress, port: UInt16 = IKEPing.port) {
      self.local = local
      self.remote = remote
      self.port = port
    }

    /// Whether IKE messages have four zero bytes in front there (RFC 3948 section 2.2): on every
    /// port but 500.
    public var hasMarker: Bool { port != IKEPing.port }
  }

  /// Why a question was not sent.
  static func text(_ error: SendError) -> String { error.description(of: "IKE (UDP 500 and 4500)") }

  /// IKE's own port.
  public static let port: UInt16 = 500

  /// The initiator's SPI; not 0.
  public var spi: UInt64
  /// Whether the marker of NAT traversal is in front, both ways.
  public var hasMarker: Bool

  /// A question with this SPI.
  public init(spi: UInt64, hasMarker: Bool) {
    self.spi = spi
    self.hasMarker = hasMarker
  }

  private static let marker = [UInt8](repeating: 0, count: 4)
  private static let requestLength: UInt8 = 28
  private static let replyLength: UInt8 = 36

  private var marker: [UInt8] { hasMarker ? Self.marker : [] }
  private var spiBytes: [UInt8] {
    stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: spi >> $0) }
  }

  /// The UDP payload of the question: 28 bytes behind the marker (RFC 7296 section 3.1).
  public var request: [UInt8] {
    marker + spiBytes
      + [0, 0, 0, 0, 0, 0, 0, 0]  // responder's SPI: none yet
      + [0, 0x30, 34, 0x08]  // no payload, version 3.0, IKE_SA_INIT, from the initiator
      + [0, 0, 0, 0]  // message id
      + [0, 0, 0, Self.requestLength]
  }

  /// The SPI of the question that a UDP payload answers; nil when it is no answer, or is cut.
  ///
  /// Which minor version and which flags the peer has is its business.
  public static func spi(answeredBy payload: [UInt8], hasMarker: Bool) -> UInt64? {
    var rest = payload[...]
    if hasMarker {
      guard rest.starts(with: marker) else { return nil }
      rest = rest.dropFirst(marker.count)
    }
    guard rest.count == Int(replyLength) else { return nil }
    let bytes = Array(rest)
    let isResponse = bytes[19] & 0x20 != 0
    // Next payload: notify; exchange: as asked; message id 0; whole length.
    guard bytes[16] == 41, bytes[18] == 34, isResponse,
      bytes[20..<28].elementsEqual([0, 0, 0, 0, 0, 0, 0, replyLength])
    else { return nil }
    // Notify of 8 bytes about no SA: type 5, INVALID_MAJOR_VERSION (section 3.10.1).
    guard bytes[30..<36].elementsEqual([0, 8, 0, 0, 0, 5]) else { return nil }
    return bytes[0..<8].reduce(0) { $0 << 8 | UInt64($1) }
  }
}
