import CShims
import Glibc
import Testing
import TunnelCore

@testable import LinuxEdge

@Suite struct NetlinkBuildTests {
  @Test(arguments: [true, false]) func expireIsTheDumpedSAWithItsMark(isHard: Bool) {
    let dumped = NetlinkGolden.newSA
    let request = built { unsafe vpa_build_sa_expire($0, $1, dumped, dumped.count, isHard) }
    let header = hex(
      """
      04010000 1800 0100 | nlmsg_len 260, XFRM_MSG_EXPIRE, NLM_F_REQUEST
      00000000 00000000  | sequence and port, set when it is sent
      """)
    let hard = hex("\(isHard ? "01" : "00") 00000000000000")
    #expect(request == header + NetlinkGolden.info + hard + NetlinkGolden.mark)
  }

  @Test func expireNeedsAnSA() {
    let other = NetlinkGolden.deletedSA
    #expect(built { unsafe vpa_build_sa_expire($0, $1, other, other.count, true) } == nil)
  }

  @Test func getSA() {
    var key = vpa_sa_key(NetlinkDecodeTests.key)
    #expect(
      built { unsafe vpa_build_sa_get($0, $1, &key) }
        == hex(
          """
          34000000 1200 0100 00000000 00000000 | XFRM_MSG_GETSA
          c6336402 00000000 00000000 00000000  | daddr
          c0de0001 0200 32 00                  | spi, family, proto, padding
          0c00 1500 42000000 ffffffff          | XFRMA_MARK
          """))
  }

  @Test(arguments: [
    (true, "0500 1000 05 000000 0500 1100 01 000000"),  // IFLA_OPERSTATE, IFLA_LINKMODE: DORMANT
    (false, "0500 1000 06 000000 0500 1100 00 000000"),  // UP, DEFAULT
  ])
  func linkState(dormant: Bool, attributes: String) {
    #expect(
      built { unsafe vpa_build_link_state($0, $1, 5, dormant) }
        == hex(
          """
          30000000 1300 0100 00000000 00000000 | RTM_SETLINK
          00 00 0000 05000000 00000000 00000000 | ifinfomsg: index 5, flags and change 0
          """) + hex(attributes))
  }

  @Test func unreachableRoute() {
    let destination = IPPrefix(IPAddress(10, 2, 0, 0), length: 16)
    var route = vpa_route(
      .init(table: 1000, destination: destination, metric: 9), kind: .unreachable,
      routeProtocol: 77, scope: 0, linkIndex: 0)
    #expect(
      built { unsafe vpa_build_route($0, $1, &route, true) }
        == hex(
          """
          34000000 1800 0106 00000000 00000000 | RTM_NEWROUTE, NLM_F_REQUEST | EXCL | CREATE
          02 10 00 00 00 4d 00 07 00000000     | AF_INET, /16, protocol 77, RTN_UNREACHABLE
          0800 0100 0a020000                   | RTA_DST
          0800 0f00 e8030000                   | RTA_TABLE 1000
          0800 0600 09000000                   | RTA_PRIORITY 9
          """))
  }

  @Test func replayIsTheBodyUnderANewHeader() {
    let body = NetlinkGolden.routeReplay
    let flags: [(vpa_change, String)] = [
      (VPA_CHANGE_ADD, "1800 010c | REQUEST, CREATE | APPEND"),
      (VPA_CHANGE_REPLACE, "1800 0105 | REQUEST, CREATE | REPLACE"),
      (VPA_CHANGE_DELETE, "1900 0100 | RTM_DELROUTE"),
    ]
    for (change, text) in flags {
      let request = built {
        unsafe vpa_build_route_request($0, $1, body, body.count, change, nil, 0)
      }
      #expect(request == hex("44000000") + hex(text) + hex("00000000 00000000") + body)
    }
  }

  @Test func everyBuilderSaysWhenThereIsNoRoom() {
    var key = vpa_sa_key(NetlinkDecodeTests.key)
    let dumped = NetlinkGolden.newSA
    for capacity in 0..<40 {
      #expect(built(capacity: capacity) { unsafe vpa_build_sa_get($0, $1, &key) } == nil)
      #expect(
        built(capacity: capacity) { unsafe vpa_build_sa_expire($0, $1, dumped, dumped.count, true) }
          == nil)
      #expect(built(capacity: capacity) { unsafe vpa_build_link_state($0, $1, 5, true) } == nil)
    }
  }
}
