import Doctor
import FoundationEssentials
import TunnelCore

/// Reads what `nft -j list ruleset` prints (libnftables-json(5)).
extension Firewall {
  /// nil: it is none.
  init?(json bytes: [UInt8]) {
    guard let ruleset = try? JSONDecoder().decode(Ruleset.self, from: Data(bytes)) else {
      return nil
    }
    var chains: [Chain] = []
    for object in ruleset.nftables {
      if let chain = object.chain { chains.append(chain.chain) }
      guard let rule = object.rule,
        let place = chains.firstIndex(where: {
          $0.family == rule.family && $0.table == rule.table && $0.name == rule.chain
        })
      else { continue }
      chains[place].rules += rule.rules
    }
    self.init(chains)
  }
}

private struct Ruleset: Decodable {
  var nftables: [Object]
}

private struct Object: Decodable {
  var chain: ChainObject?
  var rule: RuleObject?
}

private struct ChainObject: Decodable {
  var family: String
  var table: String
  var name: String
  var hook: String?
  var prio: Int?
  var policy: String?

  var chain: Firewall.Chain {
    Firewall.Chain(
      family: family, table: table, name: name, hook: hook.flatMap(Firewall.Hook.init),
      priority: prio ?? 0, drops: policy == "drop")
  }
}

private struct RuleObject: Decodable {
  var family: String
  var table: String
  var chain: String
  var handle: Int?
  var expr: [JSONValue]?

  /// One, or one for each element of a map of verdicts.
  var rules: [Firewall.Rule] {
    var conditions: [Firewall.Condition] = []
    for statement in expr ?? [] {
      guard case .object(let parts) = statement, let (name, value) = parts.first else { continue }
      switch name {
      case "match": conditions.append(Firewall.Condition(match: value))
      // It holds for some packets only.
      case "limit": conditions.append(.unknown)
      case "vmap": return mapped(value, conditions)
      default:
        guard let verdict = Firewall.Verdict(statement: name, value) else { continue }
        return [.init(handle: handle ?? 0, conditions: conditions, verdict: verdict)]
      }
    }
    return []
  }

  private func mapped(
    _ map: JSONValue, _ conditions: [Firewall.Condition]
  ) -> [Firewall.Rule] {
    let elements = map["data"]?["set"]?.items ?? []
    let rules = elements.compactMap { element -> Firewall.Rule? in
      guard let key = map["key"], case .array(let pair) = element, pair.count == 2,
        case .object(let parts) = pair[1], let (name, value) = parts.first,
        let verdict = Firewall.Verdict(statement: name, value)
      else { return nil }
      return .init(
        handle: handle ?? 0,
        conditions: conditions + [Firewall.Condition(left: key, op: "==", right: pair[0])],
        verdict: verdict)
    }
    let isWhole = !elements.isEmpty && rules.count == elements.count
    return isWhole
      ? rules : [.init(handle: handle ?? 0, conditions: conditions, verdict: .unknown)]
  }
}

extension Firewall.Verdict {
  /// nil: the statement decides nothing (counter, log, mangle, ...).
  fileprivate init?(statement: String, _ value: JSONValue) {
    switch statement {
    case "accept": self = .accept
    case "drop", "reject": self = .drop
    case "return": self = .return
    case "jump": self = .jump(value["target"]?.text ?? "")
    case "goto": self = .goto(value["target"]?.text ?? "")
    case "queue", "xt": self = .unknown
    default: return nil
    }
  }
}

extension Firewall.Condition {
  /// One `match` expression.
  fileprivate init(match: JSONValue) {
    guard let left = match["left"], let right = match["right"] else {
      self = .unknown
      return
    }
    self.init(left: left, op: match["op"]?.text ?? "==", right: right)
  }

  fileprivate init(left: JSONValue, op: String, right: JSONValue) {
    guard ["==", "!=", "in"].contains(op) else {
      self = .unknown
      return
    }
    let isNegated = op == "!="
    let words = Set(right.items.compactMap(\.text))
    let isPlain = words.count == right.items.count
    if let key = left["meta"]?["key"]?.text {
      self = Self.meta(key, words, isPlain, isNegated)
    } else if let payload = left["payload"] {
      self = Self.payload(
        payload["protocol"]?.text ?? "", payload["field"]?.text ?? "", right, words, isPlain,
        isNegated)
    } else if left["ct"]?["key"]?.text == "state", isPlain {
      self = .state(words, isNegated: isNegated)
    } else {
      self = .unknown
    }
  }

  private static func meta(
    _ key: String, _ words: Set<String>, _ isPlain: Bool, _ isNegated: Bool
  ) -> Self {
    guard isPlain else { return .unknown }
    switch key {
    case "iifname", "iif": return .input(words, isNegated: isNegated)
    case "oifname", "oif": return .output(words, isNegated: isNegated)
    case "l4proto": return .transport(words, isNegated: isNegated)
    case "nfproto" where words == ["ipv4"]: return .family(.ipv4, isNegated: isNegated)
    case "nfproto" where words == ["ipv6"]: return .family(.ipv6, isNegated: isNegated)
    default: return .unknown
    }
  }

  private static func payload(
    _ name: String, _ field: String, _ right: JSONValue, _ words: Set<String>, _ isPlain: Bool,
    _ isNegated: Bool
  ) -> Self {
    switch (name, field) {
    case ("icmp", "type") where isPlain, ("icmpv6", "type") where isPlain:
      return .icmpType(words, isNegated: isNegated)
    case ("ip", "protocol") where isPlain, ("ip6", "nexthdr") where isPlain:
      return .transport(words, isNegated: isNegated)
    case ("ip", "saddr"), ("ip6", "saddr"):
      return prefixes(right).map { .source($0, isNegated: isNegated) } ?? .unknown
    case ("ip", "daddr"), ("ip6", "daddr"):
      return prefixes(right).map { .destination($0, isNegated: isNegated) } ?? .unknown
    case ("udp", _), ("tcp", _), ("sctp", _):
      // Whatever is asked of a port: no packet that is asked about has one.
      return .transport([name], isNegated: false)
    default: return .unknown
    }
  }

  private static func prefixes(_ value: JSONValue) -> [IPPrefix]? {
    let found = value.items.map { item -> IPPrefix? in
      if let text = item.text { return IPPrefix(text) }
      guard let prefix = item["prefix"], let address = prefix["addr"]?.text,
        let length = prefix["len"]?.number
      else { return nil }
      return IPAddress(address).map { IPPrefix($0, length: length) }
    }
    let whole = found.compactMap(\.self)
    return whole.count == found.count ? whole : nil
  }
}

/// Any JSON.
private enum JSONValue: Decodable {
  case object([String: JSONValue])
  case array([JSONValue])
  case text(String)
  case number(Int)
  case other

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let value = try? container.decode(String.self) {
      self = .text(value)
    } else if let value = try? container.decode(Int.self) {
      self = .number(value)
    } else if let value = try? container.decode([String: JSONValue].self) {
      self = .object(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .other
    }
  }

  subscript(_ name: String) -> JSONValue? {
    if case .object(let parts) = self { parts[name] } else { nil }
  }

  var text: String? { if case .text(let text) = self { text } else { nil } }
  var number: Int? { if case .number(let number) = self { number } else { nil } }

  /// A set's elements, an array's, or the value itself.
  var items: [JSONValue] {
    if case .array(let items) = self { return items }
    return self["set"]?.items ?? [self]
  }
}
