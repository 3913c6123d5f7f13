import TunnelCore

/// The ruleset of nftables, iptables-nft's too, as far as the doctor understands it.
public struct Firewall: Hashable, Sendable {
  /// Where a base chain sits.
  public enum Hook: String, Hashable, Sendable {
    case prerouting, input, forward, output, postrouting
  }

  /// What one part of a rule asks of a packet.
  public enum Condition: Hashable, Sendable {
    /// Name of the link that it came by.
    case input(Set<String>, isNegated: Bool)
    /// Name of the link that it leaves by.
    case output(Set<String>, isNegated: Bool)
    /// Protocol of layer 4, by name.
    case transport(Set<String>, isNegated: Bool)
    /// IPv4 or IPv6.
    case family(IPAddress.Family, isNegated: Bool)
    /// Type of the ICMP message, by nft's name.
    case icmpType(Set<String>, isNegated: Bool)
    /// Source address; nothing but prefixes.
    case source([IPPrefix], isNegated: Bool)
    /// Destination address.
    case destination([IPPrefix], isNegated: Bool)
    /// State in connection tracking.
    case state(Set<String>, isNegated: Bool)
    /// Anything else: may hold or not.
    case unknown
  }

  /// What a rule does with packets that fit.
  public enum Verdict: Hashable, Sendable {
    case accept, drop
    case jump(String)
    case goto(String)
    case `return`
    /// Counts, logs, marks: goes on.
    case none
    /// Queues, maps of verdicts: nobody knows.
    case unknown
  }

  /// One rule.
  public struct Rule: Hashable, Sendable {
    /// Its number in its chain.
    public var handle: Int
    /// All of these must hold.
    public var conditions: [Condition]
    /// What is done then.
    public var verdict: Verdict

    /// A rule.
    public init(handle: Int, conditions: [Condition], verdict: Verdict) {
      self.handle = handle
      self.conditions = conditions
      self.verdict = verdict
    }
  }

  /// One chain.
  public struct Chain: Hashable, Sendable {
    /// ip, ip6 or inet.
    public var family: String
    /// Its table.
    public var table: String
    /// Its name.
    public var name: String
    /// Where it sits; nil: only where other chains jump to it.
    public var hook: Hook?
    /// Lower comes first.
    public var priority: Int
    /// Whether what no rule decides is dropped.
    public var drops: Bool
    /// Its rules in order.
    public var rules: [Rule]

    /// A chain.
    public init(
      family: String, table: String, name: String, hook: Hook? = nil, priority: Int = 0,
      drops: Bool = false, rules: [Rule] = []
    ) {
      self.family = family
      self.table = table
      self.name = name
      self.hook = hook
      self.priority = priority
      self.drops = drops
      self.rules = rules
    }
  }

  /// A packet to ask about.
  public struct Packet: Hashable, Sendable {
    /// IPv4 or IPv6.
    public var family: IPAddress.Family
    /// The link it comes by; nil: not known, or none.
    public var input: String?
    /// The link it leaves by.
    public var output: String?
    /// "icmp", "ipv6-icmp", "esp", "udp".
    public var transport: String
    /// echo-request, echo-reply; nil: no ICMP.
    public var icmpType: String?
    /// nil: not known.
    public var source: IPAddress?
    /// nil: not known.
    public var destination: IPAddress?
    /// Whether connection tracking has seen what it answers; nil: not known.
    public var isAnswer: Bool?
  }

  /// What becomes of a packet in one base chain.
  public enum Fate: Hashable, Sendable {
    /// It goes on.
    case passes
    /// This rule, or the chain's policy (nil), drops it.
    case dropped(Chain, Rule?)
    /// Something decides that is not understood.
    case unclear
  }

  /// Every chain.
  public var chains: [Chain]

  /// A ruleset.
  public init(_ chains: [Chain]) { self.chains = chains }

