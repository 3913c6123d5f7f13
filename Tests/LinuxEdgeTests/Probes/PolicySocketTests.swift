// Probe sockets whose policies name the SAs. Without ESP the kernel can still refuse: it must.
import Glibc
import Testing
import TunnelCore

@testable import LinuxEdge

@Suite(.enabled(if: canMakeNamespaces, "needs root to make network namespaces"))
struct PolicySocketTests {
  static let ends = [("10.0.0.1", "10.0.0.2"), ("2001:db8:1::1", "2001:db8:1::2")]

  static func path(_ near: String, _ far: String, reqid: UInt32 = 7) throws -> PolicySocket.Path {
    let (near, far) = (try #require(IPAddress(near)), try #require(IPAddress(far)))
    return PolicySocket.Path(
      source: near, destination: far, set: SASetKey(local: near, remote: far, reqid: reqid))
  }

  static func counter(_ name: String) throws -> Int {
    Int(try run("awk '$1 == \"\(name)\" { print $2 }' /proc/net/xfrm_stat").filter(\.isNumber))
      ?? -1
  }

  @Test(arguments: ends) func withoutAnSANothingLeaves(near: String, far: String) throws {
    try inNewNamespace {
      let (_, pid) = try ProbeSocketTests.makePeer()
      defer { _ = try? run("kill \(pid)") }
      try run("ping -c 1 -W 5 \(far)")
      // Echo requests that the peer has received; `ping` sent one.
      let arrived = {
        try run(
          """
          nsenter -n -t \(pid) awk '/^Icmp: [0-9]/ { n += $10 } /^Icmp6InEchos / { n += $2 }
            END { print n }' /proc/net/snmp /proc/net/snmp6
          """)
      }
      #expect(try arrived() == "1\n")
      let path = try Self.path(near, far)
      var sockets = try PolicySockets(identifier: 0x7b01)
      for sequence in UInt16(0)..<20 {
        let probe = OutgoingProbe(
          destination: path.destination, source: path.source, linkIndex: 0, sequence: sequence,
          payload: [1, 2, 3])
        #expect(sockets.send(probe, of: MonitorID(rawValue: 1), through: path.set) == EAGAIN)
      }
      #expect(try arrived() == "1\n")
      #expect(try !run("ip xfrm policy").contains("reqid 7"), "none is left open")
    }
  }

  @Test func addressesThatAreNotOursAreRefused() throws {
    try inNewNamespace {
      #expect(throws: EdgeError.self) {
        _ = try PolicySocket(Self.path("10.9.9.9", "10.0.0.2"), identifier: 1)
      }
      var mixed = try Self.path("10.0.0.1", "10.0.0.2")
      mixed.destination = IPAddress(family: .ipv6, bits: 1)
      #expect { _ = try PolicySocket(mixed, identifier: 1) } throws: {
        ($0 as? EdgeError)?.errno == EAFNOSUPPORT
      }
    }
  }
}

/// What needs ESP: the lab's kernel.
@Suite(.enabled(if: hasTunnels, "needs a kernel with ESP, VTI and XFRM interfaces, and root"))
struct PolicySocketTunnelTests {
  static let families = [
    ("10.1.0.1", "10.2.0.1", "10.0.0.1", "10.0.0.2"),
    ("fd01::1", "fd02::1", "2001:db8:1::1", "2001:db8:1::2"),
    ("10.1.0.1", "10.2.0.1", "2001:db8:1::1", "2001:db8:1::2"),
    ("fd01::1", "fd02::1", "10.0.0.1", "10.0.0.2"),
  ]

  /// Both ends' SAs, addresses and routes, and the far end's policies.
  static func lay(_ near: String, _ far: String, _ local: String, _ remote: String, _ pid: String)
    throws
  {
    let key = "aead 'rfc4106(gcm(aes))' 0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 128"
    let sas = [("0x100", local, remote), ("0x101", remote, local)].map { spi, from, to in
      "ip xfrm state add src \(from) dst \(to) proto esp spi \(spi) reqid 7 mode tunnel "
        + "flag af-unspec \(key)"
    }.joined(separator: " && ")
    let isIPv6 = near.contains(":")
    let (nearGateway, farGateway) =
      isIPv6 ? ("2001:db8:1::2", "2001:db8:1::1") : ("10.0.0.2", "10.0.0.1")
    func policy(_ direction: String, _ from: String, _ to: String, _ ends: String) -> String {
      "ip xfrm policy add src \(from) dst \(to) dir \(direction) "
        + "tmpl \(ends) proto esp reqid 7 mode tunnel"
    }
    try run("ip address add \(near) dev lo && ip route add \(far) via \(nearGateway) && \(sas)")
    let there = [
      "ip link set lo up", "ip address add \(far) dev lo",
      "ip route add \(near) via \(farGateway)", sas,
      policy("in", near, far, "src \(local) dst \(remote)"),
      policy("out", far, near, "src \(remote) dst \(local)"),
    ].joined(separator: " && ")
    try run("nsenter -n -t \(pid) sh -c \"\(there)\"")
  }

