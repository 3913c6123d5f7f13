/// What a probe's ICMP payload says, and how it is told from anybody else's.
///
///     offset  bytes
///        0      4   "vpna"
///        4      4   tunnel-id, network order, as in status and alarms
///        8      4   monitor id, network order: which of its SA sets is probed
///       12      4   sequence, network order, from 1
///       16      8   when it was sent: CLOCK_MONOTONIC nanoseconds, network order
///       24      8   SipHash-2-4 of bytes 0..<24 under a key made at start
///       32      -   0x00 0x01 0x02 ... up to the wanted size
///
/// The echo reply carries it back unchanged (RFC 792, RFC 4443 4.2).
public struct ProbePayload: Hashable, Sendable {
  /// Bytes of an ICMP or ICMPv6 echo header.
  public static let headerSize = 8
  /// The smallest payload that holds the fields above.
  public static let minimumSize = 32

  /// "vpna", as a word.
  private static let magic: UInt64 = 0x616e_7076

  /// The tunnel that is probed: 32 bits of its number.
  public var tunnel: TunnelID
  /// Which SA set of it.
  public var monitor: MonitorID
  /// Number of the probe, from 1: 32 bits of it.
  public var sequence: UInt64
  /// When it was sent.
  public var sentAt: Instant

  /// The fields of a probe.
  public init(tunnel: TunnelID, monitor: MonitorID, sequence: UInt64, sentAt: Instant) {
    self.tunnel = tunnel
    self.monitor = monitor
    self.sequence = sequence
    self.sentAt = sentAt
  }

  /// The payload for an ICMP message of `messageSize` bytes, header included; never shorter than
  /// the fields need.
  public func encoded(messageSize: Int, mac: SipHash) -> [UInt8] {
    var bytes: [UInt8] = []
    append(to: &bytes, messageSize: messageSize, mac: mac)
    return bytes
  }

  /// Appends it to others.
  public func append(to bytes: inout [UInt8], messageSize: Int, mac: SipHash) {
    let start = bytes.count
    let size = max(messageSize - Self.headerSize, Self.minimumSize)
    if size <= Self.blank.count {
      bytes.append(contentsOf: Self.blank[..<size])
    } else {
      bytes.append(contentsOf: Self.blank)
      for index in Self.blank.count..<size {
        bytes.append(UInt8(truncatingIfNeeded: index - Self.minimumSize))
      }
    }
    let number = UInt32(truncatingIfNeeded: tunnel.rawValue)
    let first = Self.magic | UInt64(number.byteSwapped) << 32
    let second =
      UInt64(monitor.rawValue.byteSwapped)
      | UInt64(UInt32(truncatingIfNeeded: sequence).byteSwapped) << 32
    let third = UInt64(bitPattern: sentAt.nanoseconds).byteSwapped
    bytes.store(first, at: start)
    bytes.store(second, at: start + 8)
    bytes.store(third, at: start + 16)
    bytes.store(mac(first, second, third).byteSwapped, at: start + 24)
  }

  /// Fields not filled in yet, and what follows them: enough for all but the longest probes.
  private static let blank =
    [UInt8](repeating: 0, count: minimumSize) + (0..<1468).map { UInt8(truncatingIfNeeded: $0) }

  /// The fields of a payload that this process made; nil when it is short, foreign or forged.
  public init?(authenticating bytes: some Collection<UInt8>, mac: SipHash) {
    let bytes = Array(bytes.prefix(Self.minimumSize))
    self.init(authenticating: bytes, at: 0, count: bytes.count, mac: mac)
  }

  /// The fields of `count` bytes that begin at `start`.
  public init?(authenticating bytes: [UInt8], at start: Int, count: Int, mac: SipHash) {
    guard count >= Self.minimumSize else { return nil }
    let head = bytes.word(at: start)
    let (second, third) = (bytes.word(at: start + 8), bytes.word(at: start + 16))
    guard head & 0xffff_ffff == Self.magic,
      mac(head, second, third).byteSwapped == bytes.word(at: start + 24)
    else { return nil }
    tunnel = TunnelID(rawValue: Int(UInt32(head >> 32).byteSwapped))
    monitor = MonitorID(rawValue: UInt32(truncatingIfNeeded: second).byteSwapped)
    sequence = UInt64(UInt32(second >> 32).byteSwapped)
    sentAt = Instant(nanoseconds: Int64(bitPattern: third.byteSwapped))
  }
}

/// Words as they lie in memory, the least significant byte first, whatever the processor's order.
extension [UInt8] {
  fileprivate func word(at start: Int) -> UInt64 {
    var word: UInt64 = 0
    for index in 0..<8 { word |= UInt64(self[start + index]) << UInt64(8 * index) }
    return word
  }

  fileprivate mutating func store(_ word: UInt64, at start: Int) {
    for index in 0..<8 {
      self[start + index] = UInt8(truncatingIfNeeded: word >> UInt64(8 * index))
    }
  }
}
