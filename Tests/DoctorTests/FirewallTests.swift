import Testing
import TunnelCore

@testable import Doctor

@Suite struct FirewallTests {
  private static func reply(_ family: IPAddress.Family = .ipv4) -> Firewall.Packet {
    Firewall.Packet(
      family: family, input: "vti0", transport: family == .ipv4 ? "icmp" : "ipv6-icmp",
      icmpType: "echo-reply", source: IPAddress(10, 2, 0, 1), isAnswer: true)
  }

  private static func rule(
    _ conditions: Firewall.Condition..., verdict: Firewall.Verdict
  ) -> Firewall.Rule {
    Firewall.Rule(handle: 1, conditions: conditions, verdict: verdict)
  }

  private static func chain(
    _ rules: Firewall.Rule..., drops: Bool = true, priority: Int = 0, family: String = "inet"
  ) -> Firewall.Chain {
    Firewall.Chain(
      family: family, table: "f", name: "in", hook: .input, priority: priority, drops: drops,
      rules: rules)
  }

  /// What a chain with the policy drop does to a reply, by one rule that would accept it.
  @Test(arguments: [
    (Firewall.Condition.input(["vti0"], isNegated: false), true),
    (.input(["vti*"], isNegated: false), true),
    (.input(["wan"], isNegated: false), false),
    (.input(["wan"], isNegated: true), true),
    (.transport(["icmp"], isNegated: false), true),
    (.transport(["tcp"], isNegated: false), false),
    (.icmpType(["echo-reply", "echo-request"], isNegated: false), true),
    (.icmpType(["echo-request"], isNegated: false), false),
    (.source([IPPrefix("10.2.0.0/16")!], isNegated: false), true),
    (.source([IPPrefix("10.2.0.0/16")!], isNegated: true), false),
    (.source([IPPrefix("2001:db8::/32")!], isNegated: true), false),
    (.state(["established", "related"], isNegated: false), true),
    (.state(["new"], isNegated: false), false),
    (.family(.ipv6, isNegated: false), false),
  ])
  func conditions(condition: Firewall.Condition, passes: Bool) {
    let chain = Self.chain(Self.rule(condition, verdict: .accept))
    let fate = Firewall([chain]).fate(of: Self.reply(), at: .input)
    #expect(fate == (passes ? .passes : .dropped(chain, nil)))
  }

  @Test func whatIsNotUnderstoodIsNotJudged() {
    let accepting = Self.chain(Self.rule(.unknown, verdict: .accept))
    #expect(Firewall([accepting]).fate(of: Self.reply(), at: .input) == .unclear)
    let dropping = Self.chain(Self.rule(.unknown, verdict: .drop), drops: false)
    #expect(Firewall([dropping]).fate(of: Self.reply(), at: .input) == .unclear)
    let map = Self.chain(Self.rule(verdict: .unknown))
    #expect(Firewall([map]).fate(of: Self.reply(), at: .input) == .unclear)
    // A rule that is about others all the same is none about this packet.
    let other = Self.chain(
      Self.rule(.unknown, .transport(["tcp"], isNegated: false), verdict: .accept))
    #expect(Firewall([other]).fate(of: Self.reply(), at: .input) == .dropped(other, nil))
  }

  @Test func jumpsReturnAndGotosDoNot() {
    let drop = Self.rule(.icmpType(["echo-reply"], isNegated: false), verdict: .drop)
    var sub = Firewall.Chain(family: "inet", table: "f", name: "sub", rules: [])
    let jumping = Self.chain(Self.rule(verdict: .jump("sub")), Self.rule(verdict: .accept))
    let going = Self.chain(Self.rule(verdict: .goto("sub")), Self.rule(verdict: .accept))
    #expect(Firewall([jumping, sub]).fate(of: Self.reply(), at: .input) == .passes)
    #expect(Firewall([going, sub]).fate(of: Self.reply(), at: .input) == .dropped(going, nil))
    sub.rules = [Self.rule(verdict: .return), drop]
    #expect(Firewall([jumping, sub]).fate(of: Self.reply(), at: .input) == .passes)
    sub.rules = [drop]
    #expect(Firewall([jumping, sub]).fate(of: Self.reply(), at: .input) == .dropped(sub, drop))
    let endless = Self.chain(Self.rule(verdict: .jump("in")))
    #expect(Firewall([endless]).fate(of: Self.reply(), at: .input) == .unclear)
  }

  @Test func everyChainOfTheHookHasItsSay() {
    let accepts = Self.chain(Self.rule(verdict: .accept), priority: -10)
    let drops = Self.chain(Self.rule(verdict: .drop), drops: false, family: "ip")
    let firewall = Firewall([drops, accepts])
    #expect(firewall.fate(of: Self.reply(), at: .input) == .dropped(drops, drops.rules[0]))
    #expect(firewall.fate(of: Self.reply(.ipv6), at: .input) == .passes)
    #expect(firewall.fate(of: Self.reply(), at: .output) == .passes)
  }

  /// What a finding's command does is what mends it.
  @Test func theFixMends() throws {
    var facts = HealthyFacts.facts
    let chain = HealthyFacts.input([])
    facts.firewall = Firewall([chain])
    let fixes = Diagnosis(facts).findings.flatMap(\.fix.commands)
    #expect(
      fixes.prefix(2) == [
        #"nft insert rule inet filter in iifname "vti0" icmp type echo-reply accept"#,
        #"nft insert rule inet filter in iifname "vti0" icmp type echo-request accept"#,
      ])
    facts.firewall = Firewall([
      HealthyFacts.input([
        Self.rule(
          .input(["vti0", "xfrm0"], isNegated: false),
          .icmpType(["echo-reply", "echo-request"], isNegated: false), verdict: .accept)
      ])
    ])
    #expect(Diagnosis(facts).findings == [])
  }
}
