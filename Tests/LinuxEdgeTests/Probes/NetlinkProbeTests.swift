// Probes over a veth pair whose other end is in a second namespace, and the reactor's primitives.
import CShims
import Glibc
import Testing
import TunnelCore

@testable import LinuxEdge

@Suite(.enabled(if: canMakeNamespaces, "needs root to make network namespaces"))
struct ProbeSocketTests {
  /// A veth pair to a namespace of a `sleep`, which answers on 10.0.0.2/30 and 2001:db8:1::2/126;
  /// the near end's index, and what ends the far namespace.
  static func makePeer() throws -> (index: Int32, pid: String) {
    let pid = try run("unshare -n sleep 900 >/dev/null 2>&1 & echo $!")
      .filter { !$0.isWhitespace }
    try run(
      """
      for i in 1 2 3 4 5 6 7 8 9 10; do
        [ "$(readlink /proc/\(pid)/ns/net)" != "$(readlink /proc/thread-self/ns/net)" ] && break
        sleep 0.1
      done
      ip link add tun type veth peer name peer netns \(pid) && ip link set tun up &&
      ip address add 10.0.0.1/30 dev tun && ip address add 2001:db8:1::1/126 dev tun nodad &&
      nsenter -n -t \(pid) sh -c 'ip link set peer up && ip address add 10.0.0.2/30 dev peer &&
        ip address add 2001:db8:1::2/126 dev peer nodad'
      """)
    return (unsafe Int32(if_nametoindex("tun")), pid)
  }

  static func receive(_ socket: inout ProbeSocket, _ count: Int) throws -> [IncomingProbe] {
    var replies: [IncomingProbe] = []
    while replies.count < count {
      try awaitReadable(socket.fd)
      socket.receive { replies.append($0) }
    }
    return replies
  }

  @Test(arguments: [("10.0.0.1", "10.0.0.2"), ("2001:db8:1::1", "2001:db8:1::2")])
  func repliesComeBackOnTheLink(near: String, far: String) throws {
    try inNewNamespace {
      let (index, pid) = try Self.makePeer()
      defer { _ = try? run("kill \(pid)") }
      let source = try #require(IPAddress(near))
      let destination = try #require(IPAddress(far))
      var socket = try ProbeSocket(family: source.family, identifier: 0x7a01)
      var other = try ProbeSocket(family: source.family, identifier: 0x7a02)
      // Odd and even lengths for the checksum, more than one batch.
      let probes = (0..<150).map { (number: Int) -> OutgoingProbe in
        let length = 8 * number + number % 2
        return OutgoingProbe(
          destination: destination, source: source, linkIndex: index, sequence: UInt16(number),
          payload: (0..<length).map { UInt8(truncatingIfNeeded: $0 + number) })
      }
      #expect(socket.send(probes) == [Int32](repeating: 0, count: 150))
      let replies = try Self.receive(&socket, 150).sorted { $0.sequence < $1.sequence }
      #expect(replies.map(\.payload) == probes.map(\.payload))
      #expect(replies.map(\.sequence) == probes.map(\.sequence))
      #expect(replies.allSatisfy { $0.linkIndex == index && $0.source == destination })
      #expect(replies.allSatisfy { $0.age >= .zero && $0.age < .seconds(60) })
      var strays = 0
      other.receive { _ in strays += 1 }
      #expect(strays == 0, "another identifier's socket sees none of them")
    }
  }

  /// The way in clear is a default route by another link. IPv4 takes the destination for a
  /// neighbour on the link, IPv6 knows of none.
  @Test func noRouteThroughTheLinkIsNoWayInClear() throws {
    try inNewNamespace {
      let (index, pid) = try Self.makePeer()
      defer { _ = try? run("kill \(pid)") }
      try run(
        """
        ip link add clear type veth peer name far && ip link set clear up &&
        ip link set far up && ip address add 2001:db8:2::1/64 dev clear nodad && ip -6 route add default dev clear
        """)
      let socket = try ProbeSocket(family: .ipv6, identifier: 0x7a01)
      let near = try #require(IPAddress("2001:db8:1::2"))
      let far = try #require(IPAddress("2001:db8:3::1"))
      let source = try #require(IPAddress("2001:db8:1::1"))
      let probes = [far, near, far].map {
        OutgoingProbe(
          destination: $0, source: source, linkIndex: index, sequence: 1, payload: [1, 2, 3])
      }
      #expect(socket.send(probes) == [ENETUNREACH, 0, ENETUNREACH])
    }
  }

  @Test func eachProbeHasItsOwnResult() throws {
    try inNewNamespace {
      let (index, pid) = try Self.makePeer()
      defer { _ = try? run("kill \(pid)") }
      var socket = try ProbeSocket(family: .ipv4, identifier: 0x7a01)
      let good = OutgoingProbe(
        destination: IPAddress(10, 0, 0, 2), linkIndex: index, sequence: 1, payload: [1, 2, 3])
      var noLink = good
      noLink.linkIndex = 4711
      var notOurs = good
      notOurs.source = IPAddress(10, 9, 9, 9)
      var wrongFamily = good
      wrongFamily.destination = IPAddress(family: .ipv6, bits: 1)
      var tooLong = good
      tooLong.payload = [UInt8](repeating: 0, count: 1501)
      let results = socket.send([good, noLink, good, notOurs, wrongFamily, tooLong, good])
      #expect(results == [0, ENODEV, 0, results[3], EAFNOSUPPORT, EMSGSIZE, 0])
      #expect(results[3] != 0)
      #expect(try Self.receive(&socket, 3).count == 3)
    }
  }
}

@Suite struct ReactorTests {
  @Test func epollReportsTagsAndTimesOut() throws {
    var ends: [Int32] = [0, 0]
    #expect(unsafe pipe(&ends) == 0)
    let epoll = vpa_epoll_open()
    #expect(epoll >= 0)
    defer { for fd in ends + [epoll] { close(fd) } }
    var ready = [vpa_ready](repeating: vpa_ready(), count: 100)
    #expect(vpa_epoll_watch(epoll, ends[0], 42, true, false) == 0)
    #expect(unsafe vpa_epoll_wait(epoll, &ready, 100, 1_000_000) == 0)
    #expect(unsafe write(ends[1], [1], 1) == 1)
    #expect(unsafe vpa_epoll_wait(epoll, &ready, 100, -1) == 1)
    #expect(ready[0].tag == 42 && ready[0].readable && !ready[0].writable)
    #expect(vpa_epoll_watch(epoll, ends[0], 43, true, false) == 0)
    #expect(unsafe vpa_epoll_wait(epoll, &ready, 100, 0) == 1)
    #expect(ready[0].tag == 43)
    #expect(vpa_epoll_forget(epoll, ends[0]) == 0)
    #expect(unsafe vpa_epoll_wait(epoll, &ready, 100, 0) == 0)
    #expect(vpa_epoll_forget(epoll, ends[0]) == -ENOENT)
  }

  @Test func signalsAreReadFromADescriptor() throws {
    let signals = [SIGUSR2]
    let fd = unsafe vpa_signals_open(signals, signals.count)
    #expect(fd >= 0)
    defer { close(fd) }
    #expect(vpa_signals_next(fd) == 0)
    #expect(pthread_kill(pthread_self(), SIGUSR2) == 0)
    #expect(vpa_signals_next(fd) == SIGUSR2)
    #expect(vpa_signals_next(fd) == 0)
  }
}
