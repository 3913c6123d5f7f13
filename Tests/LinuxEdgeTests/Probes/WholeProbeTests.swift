// Probes that nobody may fragment, over a veth pair whose other end is in a second namespace.
import Glibc
import Testing
import TunnelCore

@testable import LinuxEdge

@Suite(.enabled(if: canMakeNamespaces, "needs root to make network namespaces"))
struct WholeProbeTests {
  static let ends = [("10.0.0.1", "10.0.0.2", 28), ("2001:db8:1::1", "2001:db8:1::2", 48)]

  static func probe(_ near: String, _ far: String, link: Int32, payload: Int) throws
    -> OutgoingProbe
  {
    let (near, far) = (try #require(IPAddress(near)), try #require(IPAddress(far)))
    return OutgoingProbe(
      destination: far, source: near, linkIndex: link, sequence: 7,
      payload: (0..<payload).map { UInt8(truncatingIfNeeded: $0) })
  }

  @Test(arguments: ends) func whatFitsLeavesAndTheRestIsRefused(
    near: String, far: String, headers: Int
  ) throws {
    try inNewNamespace {
      let (index, pid) = try ProbeSocketTests.makePeer()
      defer { _ = try? run("kill \(pid)") }
      let fits = try Self.probe(near, far, link: index, payload: 1500 - headers)
      var socket = try ProbeSocket(family: fits.destination.family, identifier: 0x7a01)
      #expect(WholeOutcome.send(fits, 0x7a01) == .sent)
      let replies = try ProbeSocketTests.receive(&socket, 1)
      #expect(replies.map(\.payload) == [fits.payload])
      #expect(replies.map(\.linkIndex) == [index])
      let long = try Self.probe(near, far, link: index, payload: 1501 - headers)
      #expect(WholeOutcome.send(long, 0x7a01) == .tooLong(limit: 1500))
      // A smaller MTU that the kernel has of the destination alone.
      let bits = headers == 28 ? "10.0.0.2/32" : "2001:db8:1::2/128"
      try run("ip route add \(bits) dev tun mtu 1400")
      #expect(WholeOutcome.send(fits, 0x7a01) == .tooLong(limit: 1400))
      let fits1400 = try Self.probe(near, far, link: index, payload: 1400 - headers)
      #expect(WholeOutcome.send(fits1400, 0x7a01) == .sent)
    }
  }

  @Test(arguments: ends) func jumboFramesPassAndTheirRepliesAreCut(
    near: String, far: String, headers: Int
  ) throws {
    try inNewNamespace {
      let (index, pid) = try ProbeSocketTests.makePeer()
      defer { _ = try? run("kill \(pid)") }
      try run("ip link set tun mtu 9000 && nsenter -n -t \(pid) ip link set peer mtu 9000")
      let probe = try Self.probe(near, far, link: index, payload: 9000 - headers)
      var socket = try ProbeSocket(family: probe.destination.family, identifier: 0x7a01)
      #expect(WholeOutcome.send(probe, 0x7a01) == .sent)
      let replies = try ProbeSocketTests.receive(&socket, 1)
      #expect(replies.map(\.payload) == [Array(probe.payload.prefix(1500))])
    }
  }

  @Test func otherErrorsSayNothingOfTheSize() throws {
    try inNewNamespace {
      let (index, pid) = try ProbeSocketTests.makePeer()
      defer { _ = try? run("kill \(pid)") }
      let good = try Self.probe("10.0.0.1", "10.0.0.2", link: index, payload: 100)
      var noLink = good
      noLink.linkIndex = 4711
      #expect(WholeOutcome.send(noLink, 1) == .notSent(ENODEV))
      var notOurs = good
      notOurs.source = IPAddress(10, 9, 9, 9)
      #expect(WholeOutcome.send(notOurs, 1) == .notSent(EADDRNOTAVAIL))
      var mixed = good
      mixed.destination = IPAddress(family: .ipv6, bits: 1)
      #expect(WholeOutcome.send(mixed, 1) == .notSent(EAFNOSUPPORT))
      #expect(WholeOutcome.send(good, 1) == .sent)
    }
  }
}
