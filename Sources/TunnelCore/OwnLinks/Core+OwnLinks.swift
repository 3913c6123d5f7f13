/// Which links of the agent's own are wanted, and how they are served with routes and rules.
extension Core {
  /// Makes what is missing and removes what nobody needs.
  mutating func reconcileOwnLinks(at now: Instant) {
    guard hasStarted, !isEnding else { return }
    let wanted = wantedOwnLinks()
    let present = presentOwnLinks()
    serveOwnLinks(wanted, present)
    ownLinks.reconcile(wanted, present, at: now, &out)
  }

  /// if_ids of sets that are to be probed and have no link of the operator's.
  private func wantedOwnLinks() -> Set<UInt32> {
    guard !hasExternalLink, !isStandby else { return [] }
    let linkless = tunnelIndex.linkless.compactMap { tunnels[$0] }.filter { $0.monitor != nil }
    return linkless.reduce(into: []) { wanted, tunnel in
      for key in tunnel.monitors.compactMap({ monitors[$0]?.key }) where key.ifID != 0 {
        guard let set = kernel.sas.sets[key], unmatchedMark(tunnel, key) == nil,
          link(for: set)?.isOwn ?? true
        else { continue }
        wanted.insert(key.ifID)
      }
    }
  }

  /// Routes and rules of theirs. The rule that nothing is forwarded comes before the link.
  private mutating func serveOwnLinks(_ wanted: Set<UInt32>, _ present: [UInt32: Link]) {
    let names = wanted.union(present.keys).map(Link.ownName)
    for name in Set(names).union(gates.routes.served).sorted() {
      let link = kernel.link(named: name)
      // A device of somebody else's that has the name.
      let isWanted = names.contains(name) && link?.isOwn ?? true
      let request = RouteGuard.Request(
        link: name, index: link?.index, isAdminUp: link?.isAdminUp ?? false, guardProtocols: [],
        owned: [], heldRoute: .none,
        probeDestinations: link.map { destinations(by: $0.index) } ?? [])
      let steps = gates.routes.serve(request, isWanted: isWanted)
      if !steps.isEmpty { out.send(.gate(.change(GatePlan(link: name, steps: steps)))) }
    }
  }

  /// Where IPv6 probes through one of them go.
  private func destinations(by index: Int32) -> Set<IPAddress> {
    let linkless = tunnelIndex.linkless.compactMap { tunnels[$0] }.filter { $0.monitor != nil }
    return linkless.reduce(into: []) { found, tunnel in
      for key in tunnel.monitors.compactMap({ monitors[$0]?.key }) {
        for purpose in [Purpose.verifyPath, .vpnMonitor] {
          guard case .success(let path) = path(of: tunnel, through: key, for: purpose),
            path.way == .link(index), path.destination.family == .ipv6
          else { continue }
          found.insert(path.destination)
        }
      }
    }
  }

  /// A probe is about to leave: its route is made first, if it is a link of the agent's own and the
  /// destination is a new one.
  mutating func leadProbe(_ path: ProbePath) {
    guard case .link(let index) = path.way, path.destination.family == .ipv6,
      kernel.links[index]?.isOwn == true, !gates.routes.leads(to: path.destination, by: index)
    else { return }
    ownLinks.touch()
  }

  private func presentOwnLinks() -> [UInt32: Link] {
    kernel.links.own.reduce(into: [:]) { present, link in
      if case .xfrm(let ifID) = link.kind { present[ifID] = link }
    }
  }

  /// Whether an XFRM interface of mode `external` serves all if_ids: a link for one of them would
  /// take its packets away (net/xfrm/xfrm_interface_core.c, `xfrmi_rcv_cb`).
  private var hasExternalLink: Bool { kernel.links.xfrm(0).contains { !$0.hasSAsElsewhere } }

  /// Why SAs with an if_id cannot be probed just now.
  func ownLinkObstacle(_ ifID: UInt32) -> ProbeObstacle {
    if hasExternalLink { return .externalLink(ifID) }
    return .ownLink(Link.ownName(ifID), ownLinks.failure(ifID))
  }

  /// The agent ends: nothing of it stays.
  mutating func removeOwnLinks() {
    for link in presentOwnLinks().values.sorted(by: { $0.index < $1.index }) {
      out.send(.gate(.removeLink(index: link.index)))
    }
    serveOwnLinks([], [:])
  }

  /// One came, went or changed: sets that waited for it are probed at once.
  mutating func xfrmLinkChanged(at now: Instant) {
    ownLinks.touch()
    guard ownLinks.isBusy else { return }
    for id in monitors.keys.sorted() {
      guard let monitor = monitors[id], monitor.obstacle?.isAboutOwnLink == true,
        monitor.nextProbe != nil
      else { continue }
      monitors[id]?.nextProbe = now
      schedule(id)
    }
  }
}

extension Link {
  /// Name of the agent's own link for an if_id: at most 11 characters.
  public static func ownName(_ ifID: UInt32) -> String { "vpa" + String(ifID, radix: 16) }

  /// Whether this is one of them. What came from another namespace is another agent's.
  public var isOwn: Bool {
    guard !hasSAsElsewhere else { return false }
    return if case .xfrm(let ifID) = kind { ifID != 0 && name == Self.ownName(ifID) } else { false }
  }

  /// Whether one of them could have this name.
  public static func isOwnName(_ name: String) -> Bool {
    guard name.hasPrefix("vpa"), let ifID = UInt32(name.dropFirst(3), radix: 16) else {
      return false
    }
    return ifID != 0 && name == ownName(ifID)
  }
}