  @Test(arguments: families) func repliesCountOnlyThroughTheSAs(
    near: String, far: String, local: String, remote: String
  ) throws {
    try inNewNamespace {
      let (_, pid) = try ProbeSocketTests.makePeer()
      defer { _ = try? run("kill \(pid)") }
      try Self.lay(near, far, local, remote, pid)
      var path = try PolicySocketTests.path(near, far)
      path.set.local = try #require(IPAddress(local))
      path.set.remote = try #require(IPAddress(remote))
      var sockets = try PolicySockets(identifier: 0x7b01)
      let probe = OutgoingProbe(
        destination: path.destination, source: path.source, linkIndex: 0, sequence: 1,
        payload: Array(0..<100))
      #expect(sockets.send(probe, of: MonitorID(rawValue: 5), through: path.set) == 0)
      try awaitReadable(sockets.descriptor)
      var replies: [[UInt8]] = []
      sockets.receive { owner, set, reply, bytes, start in
        #expect(owner == MonitorID(rawValue: 5) && set == path.set)
        replies.append(Array(bytes[start..<start + Int(reply.payload_length)]))
      }
      #expect(replies == [probe.payload])

      // In clear, which this end's own policies, having none, would let pass.
      try run("nsenter -n -t \(pid) ip xfrm policy delete src \(far) dst \(near) dir out")
      let before = try PolicySocketTests.counter("XfrmInTmplMismatch")
      #expect(sockets.send(probe, of: MonitorID(rawValue: 5), through: path.set) == 0)
      for _ in 0..<100 where try PolicySocketTests.counter("XfrmInTmplMismatch") == before {
        usleep(50_000)
      }
      #expect(try PolicySocketTests.counter("XfrmInTmplMismatch") > before)
      sockets.receive { _, _, _, _, _ in Issue.record("a reply in clear") }

      // The set moves to SAs that are not there: another socket, and nothing is sent.
      path.set.reqid = 8
      #expect(sockets.send(probe, of: MonitorID(rawValue: 5), through: path.set) == EAGAIN)
      #expect(try !run("ip xfrm policy").contains("reqid 7"), "the old socket is closed")
    }
  }

  @Test func thousandsOfSetsHaveASocketEach() throws {
    try inNewNamespace {
      let (_, pid) = try ProbeSocketTests.makePeer()
      defer { _ = try? run("kill \(pid)") }
      try Self.lay("10.1.0.1", "10.2.0.1", "10.0.0.1", "10.0.0.2", pid)
      // A reply would go to every socket, for they have the same addresses.
      try run("nsenter -n -t \(pid) ip route delete 10.1.0.1")
      var path = try PolicySocketTests.path("10.1.0.1", "10.2.0.1")
      (path.set.local, path.set.remote) = (IPAddress(10, 0, 0, 1), IPAddress(10, 0, 0, 2))
      var sockets = try PolicySockets(identifier: 0x7b01)
      let probe = OutgoingProbe(
        destination: path.destination, source: path.source, linkIndex: 0, sequence: 1, payload: [])
      for number in 1...2000 {
        let monitor = MonitorID(rawValue: UInt32(number))
        try #require(sockets.send(probe, of: monitor, through: path.set) == 0, "number \(number)")
      }
      for number in 1...2000 { sockets.close(MonitorID(rawValue: UInt32(number))) }
      #expect(try !run("ip xfrm policy").contains("reqid 7"))
    }
  }

  @Test func anOwnLinkIsMadeUnaddressedAndDeleted() throws {
    try inNewNamespace {
      let requests = try KernelRequests()
      try run("sysctl -qw net.ipv4.conf.default.rp_filter=1 net.ipv4.ip_forward=1")
      try requests.makeProbeLink("vpa2a", ifID: 42)
      let link = try #require(try requests.dumpLinks().first { $0.name == "vpa2a" })
      #expect(link.isOwn && link.isAdminUp && link.kind == .xfrm(ifID: 42))
      #expect(try !requests.dumpAddresses().contains { $0.linkIndex == link.index })
      let settings = try run("cd /proc/sys/net/ipv4/conf/vpa2a && cat rp_filter forwarding")
      #expect(settings == "0\n0\n")
      #expect { try requests.makeProbeLink("vpa2b", ifID: 42) } throws: {
        ($0 as? EdgeError)?.isAlreadyThere == true
      }
      #expect(try requests.dumpLinks().count { $0.isOwn } == 1)
      try requests.deleteLink(link.index)
      try requests.deleteLink(link.index)
      #expect(try !requests.dumpLinks().contains { $0.isOwn })
    }
  }
}
