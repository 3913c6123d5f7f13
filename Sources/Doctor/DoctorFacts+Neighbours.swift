import TunnelCore

/// Addresses that probes use, and other programs that have a hand in links and routes.
extension DoctorFacts {
  /// My destination is your source: what makes a reply come back through the tunnel.
  var probeAddressFindings: [Finding] {
    monitored.flatMap { bound -> [Finding] in
      guard let monitor = bound.vpn.monitor, monitor.probeSource == .link else { return [] }
      let all = monitor.destinations + (monitor.verifyPath?.destinations ?? [])
      let own = all.filter(isOwn).map { address in
        Finding(
          .error, "probe-address", bound.vpn.name,
          seen: "destination-ip \(address) is an address of this host",
          why: "the host answers itself, which proves nothing about the tunnel",
          fix: lines(bound.vpn, "destination-ip = \"an address behind the peer\""))
      }
      return own + defaultDestination(bound, monitor)
    }
  }

  /// Without `destination-ip` there must be one other end.
  private func defaultDestination(_ bound: Bound, _ monitor: Monitor) -> [Finding] {
    let verify = monitor.verifyPath?.destinations
    guard monitor.destinations.isEmpty || verify?.isEmpty == true,
      monitor.sourceInterface == nil
    else { return [] }
    let addresses = addresses(of: bound.link)
    let peers = configuration.gateways[bound.vpn.gateway]?.addresses.map(\.description) ?? []
    let peer = peers.first ?? "the peer"
    if addresses.isEmpty {
      return [
        Finding(
          .warning, "probe-address", bound.vpn.name,
          seen: "\(bound.link.name) has no address, and destination-ip is not set",
          why: "probes go from endpoint to endpoint (\(peer)): a Linux peer answers those outside "
            + "the tunnel, which proves nothing",
          fix: .init(
            "ip address add 169.254.100.1/30 dev \(bound.link.name)   # the peer: 169.254.100.2/30"
          ))
      ]
    }
    guard !addresses.contains(where: { $0.otherEnd != nil }) else { return [] }
    let text = addresses.map { "\($0.address)/\($0.prefixLength)" }.joined(separator: ", ")
    return [
      Finding(
        .warning, "probe-address", bound.vpn.name,
        seen: "\(bound.link.name) has \(text), which does not identify the other end, and "
          + "destination-ip is not set",
        why: "probes go to \(peer), which a Linux peer answers outside the tunnel unless it routes "
          + "\(addresses[0].address) into it",
        fix: lines(bound.vpn, "destination-ip = \"the address of the peer's link\""))
    ]
  }

  /// A key of a VPN's vpn-monitor.
  private func lines(_ vpn: VPN, _ line: String) -> Finding.Fix {
    .init(
      file: configPath, lines: ["# in [vpn.\(vpn.name).vpn-monitor]:", line],
      commands: ["vpnagent reload"])
  }

  // MARK: Routing daemons

  private static let bird: UInt8 = 12

  var routeOwnerFindings: [Finding] {
    monitored.compactMap { bound in
      let mine = routes.filter { route in
        route.routeProtocol == Self.bird
          && route.legs.contains { $0.linkIndex == bound.link.index }
      }
      guard bound.vpn.linkControl == .oper, let first = mine.first else { return nil }
      let prefixes = mine.filter { $0.identity.table == 254 }.map {
        "\"\($0.identity.destination)\""
      }
      return Finding(
        .warning, "route-owner", bound.vpn.name,
        seen: "\(first) through \(bound.link.name) is BIRD's",
        why: "BIRD ignores that the link is held: traffic on its route is lost in the tunnel",
        fix: .init(
          file: configPath,
          lines: [
            "# in [vpn.\(bound.vpn.name)], and out of BIRD's configuration:",
            "routes = [\(prefixes.prefix(8).joined(separator: ", "))]",
          ], commands: ["vpnagent reload"]))
    }
  }

  // MARK: systemd-networkd

  var networkdFindings: [Finding] {
    guard processes.contains(where: { $0.name == "systemd-network" }) else { return [] }
    return monitored.compactMap { bound in
      let name = bound.link.name
      guard bound.vpn.linkControl != .none,
        let file = networkdFiles.first(where: { $0.fits(name) }), !file.keepsHeldLinks
      else { return nil }
      let base = file.path.split(separator: "/").last.map(String.init) ?? "\(name).network"
      let missing = file.configuresWithoutCarrier ? "IgnoreCarrierLoss" : "ConfigureWithoutCarrier"
      return Finding(
        .error, "networkd", bound.vpn.name,
        seen: "\(file.path) has \(name), without \(missing)=yes",
        why: "networkd treats a held link as a lost carrier and removes its addresses and routes",
        fix: .init(
          file: "/etc/systemd/network/\(base).d/vpnagent.conf",
          lines: ["[Network]", "ConfigureWithoutCarrier=yes", "IgnoreCarrierLoss=yes"],
          commands: ["networkctl reload"]))
    }
  }

  // MARK: Who else looks after links

  var togglerFindings: [Finding] {
    let names = Set(monitored.map(\.link.name))
    let known: [(process: String, why: String)] = [
      ("keepalived", "it treats a held link (not RUNNING) as a fault and gives up its addresses"),
      ("NetworkManager", "it may set the link down and up, or take its addresses"),
      ("ifplugd", "it sets links down and up by carrier, which a held link lacks"),
    ]
    return known.filter { item in processes.contains { $0.name == item.process } }
      .flatMap { item in
        watcherFiles.filter { $0.path.contains(item.process) }.flatMap { file in
          Self.words(of: file.text).intersection(names).sorted().map { name in
            Finding(
              .warning, "watcher", name,
              seen: "\(item.process) runs, and \(file.path) names \(name)",
              why: item.why,
              fix: .init("sed -i 's/\\<\(name)\\>/# &/' \(file.path)   # or track another link"))
          }
        }
      }
  }

  /// Words outside of comments.
  private static func words(of text: String) -> Set<String> {
    let lines = text.split(separator: "\n").map { $0.prefix { $0 != "#" && $0 != "!" } }
    return Set(
      lines.flatMap { $0.split { " \t,;={}\"".contains($0) } }.map(String.init))
  }
}
