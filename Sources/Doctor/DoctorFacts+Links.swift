import TunnelCore

/// Links: whether they are there, and whether SAs and links fit each other.
extension DoctorFacts {
  /// The first thing that is wrong with each VPN's link.
  var linkFindings: [Finding] {
    configuration.vpns.compactMap { vpn in
      guard let name = vpn.bindInterface else { return nil }
      guard let link = link(named: name) else {
        return Finding(
          .error, "link", vpn.name, seen: "bind-interface = \"\(name)\": no such link",
          why: "nothing can pass through this tunnel until the link is created",
          fix: .init(newLink(name, for: vpn)))
      }
      if let finding = misfitFinding(link, vpn) { return finding }
      guard !link.isAdminUp, vpn.linkControl != .admin else { return nil }
      return Finding(
        .error, "link", vpn.name, seen: "\(name) is administratively down",
        why: "vpnagent does not override admin-down: the tunnel stays out of service",
        fix: .init("ip link set \(name) up"))
    }
  }

  /// A link that the agent leaves alone, by the rule of `Core+LinkFitness`.
  func misfitFinding(_ link: Link, _ vpn: VPN) -> Finding? {
    let gateway = configuration.gateways[vpn.gateway]
    let peers = gateway?.addresses ?? []
    let hasSAs = outbound.contains { peers.contains($0.key.destination) }
    let isElsewhere = hasSAs && fitting(peers, insteadOf: link) == nil
    guard
      let misfit = link.misfit ?? (isElsewhere ? nil : gateway.flatMap(link.misfit(for:)))
    else { return nil }
    return Finding(
      .error, "link", vpn.name, seen: "bind-interface = \"\(link.name)\": \(misfit)",
      why: "the agent leaves this link alone: it is neither held nor given routes",
      fix: fix(of: misfit, link, vpn, peers))
  }

  private func fix(
    of misfit: LinkMisfit, _ link: Link, _ vpn: VPN, _ peers: [IPAddress]
  ) -> Finding.Fix {
    if misfit == .otherNamespace {
      return .init("vpnagent run --netns NAME   # where its SAs are, with the link in it")
    }
    if let better = fitting(peers, insteadOf: link) {
      return .init(
        file: configPath, lines: ["# in vpn.\(vpn.name): bind-interface = \"\(better.name)\""])
    }
    return .init(newLink("ipsec\(placeAmongLinkless(vpn))", for: vpn))
  }

  /// A link that is there and has the SAs of these peers, or a VTI's ends.
  private func fitting(_ peers: [IPAddress], insteadOf other: Link) -> Link? {
    let sas = outbound.filter { peers.contains($0.key.destination) }
    return links.first { link in
      guard link.misfit == nil, !link.isOwn, link.index != other.index else { return false }
      switch link.kind {
      case .xfrm(let ifID): return sas.contains { $0.ifID == ifID }
      case .vti(_, let remote, _, let key):
        return peers.contains(remote)
          && (sas.isEmpty || sas.contains { $0.ifID == 0 && $0.key.mark?.value ?? key == key })
      case .other: return false
      }
    }
  }

  /// The route to a tunnel's own peer goes by its link: ESP would go into the tunnel it comes from.
  var peerRouteFindings: [Finding] {
    let table = routes(to: configuration.gateways.values.flatMap(\.addresses))
    return bound.compactMap { bound in
      guard bound.link.misfit == nil else { return nil }
      for peer in configuration.gateways[bound.vpn.gateway]?.addresses ?? [] {
        let ways = table.leading(to: peer, with: [])
        guard let best = ways.first, best.linkIndex == bound.link.index else { continue }
        let other = ways.first { $0.linkIndex != bound.link.index }
        let way = other?.legs.first.map { leg in
          (leg.gateway.map { "via \($0) " } ?? "")
            + "dev \(self.link(leg.linkIndex)?.name ?? underlay)"
        }
        return Finding(
          .error, "peer-route", bound.vpn.name,
          seen: "\(best.identity.destination), the route to its peer \(peer), goes through "
            + bound.link.name,
          why: "its ESP would be sent into the tunnel; the agent leaves such a link alone",
          fix: .init("ip route add \(IPPrefix(host: peer)) \(way ?? "dev \(underlay)")"))
      }
      return nil
    }
  }

  private func routes(to peers: [IPAddress]) -> PeerRoutes {
    var table = PeerRoutes(peers: peers)
    table.replaceAll(routes)
    return table
  }

  /// Two VTIs between the same ends, which `dev` makes possible.
  var twinFindings: [Finding] {
    let ends = links.compactMap { link in
      if case .vti(_, let remote, _, _) = link.kind { remote } else { nil }
    }
    let table = routes(to: ends)
    return links.indices.compactMap { index in
      let link = links[index]
      guard let other = links[..<index].first(where: { $0.hasEnds(of: link) }),
        case .vti(let local, let remote, _, let key) = link.kind,
        case .vti(_, _, _, let otherKey) = other.kind
      else { return nil }
      let device = table.leading(to: remote, with: []).first?.legs.first?.linkIndex
      let taking = Link.taking([other, link], arrivingBy: device) ?? other
      let idle = taking.index == link.index ? other : link
      return Finding(
        .error, "twins", link.name,
        seen: "\(other.name) and \(link.name) are VTIs between the same ends (\(local), \(remote))"
          + (key == otherKey ? " with the same key" : ""),
        why: "the kernel gives all ESP from \(remote) to \(taking.name), whatever its key: nothing "
          + "arrives on \(idle.name)",
        fix: .init(
          "ip link delete \(idle.name)",
          xfrmLink("ipsec0", ifID: freeIfID(0)) + "   # and if_id_in, if_id_out = \(freeIfID(0))"))
    }
  }

