import TunnelCore

/// Switches below /proc/sys/net that drop what tunnels carry.
extension DoctorFacts {
  private static let strict = 1

  /// The kernel takes the higher one of `all` and the link's.
  var reversePathFindings: [Finding] {
    let all = number("net.ipv4.conf.all.rp_filter") ?? 0
    var findings = bound.compactMap { bound -> Finding? in
      let name = "net.ipv4.conf.\(bound.link.name).rp_filter"
      guard bound.link.master == nil, let own = number(name), max(all, own) == Self.strict else {
        return nil
      }
      let said = own == Self.strict ? "\(name) = 1" : "net.ipv4.conf.all.rp_filter = 1"
      let far = farDestinations(bound)
      return Finding(
        far.isEmpty ? .warning : .error, "rp-filter", bound.vpn.name, seen: "\(said) (strict)",
        why: far.isEmpty
          ? "packets out of the tunnel are dropped unless the route back is through the link"
          : "replies of \(far[0]) are dropped: the route back is not through \(bound.link.name)",
        fix: sysctl(name, 2))
    }
    if configuration.templates.contains(where: { $0.settings.monitor != nil }),
      number("net.ipv4.conf.default.rp_filter") == Self.strict
    {
      findings.append(
        Finding(
          .warning, "rp-filter", "-", seen: "net.ipv4.conf.default.rp_filter = 1 (strict)",
          why: "links that match a template have it from their creation",
          fix: sysctl("net.ipv4.conf.default.rp_filter", 2)))
    }
    let hasOwn = links.contains(where: \.isOwn)
    if all == Self.strict, hasOwn {
      findings.append(
        Finding(
          .error, "rp-filter", "-", seen: "net.ipv4.conf.all.rp_filter = 1 (strict)",
          why: "replies to probes through the agent's own links, which have no route, are dropped",
          fix: sysctl("net.ipv4.conf.all.rp_filter", 0)))
    }
    return findings
  }

  /// IPv4 destinations of a VPN's probes whose route is not by its link.
  private func farDestinations(_ bound: Bound) -> [IPAddress] {
    let monitor = bound.vpn.monitor
    let destinations = (monitor?.destinations ?? []) + (monitor?.verifyPath?.destinations ?? [])
    return destinations.filter { destination in
      guard destination.family == .ipv4 else { return false }
      if addresses(of: bound.link).contains(where: {
        IPPrefix($0.address, length: $0.prefixLength).contains(destination)
          || $0.peer == destination
      }) {
        return false
      }
      let best = routes.filter {
        $0.identity.table == 254 && $0.kind == .unicast
          && $0.identity.destination.contains(destination)
      }.max { $0.identity.destination.length < $1.identity.destination.length }
      return best.map { route in !route.legs.contains { $0.linkIndex == bound.link.index } } ?? true
    }
  }

  /// disable_policy of VTIs, and disable_xfrm.
  var policySwitchFindings: [Finding] {
    var findings: [Finding] = []
    for bound in bound {
      let name = "net.ipv4.conf.\(bound.link.name)."
      if case .vti(let local, _, _, _) = bound.link.kind, local.family == .ipv4,
        number(name + "disable_policy") == 0, number("net.ipv4.conf.all.disable_policy") != 1
      {
        findings.append(
          Finding(
            .note, "disable-policy", bound.vpn.name, seen: "\(name)disable_policy = 0",
            why: "strongSwan recommends 1, so that decrypted packets are not checked against "
              + "policies again; kernel 6.1 drops nothing without it",
            fix: sysctl(name + "disable_policy", 1)))
      }
    }
    var switches = ["net.ipv4.conf.all.disable_xfrm"]
    switches += bound.map { "net.ipv4.conf.\($0.link.name).disable_xfrm" }
    for name in switches where number(name) == 1 {
      findings.append(
        Finding(
          .error, "disable-xfrm", "-", seen: "\(name) = 1",
          why:
            "packets sent there match no SA: dropped on a tunnel link, else sent in clear",
          fix: sysctl(name, 0)))
    }
    return findings
  }

  /// The peer's probes are echo requests too.
  var echoFindings: [Finding] {
    guard !monitored.isEmpty || configuration.vpns.contains(where: { $0.monitor != nil }) else {
      return []
    }
    return ["net.ipv4.icmp_echo_ignore_all", "net.ipv6.icmp.echo_ignore_all"]
      .filter { number($0) == 1 }.map { name in
        Finding(
          .warning, "echo", "-", seen: "\(name) = 1",
          why: "this host answers no probe: a peer that monitors the tunnel clears it",
          fix: sysctl(name, 0))
      }
  }

  var vrfFindings: [Finding] {
    guard number("net.ipv4.raw_l3mdev_accept") == 0 else { return [] }
    return monitored.filter { bound in
      bound.link.master.flatMap { link($0) }?.vrfTable != nil
    }.prefix(1).map { bound in
      Finding(
        .error, "vrf", bound.vpn.name, seen: "net.ipv4.raw_l3mdev_accept = 0",
        why: "\(bound.link.name) is in a VRF, and the kernel delivers no replies from there",
        fix: sysctl("net.ipv4.raw_l3mdev_accept", 1))
    }
  }
}
