import CShims
import Testing
import TunnelCore

@testable import LinuxEdge

/// Requests about the agent's own XFRM interfaces, byte by byte.
@Suite struct OwnLinkBuildTests {
  static let name = hex("0a00 0300 76706132 6100 0000")  // IFLA_IFNAME "vpa2a"

  @Test func xfrmLink() {
    #expect(
      built { unsafe vpa_build_xfrm_link($0, $1, "vpa2a", 42) }
        == hex(
          """
          48000000 1000 0106 00000000 00000000  | RTM_NEWLINK, NLM_F_REQUEST | EXCL | CREATE
          00 00 0000 00000000 00000000 00000000 | ifinfomsg
          """) + Self.name
        + hex(
          """
          1c00 1280                    | IFLA_LINKINFO
            0900 0100 7866726d00 000000 | IFLA_INFO_KIND "xfrm"
            0c00 0280                  | IFLA_INFO_DATA
              0800 0200 2a000000       | IFLA_XFRM_IF_ID 42
          """))
  }

  @Test func withoutLinkLocalAddress() {
    #expect(
      built { unsafe vpa_build_link_unaddressed($0, $1, "vpa2a") }
        == hex(
          """
          3c000000 1300 0100 00000000 00000000  | RTM_SETLINK
          00 00 0000 00000000 00000000 00000000 | ifinfomsg: flags and change 0
          """) + Self.name
        + hex(
          """
          1000 1a80              | IFLA_AF_SPEC
            0c00 0a80            | AF_INET6
              0500 0800 01 000000 | IFLA_INET6_ADDR_GEN_MODE none
          """))
  }

  @Test func upForProbesAlone() {
    #expect(
      built { unsafe vpa_build_link_for_probes($0, $1, "vpa2a") }
        == hex(
          """
          48000000 1300 0100 00000000 00000000  | RTM_SETLINK
          00 00 0000 00000000 01000000 01000000 | ifinfomsg: IFF_UP
          """) + Self.name
        + hex(
          """
          1c00 1a80              | IFLA_AF_SPEC
            1800 0280            | AF_INET
              1400 0180          | IFLA_INET_CONF
                0800 0100 00000000 | IPV4_DEVCONF_FORWARDING off
                0800 0800 00000000 | IPV4_DEVCONF_RP_FILTER off
          """))
  }

  @Test func ruleThatNothingIsForwarded() {
    let rule = ProbeRule(link: "vpa2a", purpose: .dropsForwarded)
    var wanted = vpa_rule(rule)
    let bytes = built { unsafe vpa_build_rule($0, $1, &wanted, true) }
    #expect(
      bytes
        == hex(
          """
          38000000 2000 0106 00000000 00000000  | RTM_NEWRULE, NLM_F_REQUEST | EXCL | CREATE
          0a 00 00 00 00 00 00 06 00000000      | fib_rule_hdr: AF_INET6, FR_ACT_BLACKHOLE
          0a00 0300 76706132 6100 0000          | FRA_IIFNAME "vpa2a"
          0800 0600 fa000000                    | FRA_PRIORITY 250
          0500 1500 fa 000000                   | FRA_PROTOCOL 250
          """))
    #expect(decodeRoute(bytes ?? []) == .rule(rule))
  }

  @Test func ruleThatFindsProbeRoutes() {
    var wanted = vpa_rule(ProbeRule(link: "vpa2a"))
    let bytes = built { unsafe vpa_build_rule($0, $1, &wanted, true) }
    #expect(
      bytes
        == hex(
          """
          40000000 2000 0106 00000000 00000000  | RTM_NEWRULE
          0a 00 00 00 fa 00 00 01 00000000      | AF_INET6, table 250, FR_ACT_TO_TBL
          0a00 1100 76706132 6100 0000          | FRA_OIFNAME "vpa2a"
          0800 0f00 fa000000                    | FRA_TABLE 250
          0800 0600 fa000000                    | FRA_PRIORITY 250
          0500 1500 fa 000000                   | FRA_PROTOCOL 250
          """))
    #expect(decodeRoute(bytes ?? []) == .rule(ProbeRule(link: "vpa2a")))
  }

  @Test func deletion() {
    #expect(
      built { unsafe vpa_build_link_delete($0, $1, 5) }
        == hex(
          """
          20000000 1100 0100 00000000 00000000  | RTM_DELLINK
          00 00 0000 05000000 00000000 00000000 | ifinfomsg: index 5
          """))
  }

  @Test func everyBuilderSaysWhenThereIsNoRoom() {
    for capacity in 0..<60 {
      #expect(built(capacity: capacity) { unsafe vpa_build_xfrm_link($0, $1, "vpa2a", 42) } == nil)
      #expect(
        built(capacity: capacity) { unsafe vpa_build_link_unaddressed($0, $1, "vpa2a") } == nil)
      #expect(
        built(capacity: capacity) { unsafe vpa_build_link_for_probes($0, $1, "vpa2a") } == nil)
      #expect(
        built(capacity: min(capacity, 31)) { unsafe vpa_build_link_delete($0, $1, 5) } == nil)
    }
  }
}
