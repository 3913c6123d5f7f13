// What needs a kernel with ESP, VTI and XFRM interfaces: the lab's.
import Glibc
import Testing
import TunnelCore

@testable import LinuxEdge

/// The command that adds an ESP SA with this SPI.
func addSA(_ spi: String, _ rest: String = "") -> String {
  """
  ip xfrm state add src 192.0.2.1 dst 198.51.100.2 proto esp spi \(spi) reqid 7 mode tunnel \
  aead 'rfc4106(gcm(aes))' 0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 128 \(rest)
  """
}

/// Whether the running kernel has ESP, VTI and XFRM interfaces; tried for real.
let hasTunnels =
  canMakeNamespaces
  && (try? inNewNamespace {
    try run(
      """
      ip link add v type vti local 192.0.2.1 remote 192.0.2.2 key 42 &&
      ip link add x type xfrm dev lo if_id 42 && \(addSA("0x100"))
      """)
  }) != nil

@Suite(.enabled(if: hasTunnels, "needs a kernel with ESP, VTI and XFRM interfaces, and root"))
struct NetlinkTunnelTests {
  static let near = IPAddress(192, 0, 2, 1)
  static let far = IPAddress(198, 51, 100, 2)

  static func drain(_ events: inout XfrmEvents) -> [KernelEvent] {
    var seen: [KernelEvent] = []
    #expect(events.read { seen.append($0) } == .drained)
    return seen
  }

  /// An event without the time and use that differ between two looks.
  static func timeless(_ event: KernelEvent) -> KernelEvent {
    guard case .sa(var sa) = event else { return event }
    sa.addedAt = 0
    return .sa(sa)
  }

  @Test func securityAssociationIsSeenAndExpired() throws {
    try inNewNamespace {
      var events = try XfrmEvents()
      let requests = try KernelRequests()
      let mark = Mark(value: 0x42, mask: 0xffff_ffff)
      let key = SAKey(destination: Self.far, spi: 0xc0de_0001, mark: mark)
      try run(
        addSA("0xc0de0001", "mark 0x42 if_id 9 encap espinudp 4500 4501 0.0.0.0"))
      let expected = SecurityAssociation(
        key: key, source: Self.near, reqid: 7, ifID: 9,
        encapsulation: .init(sourcePort: 4500, destinationPort: 4501))
      #expect(Self.drain(&events).map(Self.timeless) == [.sa(expected)])
      let sa = try #require(try requests.securityAssociation(key))
      #expect(Self.timeless(.sa(sa)) == .sa(expected) && sa.addedAt > 1_600_000_000)
      #expect(try requests.dumpSAs() == [sa])
      #expect(try requests.expire(key, checking: sa) == .expired)
      #expect(Self.drain(&events).first == .saExpired(key, SACounts()))
      #expect(try requests.expire(key, checking: sa) == .gone)
      #expect(try requests.dumpSAs().isEmpty)
    }
  }

  @Test func legacyAlgorithmsAreNamed() throws {
    try inNewNamespace {
      let requests = try KernelRequests()
      try run(
        """
        ip xfrm state add src 2001:db8::1 dst 2001:db8::2 proto esp spi 0x200 reqid 8 mode tunnel \
        enc 'cbc(aes)' 0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa \
        auth-trunc 'hmac(sha256)' 0xbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb 128
        """)
      let sa = try #require(try requests.dumpSAs().first)
      #expect(sa.algorithms.map(\.description) == ["aes-cbc-128", "hmac-sha256"])
      #expect(!sa.isLarval && sa.encapsulation == nil && sa.key.mark == nil)
    }
  }

  @Test func deletionOfAUsedSAKeepsItsMark() throws {
    try inNewNamespace {
      var events = try XfrmEvents()
      let requests = try KernelRequests()
      let mark = Mark(value: 0x42, mask: 0xff)
      let key = SAKey(destination: Self.far, spi: 0x300, mark: mark)
      // libnl-xfrm 3.7.0 reads a garbage mark from this one's DELSA.
      try run(addSA("0x300", "mark 0x42 mask 0xff replay-window 32 replay-seq 0xdead"))
      _ = Self.drain(&events)
      try requests.delete(key)
      #expect(Self.drain(&events) == [.saDeleted(key, SACounts())])
    }
  }

  static let links = [
    (
      "vti local 192.0.2.1 remote 198.51.100.2 ikey 42 okey 268435458",
      Link.Kind.vti(local: near, remote: far, inputKey: 42, outputKey: 0x1000_0002)
    ),
    (
      "vti6 local 2001:db8::1 remote 2001:db8::2 key 42",
      .vti(
        local: IPAddress(family: .ipv6, bits: 0x2001_0db8 << 96 | 1),
        remote: IPAddress(family: .ipv6, bits: 0x2001_0db8 << 96 | 2), inputKey: 42, outputKey: 42)
    ),
    ("xfrm dev lo if_id 9", .xfrm(ifID: 9)),
  ]

  @Test(arguments: links) func tunnelLinkIsReadHeldAndOpened(how: String, kind: Link.Kind) throws {
    try inNewNamespace {
      var events = try RouteEvents()
      let requests = try KernelRequests()
      try run("ip address add 192.0.2.1/32 dev lo && ip address add 2001:db8::1/128 dev lo nodad")
      try run("ip link add tun type \(how) && ip address add 10.0.0.1/30 dev tun")
      let index = unsafe Int32(if_nametoindex("tun"))
      let find = { (links: [Link]) in links.first { $0.index == index } }
      #expect(find(try requests.dumpLinks())?.kind == kind)
      // Held before the first admin up.
      try requests.setOperationalState(link: index, dormant: true)
      try run("ip link set tun up && ip route add 10.2.0.0/16 via 10.0.0.2 dev tun")
      let held = try #require(find(try requests.dumpLinks()))
      #expect(held.operationalState == .dormant && held.isLinkModeDormant && held.isAdminUp)
      let route = try #require(try NetlinkRouteTests.route(requests, "10.2.0.0/16"))
      try requests.deleteRoute(route)
      try requests.addUnreachable(
        .init(table: 254, destination: route.identity.destination, metric: .max), routeProtocol: 77)
      try requests.setOperationalState(link: index, dormant: false)
      let open = try #require(find(try requests.dumpLinks()))
      #expect(open.operationalState == .up && !open.isLinkModeDormant && open.kind == kind)
      try requests.addRoute(replaying: route)
      #expect(try NetlinkRouteTests.route(requests, "10.2.0.0/16") == route)
      var seen: [KernelEvent] = []
      #expect(events.read { seen.append($0) } == .drained)
      #expect(seen.contains(.link(held)) && seen.contains(.link(open)))
    }
  }
}