  /// What the base chains of a hook do to a packet, the first that drops it.
  public func fate(of packet: Packet, at hook: Hook) -> Fate {
    let bases = chains.filter { $0.hook == hook && $0.sees(packet.family) }
    var isClear = true
    for base in bases.sorted(by: { $0.priority < $1.priority }) {
      switch walk(base, packet, depth: 0) {
      case .dropped(let chain, let rule): return .dropped(chain, rule)
      case .accepted: break
      case .fellThrough:
        if base.drops { return .dropped(base, nil) }
      case .unclear: isClear = false
      }
    }
    return isClear ? .passes : .unclear
  }

  // MARK: Walking

  private enum Walk {
    case accepted, fellThrough, unclear
    case dropped(Chain, Rule?)
  }

  /// nft's own limit on nested jumps.
  private static let deepest = 16

  private func walk(_ chain: Chain, _ packet: Packet, depth: Int) -> Walk {
    guard depth < Self.deepest else { return .unclear }
    for rule in chain.rules {
      guard let fits = rule.fits(packet) else {
        // A rule that may accept leaves everything after it open; one that may drop does, too.
        if rule.verdict != .none { return .unclear }
        continue
      }
      guard fits else { continue }
      switch rule.verdict {
      case .accept: return .accepted
      case .drop: return .dropped(chain, rule)
      case .none: continue
      case .unknown: return .unclear
      case .return: return .fellThrough
      case .jump(let name), .goto(let name):
        guard let next = self.chain(name, beside: chain) else { return .unclear }
        let result = walk(next, packet, depth: depth + 1)
        if case .fellThrough = result, case .jump = rule.verdict { continue }
        return result
      }
    }
    return .fellThrough
  }

  private func chain(_ name: String, beside chain: Chain) -> Chain? {
    chains.first { $0.family == chain.family && $0.table == chain.table && $0.name == name }
  }
}

extension Firewall.Chain {
  fileprivate func sees(_ family: IPAddress.Family) -> Bool {
    self.family == "inet" || self.family == (family == .ipv4 ? "ip" : "ip6")
  }
}

extension Firewall.Rule {
  /// Whether a packet meets every condition; nil: not known.
  fileprivate func fits(_ packet: Firewall.Packet) -> Bool? {
    var isKnown = true
    for condition in conditions {
      switch condition.holds(for: packet) {
      case .some(false): return false
      case .some(true): break
      case nil: isKnown = false
      }
    }
    return isKnown ? true : nil
  }
}

extension Firewall.Condition {
  fileprivate func holds(for packet: Firewall.Packet) -> Bool? {
    switch self {
    case .input(let names, let isNegated):
      return packet.input.map { Self.has(names, $0) != isNegated }
    case .output(let names, let isNegated):
      return packet.output.map { Self.has(names, $0) != isNegated }
    case .transport(let names, let isNegated):
      return names.contains(packet.transport) != isNegated
    case .family(let family, let isNegated): return (family == packet.family) != isNegated
    case .icmpType(let names, let isNegated):
      guard let type = packet.icmpType else { return false }
      return names.contains(type) != isNegated
    case .source(let prefixes, let isNegated):
      return Self.holds(prefixes, packet.source, packet.family, isNegated)
    case .destination(let prefixes, let isNegated):
      return Self.holds(prefixes, packet.destination, packet.family, isNegated)
    case .state(let names, let isNegated):
      return packet.isAnswer.map { names.contains($0 ? "established" : "new") != isNegated }
    case .unknown: return nil
    }
  }

  private static func has(_ names: Set<String>, _ link: String) -> Bool {
    names.contains { NamePattern($0).matches(link) }
  }

  /// An address of one family is in no prefix of the other: such a rule looks at its own family.
  private static func holds(
    _ prefixes: [IPPrefix], _ address: IPAddress?, _ family: IPAddress.Family, _ isNegated: Bool
  ) -> Bool? {
    guard prefixes.contains(where: { $0.address.family == family }) else { return false }
    return address.map { address in
      prefixes.contains { $0.contains(address) } != isNegated
    }
  }
}
