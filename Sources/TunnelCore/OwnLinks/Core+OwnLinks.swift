/// Which links of the agent's own are wanted, and how they are served with routes and rules.
extension Core {
  /// Makes what is missing and removes what nobody needs, of if_ids of which something changed.
  mutating func reconcileOwnLinks(at now: Instant) {
    guard hasStarted, !isEnding else { return }
    let all = ownLinks.isAllDirty ? everyOwnLink() : []
    for ifID in ownLinks.takeDirty(ofAll: all) {
      let isWanted = isOwnLinkWanted(ifID)
      let link = ownLink(ifID)
      serveOwnLink(ifID, isNeeded: isWanted || link != nil)
      ownLinks.reconcile(ifID, isWanted: isWanted, link, at: now, &out)
    }
  }

  /// if_ids of sets without a link, of links of the agent's own, and of what such links had.
  private func everyOwnLink() -> Set<UInt32> {
    let linkless = tunnelIndex.linkless.compactMap { tunnels[$0] }.flatMap(\.monitors)
    let ids = linkless.compactMap { monitors[$0]?.key.ifID }.filter { $0 != 0 }
    let served = gates.routes.served.compactMap(Link.ifID(ofOwn:))
    return Set(ids + served).union(
      kernel.links.own.compactMap { if case .xfrm(let ifID) = $0.kind { ifID } else { nil } })
  }

  private func ownLink(_ ifID: UInt32) -> Link? { kernel.links.xfrm(ifID).first(where: \.isOwn) }

  /// Sets with an if_id that are to be probed and have no link of the operator's.
  private func linklessSets(_ ifID: UInt32) -> [(key: SASetKey, tunnel: Tunnel)] {
    kernel.sas.keys(ifID: ifID).compactMap { key in
      guard let tunnel = tunnelOfSet(key).flatMap({ tunnels[$0] }), tunnel.link == nil,
        tunnel.monitor != nil
      else { return nil }
      return (key, tunnel)
    }
  }

  private func isOwnLinkWanted(_ ifID: UInt32) -> Bool {
    guard !hasExternalLink, !isStandby else { return false }
    return linklessSets(ifID).contains { key, tunnel in
      guard let set = kernel.sas.sets[key] else { return false }
      return unmatchedMark(tunnel, key) == nil && link(for: set)?.isOwn ?? true
    }
  }

  /// Routes and rules of one. The rule that nothing is forwarded comes before the link.
  private mutating func serveOwnLink(_ ifID: UInt32, isNeeded: Bool) {
    let name = Link.ownName(ifID)
    let link = kernel.link(named: name)
    // A device of somebody else's that has the name.
    let isWanted = isNeeded && link?.isOwn ?? true
    let request = RouteGuard.Request(
      link: name, index: link?.index, isAdminUp: link?.isAdminUp ?? false, guardProtocols: [],
      owned: [], heldRoute: .none,
      probeDestinations: link.map { destinations(ifID, by: $0.index) } ?? [])
    let steps = gates.routes.serve(request, isWanted: isWanted)
    if !steps.isEmpty { out.send(.gate(.change(GatePlan(link: name, steps: steps)))) }
  }

  /// Where IPv6 probes through one of them go.
  private func destinations(_ ifID: UInt32, by index: Int32) -> Set<IPAddress> {
    var found: Set<IPAddress> = []
    for (key, tunnel) in linklessSets(ifID) {
      for purpose in [Purpose.verifyPath, .vpnMonitor] {
        guard case .success(let path) = path(of: tunnel, through: key, for: purpose),
          path.way == .link(index), path.destination.family == .ipv6
        else { continue }
        found.insert(path.destination)
      }
    }
    return found
  }

  /// A probe is about to leave: its route is made first, if it is a link of the agent's own and the
  /// destination is a new one.
  mutating func leadProbe(_ path: ProbePath) {
    guard case .link(let index) = path.way, path.destination.family == .ipv6,
      let link = kernel.links[index], link.isOwn, case .xfrm(let ifID) = link.kind,
      !gates.routes.leads(to: path.destination, by: index)
    else { return }
    ownLinks.touch(ifID)
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
    let ids = everyOwnLink().sorted()
    for link in kernel.links.own.sorted(by: { $0.index < $1.index }) {
      out.send(.gate(.removeLink(index: link.index)))
    }
    for ifID in ids { serveOwnLink(ifID, isNeeded: false) }
  }

  /// An XFRM interface came, went or changed: sets that waited for it are probed at once. One for all
  /// if_ids is in the way of any.
  mutating func xfrmLinkChanged(_ ifID: UInt32, at now: Instant) {
    if ifID == 0 { ownLinks.touchAll() } else { ownLinks.touch(ifID) }
    guard ownLinks.isBusy else { return }
    let waiting =
      ifID == 0
      ? monitors.keys : kernel.sas.keys(ifID: ifID).compactMap { monitorOfSet[$0] }
    for id in waiting.sorted() {
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
  public static func isOwnName(_ name: String) -> Bool { ifID(ofOwn: name) != nil }

  /// The if_id that one of this name would be for; nil: it is no name of theirs.
  static func ifID(ofOwn name: String) -> UInt32? {
    guard name.hasPrefix("vpa"), let ifID = UInt32(name.dropFirst(3), radix: 16), ifID != 0,
      name == ownName(ifID)
    else { return nil }
    return ifID
  }
}
