import CShims
import Glibc
import TunnelCore

/// What finds senders of ESP without an SA: the kernel's counter, and a capture when it has risen.
final class BadSPIWatch {
  private static let counters = "/proc/thread-self/net/xfrm_stat"
  private static let batch = 64
  private var sockets: [Int32: Socket] = [:]

  private final class Socket {
    let descriptor: Descriptor
    init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
  }

  /// XfrmInNoStates of the calling thread's network namespace.
  func unknownSPIs() throws(EdgeError) -> UInt64 {
    let text = String(decoding: try readFile(Self.counters, limit: 1 << 14), as: UTF8.self)
    for line in text.split(separator: "\n") {
      let words = line.split { $0 == " " || $0 == "\t" }
      if words.count == 2, words[0] == "XfrmInNoStates", let count = UInt64(words[1]) {
        return count
      }
    }
    throw EdgeError(
      operation: "read", object: Self.counters, errno: ENOENT,
      complaint: "no XfrmInNoStates: the kernel lacks CONFIG_XFRM_STATISTICS")
  }

  /// Begins to capture; returns descriptors for the reactor.
  func begin(_ request: CaptureRequest) throws(EdgeError) -> [Int32] {
    end()
    let sources = request.sources.map { vpa_ip($0) }
    let known = request.known.map { vpa_sa_id(destination: vpa_ip($0.destination), spi: $0.spi) }
    for family: UInt8 in [4, 6] where sources.contains(where: { $0.family == family }) {
      let result = unsafe vpa_capture_open(
        family, sources, sources.count, known, known.count)
      let descriptor = try Descriptor(taking: result, operation: "capture ESP of IPv\(family)")
      sockets[descriptor.number] = Socket(descriptor)
    }
    return sockets.keys.sorted()
  }

  /// Packets that wait, one batch at most: the rest is asked for again by the reactor. None on a
  /// descriptor of a capture that has ended.
  func receive(from descriptor: Int32) -> [CapturedESP] {
    guard sockets[descriptor] != nil else { return [] }
    var list = [vpa_esp](repeating: vpa_esp(), count: Self.batch)
    let count = unsafe vpa_capture_receive(descriptor, &list, list.count)
    return list.prefix(Int(max(count, 0))).map {
      CapturedESP(
        source: IPAddress($0.source), destination: IPAddress($0.destination), spi: $0.spi)
    }
  }

  /// Ends the capture; returns how many packets reached its sockets.
  @discardableResult
  func end() -> Int64 {
    let count = sockets.keys.reduce(0) { $0 + max(vpa_capture_count($1), 0) }
    sockets = [:]
    return count
  }
}
