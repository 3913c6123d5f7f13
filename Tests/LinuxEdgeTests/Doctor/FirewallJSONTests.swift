import Doctor
import Testing
import TunnelCore

@testable import LinuxEdge

/// What `nft -j list ruleset` (nftables 1.0.6) prints, and the firewall that it is.
@Suite struct FirewallJSONTests {
  static let ruleset = """
    {"nftables": [
      {"metainfo": {"version": "1.0.6", "release_name": "Lester Gooch #5", "json_schema_version": 1}},
      {"table": {"family": "inet", "name": "filter", "handle": 4}},
      {"set": {"family": "inet", "name": "x", "table": "filter", "type": "ipv4_addr", "handle": 9}},
      {"chain": {"family": "inet", "table": "filter", "name": "in", "handle": 1,
        "type": "filter", "hook": "input", "prio": 0, "policy": "drop"}},
      {"chain": {"family": "inet", "table": "filter", "name": "sub", "handle": 2}},
      {"rule": {"family": "inet", "table": "filter", "chain": "in", "handle": 3, "expr": [
        {"vmap": {"key": {"ct": {"key": "state"}}, "data": {"set": [
          ["established", {"accept": null}], ["related", {"accept": null}],
          ["invalid", {"drop": null}]]}}}]}},
      {"rule": {"family": "inet", "table": "filter", "chain": "in", "handle": 5, "expr": [
        {"match": {"op": "==", "left": {"meta": {"key": "iifname"}}, "right": "vti0"}},
        {"match": {"op": "==", "left": {"payload": {"protocol": "icmp", "field": "type"}},
          "right": {"set": ["echo-reply", "echo-request"]}}},
        {"counter": {"packets": 0, "bytes": 0}}, {"accept": null}]}},
      {"rule": {"family": "inet", "table": "filter", "chain": "in", "handle": 6, "expr": [
        {"match": {"op": "!=", "left": {"payload": {"protocol": "ip", "field": "saddr"}},
          "right": {"prefix": {"addr": "10.2.0.0", "len": 16}}}}, {"jump": {"target": "sub"}}]}},
      {"rule": {"family": "inet", "table": "filter", "chain": "in", "handle": 7, "expr": [
        {"limit": {"rate": 10, "burst": 5, "per": "second"}}, {"accept": null}]}},
      {"rule": {"family": "inet", "table": "filter", "chain": "sub", "handle": 8, "expr": [
        {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}},
          "right": 22}}, {"log": null}, {"reject": {"type": "tcp reset"}}]}},
      {"rule": {"family": "inet", "table": "filter", "chain": "sub", "handle": 10, "expr": [
        {"match": {"op": "==", "left": {"meta": {"key": "mark"}}, "right": 7}}, {"drop": null}]}}
    ]}
    """

  @Test func chainsAndRules() throws {
    let firewall = try #require(Firewall(json: Array(Self.ruleset.utf8)))
    #expect(firewall.chains.map(\.name) == ["in", "sub"])
    let input = firewall.chains[0]
    #expect(input.hook == .input)
    #expect(input.drops)
    #expect(input.rules.map(\.handle) == [3, 3, 3, 5, 6, 7])
    #expect(
      input.rules.map(\.verdict) == [.accept, .accept, .drop, .accept, .jump("sub"), .accept])
    #expect(input.rules[0].conditions == [.state(["established"], isNegated: false)])
    #expect(
      input.rules[3].conditions == [
        .input(["vti0"], isNegated: false),
        .icmpType(["echo-reply", "echo-request"], isNegated: false),
      ])
    #expect(input.rules[4].conditions == [.source([IPPrefix("10.2.0.0/16")!], isNegated: true)])
    #expect(input.rules[5].conditions == [.unknown])
    #expect(
      firewall.chains[1].rules.map(\.conditions)
        == [[.transport(["tcp"], isNegated: false)], [.unknown]])
    #expect(firewall.chains[1].rules.map(\.verdict) == [.drop, .drop])
  }

  @Test(arguments: ["", "{}", "[]", "{\"nftables\": 1}", "nft: error"])
  func whatIsNoRuleset(text: String) {
    #expect(Firewall(json: Array(text.utf8)) == nil)
  }

  @Test func anEmptyRuleset() {
    #expect(Firewall(json: Array("{\"nftables\": []}".utf8))?.chains == [])
  }
}
