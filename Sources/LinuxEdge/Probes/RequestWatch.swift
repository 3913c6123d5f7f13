import CShims
import TunnelCore

/// Sees the echo requests that this host receives, so that a peer's probes and the kernel's
/// replies to them can be told from traffic. Only open when a VPN is monitored `optimized`.
final class RequestWatch {
  private static let batch = 64
  /// Batches that are read at once, at most: what anybody sends must not keep the loop from its timers.
  private static let batches = 16
  private let ipv4: Descriptor
  private let ipv6: Descriptor

  /// - Throws: EPERM without CAP_NET_RAW.
  init() throws(EdgeError) {
    let what = "watch echo requests"
    let ipv4 = try Descriptor(taking: vpa_requests_watch_v4(), operation: what)
    let ipv6 = try Descriptor(taking: vpa_requests_watch_v6(), operation: what)
    self.ipv4 = ipv4
    self.ipv6 = ipv6
  }

  /// For the reactor.
  var descriptors: [Int32] { [ipv4.number, ipv6.number] }

  /// Requests that wait on a socket, up to a bound; none on one of an earlier watch.
  func receive(from descriptor: Int32) -> [Event] {
    guard descriptors.contains(descriptor) else { return [] }
    var list = [vpa_probe_in](repeating: vpa_probe_in(), count: Self.batch)
    var events: [Event] = []
    for _ in 0..<Self.batches {
      let count = unsafe Int(vpa_requests_receive(descriptor, &list, list.count))
      guard count > 0 else { break }
      events += list.prefix(count).map {
        .echoRequest(from: IPAddress($0.source), linkIndex: $0.link_index)
      }
      if count < list.count { break }
    }
    return events
  }
}
