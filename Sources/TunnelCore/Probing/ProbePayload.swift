/// What a probe's ICMP payload says, and how it is told from anybody else's.
///
///     offset  bytes
///        0      4   "vpna"
///        4      4   monitor id, network order: which SA set is probed
///        8      8   sequence, network order, from 1
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

  private static let magic: [UInt8] = Array("vpna".utf8)

  /// Which SA set is probed.
  public var monitor: MonitorID
  /// Number of the probe, from 1.
  public var sequence: UInt64
  /// When it was sent.
  public var sentAt: Instant

  /// The fields of a probe.
  public init(monitor: MonitorID, sequence: UInt64, sentAt: Instant) {
    self.monitor = monitor
    self.sequence = sequence
    self.sentAt = sentAt
  }

  /// The payload for an ICMP message of `messageSize` bytes, header included; never shorter than
  /// the fields need.
  public func encoded(messageSize: Int, mac: SipHash) -> [UInt8] {
    var bytes = Self.magic
    bytes.appendBigEndian(monitor.rawValue)
    bytes.appendBigEndian(sequence)
    bytes.appendBigEndian(UInt64(bitPattern: sentAt.nanoseconds))
    bytes.appendBigEndian(mac(bytes))
    let size = max(messageSize - Self.headerSize, Self.minimumSize)
    bytes.reserveCapacity(size)
    for index in 0..<(size - Self.minimumSize) { bytes.append(UInt8(truncatingIfNeeded: index)) }
    return bytes
  }

  /// The fields of a payload that this process made; nil when it is short, foreign or forged.
  public init?(authenticating bytes: some Collection<UInt8>, mac: SipHash) {
    let fields = Array(bytes.prefix(Self.minimumSize))
    guard fields.count == Self.minimumSize, fields.starts(with: Self.magic),
      mac(fields[..<24]) == UInt64(bigEndianBytes: fields[24..<32])
    else { return nil }
    monitor = MonitorID(rawValue: UInt32(bigEndianBytes: fields[4..<8]))
    sequence = UInt64(bigEndianBytes: fields[8..<16])
    let sent = UInt64(bigEndianBytes: fields[16..<24])
    sentAt = Instant(nanoseconds: Int64(bitPattern: sent))
  }
}

extension FixedWidthInteger {
  fileprivate init(bigEndianBytes bytes: some Collection<UInt8>) {
    self = bytes.reduce(0) { $0 << 8 | Self($1) }
  }
}

extension [UInt8] {
  fileprivate mutating func appendBigEndian(_ value: some FixedWidthInteger) {
    for shift in stride(from: value.bitWidth - 8, through: 0, by: -8) {
      append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }
}
