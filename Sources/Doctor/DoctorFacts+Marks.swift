import TunnelCore

/// SAs whose marks or if_ids tie them to no link, or to another one.
extension DoctorFacts {
  var tieFindings: [Finding] {
    var seen: Set<String> = []
    return (outbound.compactMap(strayFinding) + bound.compactMap(idleFinding))
      .filter { seen.insert("\($0.subject) \($0.seen)").inserted }
  }

  /// SAs of a monitored peer that no link leads to.
  private func strayFinding(_ sa: SecurityAssociation) -> Finding? {
    let vpns = configuration.vpns.filter {
      $0.bindInterface != nil
        && configuration.gateways[$0.gateway]?.addresses.contains(sa.key.destination) == true
    }
    // An SA that is tied to nothing has no link to fit.
    guard let vpn = vpns.first else { return nil }
    if sa.ifID != 0 {
      let fits = links.contains { $0.kind == .xfrm(ifID: sa.ifID) && !$0.isOwn }
      if fits { return nil }
      let seen = "SAs to \(sa.key.destination) have if_id \(sa.ifID), and no XFRM interface has it"
      if sa.packets > 0 { return elsewhereFinding(vpn, seen) }
      return Finding(
        .error, "if-id", vpn.name, seen: seen,
        why: "no packet gets into these SAs, and what comes out of them is dropped",
        fix: .init(
          xfrmLink("ipsec\(sa.ifID)", ifID: sa.ifID),
          "ip link set ipsec\(sa.ifID) up   # bind-interface of \(vpn.name)"))
    }
    guard let mark = sa.key.mark, mark.mask != 0 else {
      return Finding(
        .error, "mark", vpn.name,
        seen: "SAs to \(sa.key.destination) have neither mark nor if_id, \(vpn.name) has "
          + "bind-interface = \"\(vpn.bindInterface ?? "-")\"",
        why: "they belong to no link: packets sent to the link match no SA",
        fix: .init(
          file: "/etc/swanctl/swanctl.conf",
          lines: tieLines(for: vpn), commands: ["swanctl --load-all"]))
    }
    let fits = links.contains { link in
      guard case .vti(_, _, _, let key) = link.kind else { return false }
      return key & mark.mask == mark.value
    }
    return fits ? nil : wrongMark(sa, mark, vpn)
  }

  /// A link that was moved to another namespace keeps the SAs of this one.
  private func elsewhereFinding(_ vpn: VPN, _ seen: String) -> Finding {
    Finding(
      .warning, "if-id", vpn.name, seen: "\(seen) in this namespace, but they carry packets",
      why: "their link was moved to another namespace: no agent can hold it from here",
      fix: .init("ip netns exec NAME ip link set LINK netns $$   # move the link back"))
  }

  private func tieLines(for vpn: VPN) -> [String] {
    guard let link = vpn.bindInterface.flatMap({ link(named: $0) }) else { return [] }
    let tie =
      switch link.kind {
      case .xfrm(let id): "if_id_in = \(id), if_id_out = \(id)"
      case .vti(_, _, let input, let output): "mark_in = \(input), mark_out = \(output)"
      case .other: "if_id_in, if_id_out"
      }
    return ["# of its child: \(tie)"]
  }

  private func wrongMark(_ sa: SecurityAssociation, _ mark: Mark, _ vpn: VPN) -> Finding {
    let between = links.first { link in
      guard case .vti(let local, let remote, _, _) = link.kind, !isFallback(link) else {
        return false
      }
      return remote == sa.key.destination && local == sa.source
    }
    let seen = "SAs to \(sa.key.destination) have mark \(mark.value)"
    let why = "no packet gets into these SAs, and what comes out of them is dropped"
    guard let between, case .vti(let local, let remote, _, let key) = between.kind else {
      let name =
        vpn.bindInterface.flatMap { link(named: $0) == nil ? $0 : nil } ?? "vti\(mark.value)"
      return Finding(
        .error, "mark", vpn.name, seen: "\(seen), and no VTI has this key", why: why,
        fix: .init(vti(name, for: sa, key: mark.value), "ip link set \(name) up"))
    }
    let kind = Self.vtiKind(local.family)
    return Finding(
      .error, "mark", vpn.name,
      seen: "\(seen), \(between.name) between the same ends has key \(key)",
      why: why,
      fix: .init(
        "ip link change \(between.name) type \(kind) local \(local) remote \(remote) "
          + "key \(mark.value)"))
  }

  /// A link that has no SA while its peer's SAs are there.
  private func idleFinding(_ bound: Bound) -> Finding? {
    guard let peers = configuration.gateways[bound.vpn.gateway]?.addresses else { return nil }
    let sas = outbound.filter { peers.contains($0.key.destination) }
    guard !sas.isEmpty, misfitFinding(bound.link, bound.vpn) == nil else { return nil }
    switch bound.link.kind {
    case .xfrm(let id):
      guard !sas.contains(where: { $0.ifID == id }) else { return nil }
      let ids = Set(sas.map(\.ifID)).sorted().map { "\($0)" }.joined(separator: ", ")
      return Finding(
        .warning, "if-id", bound.vpn.name,
        seen: "\(bound.link.name) has if_id \(id), the SAs to \(sas[0].key.destination): \(ids)",
        why: "packets sent to the link match no SA",
        fix: .init(
          file: "/etc/swanctl/swanctl.conf", lines: tieLines(for: bound.vpn),
          commands: ["swanctl --load-all"]))
    case .vti(let local, let remote, _, _):
      let ends = sas.contains { sa in
        (remote.isUnspecified || remote == sa.key.destination)
          && (local.isUnspecified || local == sa.source)
      }
      if ends { return nil }
      let sa = sas[0]
      return Finding(
        .error, "endpoints", bound.vpn.name,
        seen: "\(bound.link.name) is between \(local) and \(remote), its SAs between \(sa.source) "
          + "and \(sa.key.destination)",
        why: "a VTI only takes ESP between its own endpoints",
        fix: .init(
          "ip link change \(bound.link.name) type \(Self.vtiKind(local.family)) "
            + "local \(sa.source) remote "
            + "\(sa.key.destination) key \(sa.key.mark?.value ?? 42)"))
    case .other: return nil
    }
  }
}
