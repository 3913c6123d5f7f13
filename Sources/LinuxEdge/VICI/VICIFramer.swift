/// Cuts a byte stream into packets. Holds at most one packet and what was read with it.
public struct VICIFramer: Sendable {
  private var bytes: [UInt8] = []
  private var start = 0

  /// With nothing read yet.
  public init() {}

  /// Takes bytes as they were read.
  public mutating func append(_ more: [UInt8]) {
    if start > 0 {
      bytes.removeFirst(start)
      start = 0
    }
    bytes += more
  }

  /// The next whole packet; nil while bytes of it are missing.
  ///
  /// - Throws: when the stream is no VICI; nothing that follows is then of use.
  public mutating func next() throws(VICIError) -> VICIPacket? {
    guard bytes.count - start >= 4 else { return nil }
    let length = bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
    guard (1...VICIPacket.longest).contains(length) else { throw .badLength(length) }
    guard bytes.count - start - 4 >= length else { return nil }
    let body = bytes[start + 4..<start + 4 + length]
    start += 4 + length
    return try VICIPacket(decoding: body)
  }
}
