import CShims

/// One connection to the daemon. Never waits; what the socket does not take now is kept.
final class VICIConnection {
  /// How much is read in one go, so that a daemon with a lot to say does not delay a probe.
  static let mostAtOnce = 64 << 10

  private let descriptor: Descriptor
  private var framer = VICIFramer()
  private var unsent: ArraySlice<UInt8> = []

  /// Connects.
  ///
  /// - Throws: `socket`: no such file, connection refused, no permission, or its queue is full.
  init(path: String) throws(VICIError) {
    do {
      descriptor = try Descriptor(
        taking: unsafe vpa_unix_connect_now(path), operation: "connect to", object: path)
    } catch {
      throw .socket(error.reason)
    }
  }

  var number: Int32 { descriptor.number }

  /// Whether bytes wait for the socket to become writable.
  var hasUnsent: Bool { !unsent.isEmpty }

  func send(_ packet: VICIPacket) throws(VICIError) {
    unsent += try packet.encoded()
    try flush()
  }

  /// Sends what the socket takes.
  func flush() throws(VICIError) {
    while hasUnsent {
      let count: Int
      do {
        count = try descriptor.send(unsent)
      } catch {
        throw .socket(error.reason)
      }
      if count == 0 { return }
      unsent = unsent.dropFirst(count)
    }
  }

  /// Packets that arrived, at most `mostAtOnce` bytes of them: epoll says when there are more.
  func receive() throws(VICIError) -> [VICIPacket] {
    var packets: [VICIPacket] = []
    var count = 0
    while count < Self.mostAtOnce {
      let bytes: [UInt8]?
      do {
        bytes = try descriptor.read()
      } catch {
        throw .socket(error.reason)
      }
      guard let bytes else { break }
      // What came before the end is of no use: the daemon is gone.
      if bytes.isEmpty { throw .closed }
      count += bytes.count
      framer.append(bytes)
      while let packet = try framer.next() { packets.append(packet) }
    }
    return packets
  }
}
