import CShims
import Glibc
import Testing
import TunnelCore

@testable import LinuxEdge

/// The decoders as the sockets use them.
func decode(_ netlink: vpa_netlink_protocol, _ bytes: [UInt8]) -> (Int32, KernelEvent?) {
  var event = vpa_event()
  let result = unsafe vpa_decode(netlink, bytes, bytes.count, &event)
  guard result == 1 else { return (result, nil) }
  let replay =
    built { unsafe vpa_build_route_replay($0, $1, bytes, bytes.count) }
    ?? built { unsafe vpa_build_nexthop_replay($0, $1, bytes, bytes.count) }
  return (result, KernelEvent(event, replay: { replay ?? [] }))
}

func decodeXfrm(_ bytes: [UInt8]) -> KernelEvent? { decode(VPA_NETLINK_XFRM, bytes).1 }
func decodeRoute(_ bytes: [UInt8]) -> KernelEvent? { decode(VPA_NETLINK_ROUTE, bytes).1 }

@Suite struct NetlinkDecodeTests {
  static let near = IPAddress(192, 0, 2, 1)
  static let far = IPAddress(198, 51, 100, 2)
  static let key = SAKey(
    destination: far, spi: 0xc0de_0001, mark: Mark(value: 0x42, mask: 0xffff_ffff))
  static let sa = living(
    SecurityAssociation(
      key: key, source: near, reqid: 7, ifID: 9, direction: .outbound,
      encapsulation: .init(sourcePort: 4500, destinationPort: 4501), packets: 100, bytes: 9600,
      addedAt: 1_710_612_736))

  static func living(_ sa: SecurityAssociation) -> SecurityAssociation {
    var sa = sa
    sa.lifetime = .init(hardSeconds: 3600, softBytes: 1_000_000_000)
    sa.replayWindow = 32
    return sa
  }

  static var extended: SecurityAssociation {
    var sa = Self.sa
    sa.replayWindow = 128
    sa.hasExtendedSequence = true
    return sa
  }

  static var larval: SecurityAssociation {
    var sa = living(
      SecurityAssociation(
        key: key, source: near, reqid: 7, algorithms: [], isLarval: true, packets: 100,
        bytes: 9600, addedAt: 1_710_612_736))
    sa.direction = nil
    return sa
  }

  @Test(arguments: [
    (NetlinkGolden.newSA, KernelEvent.sa(sa)),
    (NetlinkGolden.updatedSA, .sa(sa)),
    (NetlinkGolden.newSAWithESN, .sa(extended)),
    (NetlinkGolden.larvalSA, .sa(larval)),
    (NetlinkGolden.deletedSA, .saDeleted(key, SACounts(packets: 100, bytes: 9600))),
    (NetlinkGolden.expiredSA, .saExpired(key, SACounts(packets: 100, bytes: 9600))),
    (NetlinkGolden.flushedSAs, .saFlushed(ipProtocol: 50)),
  ])
  func securityAssociations(bytes: [UInt8], event: KernelEvent) {
    #expect(decodeXfrm(bytes) == event)
  }

