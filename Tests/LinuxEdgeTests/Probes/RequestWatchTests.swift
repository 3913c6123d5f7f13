import Glibc
import Testing
import TunnelCore

@testable import LinuxEdge

@Suite(.enabled(if: canMakeNamespaces, "needs root to make network namespaces"))
struct RequestWatchTests {
  /// Anybody may send them: the loop has other things to do in between.
  @Test(arguments: ["127.0.0.1", "::1"])
  func aFloodIsReadInPieces(address: String) throws {
    try inNewNamespace {
      let destination = try #require(IPAddress(address))
      let watch = try RequestWatch()
      let descriptor = watch.descriptors[destination.family == .ipv4 ? 0 : 1]
      let socket = try ProbeSocket(family: destination.family, identifier: 0x7a03)
      let probe = OutgoingProbe(
        destination: destination, linkIndex: unsafe Int32(if_nametoindex("lo")), sequence: 1,
        payload: [1, 2, 3])
      for _ in 0..<20 { _ = socket.send([OutgoingProbe](repeating: probe, count: 60)) }
      let first = watch.receive(from: descriptor).count
      #expect(first == 1024)
      #expect(first + watch.receive(from: descriptor).count == 1200)
      #expect(watch.receive(from: descriptor).isEmpty)
    }
  }
}
