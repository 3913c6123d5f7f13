import CShims
import Glibc
import TunnelCore

/// One dump of the counters of all SAs, read in bounded pieces: with 20,000 SAs it takes some 400
/// datagrams, and the loop does something else in between.
final class CounterDump {
  /// What came of one piece.
  enum Progress: Hashable {
    /// There is more, or will be.
    case goesOn
    /// Every SA was read.
    case ended
    /// The kernel refused.
    case failed(EdgeError)
  }

  /// Some 200 SAs, which take less than a millisecond.
  private static let datagramsAtATime = 4

  private let socket: NetlinkSocket

  /// Asks the kernel in the calling thread's network namespace.
  init() throws(EdgeError) {
    socket = try NetlinkSocket(requesting: VPA_NETLINK_XFRM, timeoutMilliseconds: 0)
    let request = built { unsafe vpa_build_dump($0, $1, VPA_TABLE_SAS) } ?? []
    let result = socket.send(request)
    guard result == 0 else { throw EdgeError(operation: "dump SAs", errno: -result) }
  }

  /// Readable when there is more.
  var descriptor: Int32 { socket.fd }

  /// Reads the next piece without waiting.
  func read() -> (counters: [(key: SAKey, counts: SACounts)], Progress) {
    var counters: [(key: SAKey, counts: SACounts)] = []
    let result = socket.readDump(datagrams: Self.datagramsAtATime) { event in
      guard event.kind == VPA_EVENT_SA else { return }
      counters.append((SAKey(event.sa.key), SACounts(event.sa.counts)))
    }
    switch result {
    case -EAGAIN: return (counters, .goesOn)
    // An SA came or went meanwhile, which an event tells.
    case 0, -ESTALE: return (counters, .ended)
    default:
      let error = EdgeError(
        operation: "dump SAs", errno: -result, complaint: socket.complaint)
      return (counters, .failed(error))
    }
  }
}

extension SACounts {
  init(_ counts: vpa_sa_counts) {
    self.init(
      packets: counts.packets, bytes: counts.bytes,
      errors: ESPErrors(
        outsideWindow: counts.outside_window, replayed: counts.replayed,
        integrity: counts.integrity_failed),
      lastUsed: counts.last_used == 0 ? nil : counts.last_used)
  }
}