  @Test func countersOfAnSA() throws {
    let errors = ESPErrors(outsideWindow: 3, replayed: 2, integrity: 1)
    guard case .sa(let sa) = try #require(decodeXfrm(NetlinkGolden.countedSA)) else {
      throw Failure("expected an SA")
    }
    #expect(
      sa.counts
        == SACounts(packets: 100, bytes: 9600, errors: errors, lastUsed: 1_710_612_741))
    #expect(sa.lifetime.softPackets == 5_000_000 && sa.lifetime.hardPackets == 5_000_000)
    let gone = SAKey(destination: Self.far, spi: 0xc0de_0001)
    #expect(
      decodeXfrm(NetlinkGolden.countedSADeleted)
        == .saDeleted(gone, SACounts(packets: 100, bytes: 9600, errors: errors)))
    #expect(decodeXfrm(NetlinkGolden.deletedWithoutCounts) == .saDeleted(gone, nil))
  }

  /// They are the IKE daemon's.
  @Test(arguments: [NetlinkGolden.agedSA, PolicyGolden.aged])
  func softExpiriesAreNoEvents(bytes: [UInt8]) {
    #expect(decode(VPA_NETLINK_XFRM, bytes) == (1, nil))
  }

  static func link(_ kind: Link.Kind) -> Link {
    Link(
      index: 5, name: "vti-b", kind: kind, isAdminUp: true, operationalState: .dormant,
      isLinkModeDormant: true, mtu: 1480)
  }

  @Test(arguments: [
    (
      NetlinkGolden.vti,
      Link.Kind.vti(local: near, remote: far, inputKey: 0x2a, outputKey: 0x1000_0002)
    ),
    (
      NetlinkGolden.vti6,
      .vti(
        local: IPAddress(family: .ipv6, bits: 0x2001_0db8 << 96 | 1),
        remote: IPAddress(family: .ipv6, bits: 0x2001_0db8 << 96 | 2), inputKey: 42, outputKey: 42)
    ),
    (NetlinkGolden.xfrm, .xfrm(ifID: 9)),
    (
      NetlinkGolden.link(NetlinkGolden.linkBasics + NetlinkGolden.linkInfo("veth", [])),
      .other("veth")
    ),
    (NetlinkGolden.link(NetlinkGolden.linkBasics), .other("")),
  ])
  func links(bytes: [UInt8], kind: Link.Kind) {
    #expect(decodeRoute(bytes) == .link(Self.link(kind)))
  }

  @Test func vrfAndWhatBelongsToIt() {
    // IFLA_INFO_DATA: IFLA_VRF_TABLE 100.
    let data = NetlinkGolden.linkInfo("vrf", hex("0800 0100 64000000"))
    var vrf = Self.link(.other("vrf"))
    vrf.vrfTable = 100
    #expect(decodeRoute(NetlinkGolden.link(NetlinkGolden.linkBasics + data)) == .link(vrf))
    // IFLA_MASTER 9.
    let master = NetlinkGolden.linkBasics + hex("0800 0a00 09000000")
    var slave = Self.link(.other(""))
    slave.master = 9
    #expect(decodeRoute(NetlinkGolden.link(master)) == .link(slave))
  }

  /// IFLA_LINK 3: `ip link add ... type vti ... dev wan`.
  @Test func vtiBoundToADevice() {
    var bound = Self.link(.other(""))
    bound.boundTo = 3
    let bytes = NetlinkGolden.link(NetlinkGolden.linkBasics + hex("0800 0500 03000000"))
    #expect(decodeRoute(bytes) == .link(bound))
  }

  /// IFLA_LINK_NETNSID (37): the link was moved here from namespace 0; `ip -d link` shows
  /// `link-netnsid 0`.
  @Test func linkOfAnotherNamespace() {
    var moved = Self.link(.other(""))
    moved.hasSAsElsewhere = true
    let bytes = NetlinkGolden.link(NetlinkGolden.linkBasics + hex("0800 2500 00000000"))
    #expect(decodeRoute(bytes) == .link(moved))
  }

  @Test func linkDeletion() {
    #expect(decodeRoute(NetlinkGolden.link([], type: 17)) == .linkDeleted(index: 5))
  }

  @Test func leavingABridgeIsNoDeletion() {
    #expect(decode(VPA_NETLINK_ROUTE, NetlinkGolden.link([], type: 17, family: 7)) == (0, nil))
  }

  @Test(arguments: [
    (
      NetlinkGolden.peerAddress,
      InterfaceAddress(
        linkIndex: 5, address: IPAddress(10, 0, 0, 1), prefixLength: 32,
        peer: IPAddress(10, 0, 0, 2))
    ),
    (
      NetlinkGolden.address6,
      InterfaceAddress(
        linkIndex: 5, address: IPAddress(family: .ipv6, bits: 0x2001_0db8_0001 << 80 | 1),
        prefixLength: 64)
    ),
  ])
  func addresses(bytes: [UInt8], address: InterfaceAddress) {
    #expect(decodeRoute(bytes) == .address(address))
  }

  @Test func route() {
    let destination = IPPrefix(IPAddress(10, 2, 0, 0), length: 16)
    let expected = Route(
      identity: .init(table: 1000, destination: destination, metric: 50), scope: 0,
      legs: [.init(linkIndex: 5, gateway: IPAddress(10, 0, 0, 2))],
      message: NetlinkGolden.routeReplay)
    #expect(decodeRoute(NetlinkGolden.route) == .route(expected))
  }

  @Test(arguments: [
    attribute(9, (0..<33).flatMap { _ in hex("0800 00 00 05000000 | RTA_MULTIPATH, 33 legs") }),
    attribute(
      12,
      withBytes(of: 0) + withBytes(of: 0) + withBytes(of: 6000)  // rta_expires
        + [UInt8](repeating: 0, count: 20)),
  ])
  func routesThatCannotBeReplayed(extra: [UInt8]) {
    let header = hex("02 10 00 00 fe 03 00 01 00000000")
    guard case .route(let route, _) = decodeRoute(message(24, header + extra)) else {
      Issue.record("not a route")
      return
    }
    #expect(!route.isReplayable)
  }

  @Test(arguments: [
    hex("02 20 00 00 fe 00 00 01 00020000 | RTM_F_CLONED"),
    hex("02 20 00 00 ff 02 fe 02 00000000 | table 255"),
    hex("80 20 00 00 fe 00 00 01 00000000 | RTNL_FAMILY_IPMR"),
  ])
  func routesThatDoNotConcernUs(header: [UInt8]) {
    #expect(decode(VPA_NETLINK_ROUTE, message(24, header)) == (0, nil))
  }

  @Test func noKeyIsCopied() {
    var event = vpa_event()
    let bytes = NetlinkGolden.newSA
    #expect(unsafe vpa_decode(VPA_NETLINK_XFRM, bytes, bytes.count, &event) == 1)
    let copied = unsafe withUnsafeBytes(of: &event) { unsafe Array($0) }
    #expect(!copied.contains(0xaa))
    let expire = built { unsafe vpa_build_sa_expire($0, $1, bytes, bytes.count, true) }
    #expect(expire?.contains(0xaa) == false)
  }

  @Test func libnlReadsTheSame() throws {
    var event = vpa_event()
    var opinion = vpa_sa()
    let bytes = NetlinkGolden.newSA
    #expect(unsafe vpa_decode(VPA_NETLINK_XFRM, bytes, bytes.count, &event) == 1)
    #expect(unsafe vpa_testing_libnl_decode_sa(bytes, bytes.count, &opinion) == 0)
    // What libnl-xfrm does not know.
    opinion.if_id = event.sa.if_id
    opinion.direction = event.sa.direction
    opinion.has_encap = event.sa.has_encap
    opinion.encap_source_port = event.sa.encap_source_port
    opinion.encap_destination_port = event.sa.encap_destination_port
    #expect(SecurityAssociation(event.sa) == SecurityAssociation(opinion))
  }
}