  /// With what its SAs have when they are there.
  private func newLink(_ name: String, for vpn: VPN) -> String {
    let peers = configuration.gateways[vpn.gateway]?.addresses ?? []
    let sa = outbound.first { peers.contains($0.key.destination) }
    if let sa, sa.ifID != 0 { return xfrmLink(name, ifID: sa.ifID) }
    if let sa, let mark = sa.key.mark, mark.mask != 0 { return vti(name, for: sa, key: mark.value) }
    let id = freeIfID(placeAmongLinkless(vpn))
    return xfrmLink(name, ifID: id) + "   # and if_id_in, if_id_out = \(id) of the child"
  }

  func xfrmLink(_ name: String, ifID: UInt32) -> String {
    "ip link add \(name) type xfrm dev \(underlay) if_id \(ifID)"
  }

  /// Which one a VPN is of those that need a new link.
  private func placeAmongLinkless(_ vpn: VPN) -> Int {
    let linkless = configuration.vpns.filter { other in
      guard let name = other.bindInterface else { return false }
      guard let link = link(named: name) else { return true }
      let gateway = configuration.gateways[other.gateway]
      return link.misfit != nil || gateway.flatMap(link.misfit(for:)) != nil
    }
    return linkless.firstIndex { $0.name == vpn.name } ?? 0
  }

  /// An if_id that neither a link nor an SA has, another one for each place.
  private func freeIfID(_ place: Int) -> UInt32 {
    let ofLinks = links.compactMap { if case .xfrm(let id) = $0.kind { id } else { nil } }
    let taken = Set(ofLinks + sas.map(\.ifID))
    let free = (42...UInt32.max).lazy.filter { !taken.contains($0) }
    return free.dropFirst(place).first ?? 42
  }

  /// The link of the default route.
  private var underlay: String {
    let route = routes.first { $0.identity.destination.length == 0 && $0.identity.table == 254 }
    return route?.linkIndex.flatMap { link($0) }?.name ?? "lo"
  }

  func vti(_ name: String, for sa: SecurityAssociation, key: UInt32) -> String {
    let kind = Self.vtiKind(sa.source.family)
    return "ip link add \(name) type \(kind) local \(sa.source) remote \(sa.key.destination) "
      + "key \(key)"
  }

  static func vtiKind(_ family: IPAddress.Family) -> String {
    family == .ipv4 ? "vti" : "vti6"
  }

  // MARK: Links that take each other's ESP

  /// A VTI that is up takes all ESP between its endpoints, whatever its key
  /// (docs/facts/kernel.md, "VTI beside an XFRM interface").
  var thiefFindings: [Finding] {
    let withID = outbound.filter { $0.ifID != 0 }
    return links.compactMap { link in
      guard case .vti(let local, let remote, _, let key) = link.kind, link.isAdminUp,
        let sa = withID.first(where: {
          (remote == $0.key.destination || remote.isUnspecified && !isFallback(link))
            && (local == $0.source || local.isUnspecified) && $0.source.family == local.family
        })
      else { return nil }
      let owner = links.first { $0.kind == .xfrm(ifID: sa.ifID) }
      let name = owner?.name ?? "if_id \(sa.ifID)"
      return Finding(
        .error, "stolen-esp", name,
        seen: "\(link.name), a VTI with key \(key), is up between the same ends "
          + "(\(sa.source), \(sa.key.destination)) as \(name)",
        why: "it takes the ESP that is for \(name): packets leave and no reply comes back",
        fix: .init("ip link set \(link.name) down"))
    }
  }

  // MARK: MTU

  private static let leastIPv6: UInt32 = 1280

  var mtuFindings: [Finding] {
    bound.flatMap { bound -> [Finding] in
      var findings: [Finding] = []
      let (link, vpn) = (bound.link, bound.vpn)
      let addresses = addresses(of: link)
      let destinations =
        (vpn.monitor?.verifyPath?.destinations ?? []) + (vpn.monitor?.destinations ?? [])
      let isIPv6 =
        (destinations.isEmpty ? addresses.map(\.address) : destinations)
        .contains { $0.family == .ipv6 }
      if let size = vpn.monitor?.verifyPath?.packetSize {
        let whole = UInt32(size) + (isIPv6 ? 40 : 20)
        if whole > link.mtu {
          findings.append(
            Finding(
              .warning, "mtu", vpn.name,
              seen: "\(link.name) has MTU \(link.mtu), verify-path probes are \(whole) bytes",
              why: "probes are fragmented and do not test packets of that size",
              fix: .init("ip link set \(link.name) mtu \(max(whole, 1400))")))
        }
      }
      let wantsIPv6 = isIPv6 || vpn.routes.contains { $0.address.family == .ipv6 }
      if wantsIPv6, link.mtu < Self.leastIPv6 {
        findings.append(
          Finding(
            .error, "mtu", vpn.name, seen: "\(link.name) has MTU \(link.mtu)",
            why: "the kernel disables IPv6 on a link with an MTU below 1280",
            fix: .init("ip link set \(link.name) mtu 1400")))
      }
      return findings
    }
  }
}
