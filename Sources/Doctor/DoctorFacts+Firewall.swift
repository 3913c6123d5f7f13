import TunnelCore

/// Rules that drop what monitoring needs: our probes, the replies, the peer's probes, ESP.
extension DoctorFacts {
  private struct Need {
    var what: String
    var hook: Firewall.Hook
    var packet: Firewall.Packet
    var match: String
  }

  var firewallFindings: [Finding] {
    guard let firewall else { return [] }
    return monitored.flatMap { bound in
      needs(of: bound).compactMap { need in
        guard case .dropped(let chain, let rule) = firewall.fate(of: need.packet, at: need.hook)
        else { return nil }
        return finding(bound, need, chain, rule, base(of: chain, at: need.hook, in: firewall))
      }
    }
  }

  /// The chain that a rule must stand in to come first.
  private func base(
    of chain: Firewall.Chain, at hook: Firewall.Hook, in firewall: Firewall
  ) -> Firewall.Chain {
    guard chain.hook == nil else { return chain }
    return firewall.chains.first {
      $0.hook == hook && $0.table == chain.table && $0.family == chain.family
    } ?? chain
  }

  private func finding(
    _ bound: Bound, _ need: Need, _ chain: Firewall.Chain, _ rule: Firewall.Rule?,
    _ base: Firewall.Chain
  ) -> Finding {
    let place = "\(chain.family) \(chain.table) \(chain.name)"
    let cause = rule.map { "rule with handle \($0.handle)" } ?? "policy drop"
    return Finding(
      .error, "firewall", bound.vpn.name, seen: "nftables, \(place): \(cause) drops \(need.what)",
      why: "probes cannot pass, so the tunnel is taken down",
      fix: .init("nft insert rule \(base.family) \(base.table) \(base.name) \(need.match) accept"))
  }

  private func needs(of bound: Bound) -> [Need] {
    let link = bound.link.name
    let families = Set(
      (bound.vpn.monitor?.destinations ?? addresses(of: bound.link).map(\.address)).map(\.family))
    return (families.isEmpty ? [.ipv4] : families.sorted()).flatMap { needs(on: link, $0) }
      + espNeeds(of: bound)
  }

  private func needs(on link: String, _ family: IPAddress.Family) -> [Need] {
    var needs: [Need] = []
    let icmp = family == .ipv4 ? "icmp" : "icmpv6"
    func packet(_ type: String, isInput: Bool, isAnswer: Bool) -> Firewall.Packet {
      Firewall.Packet(
        family: family, input: isInput ? link : nil, output: isInput ? nil : link,
        transport: family == .ipv4 ? "icmp" : "ipv6-icmp", icmpType: type, isAnswer: isAnswer)
    }
    let arrives = "iifname \"\(link)\" \(icmp) type"
    let leaves = "oifname \"\(link)\" \(icmp) type"
    for hook in [Firewall.Hook.prerouting, .input] {
      needs.append(
        Need(
          what: "replies to our probes", hook: hook,
          packet: packet("echo-reply", isInput: true, isAnswer: true),
          match: "\(arrives) echo-reply"))
      needs.append(
        Need(
          what: "the peer's probes", hook: hook,
          packet: packet("echo-request", isInput: true, isAnswer: false),
          match: "\(arrives) echo-request"))
    }
    for hook in [Firewall.Hook.output, .postrouting] {
      needs.append(
        Need(
          what: "our probes", hook: hook,
          packet: packet("echo-request", isInput: false, isAnswer: false),
          match: "\(leaves) echo-request"))
      needs.append(
        Need(
          what: "our replies to the peer's probes", hook: hook,
          packet: packet("echo-reply", isInput: false, isAnswer: true),
          match: "\(leaves) echo-reply"))
    }
    return needs
  }

  private func espNeeds(of bound: Bound) -> [Need] {
    let peers = configuration.gateways[bound.vpn.gateway]?.addresses ?? []
    return peers.prefix(1).map { peer in
      let ip = peer.family == .ipv4 ? "ip" : "ip6"
      return Need(
        what: "ESP of \(peer)", hook: .input,
        packet: Firewall.Packet(
          family: peer.family, transport: "esp", source: peer),
        match: "\(ip) saddr \(peer) meta l4proto esp")
    }
  }
}
