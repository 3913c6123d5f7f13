/// What the kernel says: SAs, links, addresses, routes.
extension Core {
  mutating func loadSnapshot(_ snapshot: Snapshot, at now: Instant) {
    let isFirst = !hasStarted
    pending.begin()
    // Routes first: no gate may be settled by what it was before.
    replaceRoutes(snapshot.routes, snapshot.nexthops, links: snapshot.links, at: now)
    gates.routes.replaceRules(snapshot.rules)
    replaceLinks(snapshot.links, at: now)
    warnOfLost(
      gates.routes.forgetWithdrawn(
        by: gates.routes.linksOnRecord.subtracting(snapshot.links.map(\.index))))
    kernel.replaceAddresses(snapshot.addresses)
    replacePolicies(snapshot.policies, at: now)

    let known = Set(snapshot.sas.map(\.key))
    // New SAs of a set come before its old ones go, as in a rekey that is seen: it never is without.
    if !isFirst { for sa in snapshot.sas where kernel.isNewInSet(sa) { insert(sa, at: now) } }
    for key in kernel.sas.keys where !known.contains(key) { remove(key, at: now) }
    for sa in snapshot.sas { insert(sa, at: now) }
    hasStarted = true
    let reasons = pending.endOfTunnels()
    for id in tunnels.keys { reconcile(id, because: reasons[id], at: now) }
    let links = pending.endOfLinks().union(gates.names)
    for name in links.sorted() { reconcileGate(name, at: now) }
    if isFirst {
      cleanUp(at: now)
      lookForListeners()
    }
    ownLinks.touchAll()
    reconcileOwnLinks(at: now)
    reconcileBadSPI(at: now)
    ownLinks.endStart()
  }

  /// After the first snapshot: what an earlier run left behind for links nobody asks for now.
  /// Again when a step of it failed.
  mutating func cleanUp(at now: Instant) {
    releaseUnowned()
    let stale = gates.routes.sweep()
    if !stale.isEmpty {
      log(.info, "-", "removing \(counted(stale.count, "route")) left by an earlier run")
      out.send(.gate(.change(GatePlan(link: RouteGuard.nobody, steps: stale))))
    }
  }

  /// What is held of links that no tunnel asks for.
  mutating func releaseUnowned() {
    let mine = Set(tunnels.values.compactMap { isGuarded($0) ? $0.link : nil })
    for name in gates.routes.record.links.map(\.name) where !mine.contains(name) {
      releaseGate(name, because: "was held by an earlier run and is not configured")
    }
  }

  // MARK: SAs

  mutating func insert(_ sa: SecurityAssociation, at now: Instant) {
    let isNew = !kernel.sas.contains(sa.key)
    if !isNew { note(sa.counts, of: sa.key) }
    for key in kernel.insert(sa) {
      let joined = isNew && sa.key.destination == key.remote ? monitorOfSet[key] : nil
      let (isUnproven, isRekey) =
        joined.flatMap { id in monitors.with(id) { ($0.isUnproven, $0.isWhole) } } ?? (false, false)
      refresh(key, at: now)
      if let joined, isUnproven {
        restartForNewSAs(joined, at: now)
      } else if isRekey, let joined, let tunnel = monitors[joined]?.tunnel {
        note(.rekeyed, of: tunnel, at: now)
      }
      if isNew {
        if peers.isWatching(key.remote) {
          route(peers.exchanged(through: key, peerContext, at: now, &out), at: now)
        }
        gatewayAddresses.isInUse(key.remote)
        hearPeer(key.remote, "new SAs", at: now)
      }
      reconcilePeer(key.remote, at: now)
    }
    if isNew { noteArrival(of: sa.key, at: now) }
  }

  /// - Parameter counts: its last ones; nil where the kernel did not say them.
  mutating func remove(
    _ sa: SAKey, _ counts: SACounts? = nil, isExpired: Bool = false, at now: Instant
  ) {
    if let counts { note(counts, of: sa) }
    guard let key = kernel.sas.remove(sa) else { return }
    noteDeparture(of: sa, from: key, isExpired: isExpired, at: now)
    refresh(key, at: now)
    reconcilePeer(key.remote, at: now)
  }

  mutating func flush(_ ipProtocol: UInt8, at now: Instant) {
    let isAll = ipProtocol == 0 || ipProtocol == 255
    for key in kernel.sas.keys where isAll || key.ipProtocol == ipProtocol { remove(key, at: now) }
  }

  // MARK: Links and addresses

  mutating func insert(_ link: Link, at now: Instant) {
    let old = kernel.links.insert(link)
    noteScope(of: link)
    hearLink(link, insteadOf: old, at: now)
    gates.linkSeen(link, &out)
    if old?.isAdminUp == true, !link.isAdminUp { routesMayHaveGone(link.index) }
    if old?.kind != link.kind || old?.name != link.name {
      if let old, old.name != link.name {
        renameTunnels(link, from: old.name, at: now)
        reconcileGate(old.name, at: now)
      }
      rebindSets([old, link].compactMap { $0 }, at: now)
      awaitSAs(on: link, at: now)
    }
    let isSame = old?.kind == link.kind && old?.name == link.name
    if !isSame || old?.isAdminUp != link.isAdminUp || old?.boundTo != link.boundTo {
      noteXfrmLinks([old, link].compactMap(\.self), at: now)
      reconcileTwins(of: [old, link].compactMap(\.self), at: now)
    }
    reconcileGate(link.name, at: now)
  }

  private mutating func noteXfrmLinks(_ changed: [Link], at now: Instant) {
    for link in changed {
      if case .xfrm(let ifID) = link.kind { xfrmLinkChanged(ifID, at: now) }
      // Somebody else's device may have the name of one of the agent's.
      if let ifID = Link.ifID(ofOwn: link.name) { ownLinks.touch(ifID) }
    }
  }

  /// Another of VTIs between the same ends may take the peer's ESP now.
  private mutating func reconcileTwins(of changed: [Link], at now: Instant) {
    for name in Set(changed.flatMap(kernel.links.twins(of:)).map(\.name)).sorted() {
      reconcileGate(name, at: now)
    }
  }

  mutating func removeLink(_ index: Int32, at now: Instant) {
    guard let link = kernel.links.remove(index) else { return }
    routesMayHaveGone(index)
    routeScope.forget(index)
    gates.forgetAdmin(link.name)
    warnOfLost(gates.routes.forgetWithdrawn(by: [index]))
    rebindSets([link], at: now)
    noteXfrmLinks([link], at: now)
    reconcileTwins(of: [link], at: now)
    reconcileGate(link.name, at: now)
  }

  private mutating func warnOfLost(_ lost: [Route]) {
    guard !lost.isEmpty else { return }
    log(
      .warning, "-",
      "withdrawn routes gone with their link: \(lost.map(\.description).joined(separator: " "))")
  }

  mutating func insert(_ address: InterfaceAddress, at now: Instant) {
    hearAddress(address, at: now)
    kernel.insert(address)
    for sa in kernel.sas.withoutDirection { insert(sa, at: now) }
    if let name = kernel.links[address.linkIndex]?.name { reconcileGate(name, at: now) }
  }

  mutating func remove(_ address: InterfaceAddress, at now: Instant) {
    guard kernel.remove(address) else { return }
    if gates.routes.mayHaveLost(with: address) { routeReading.want() }
    if address.address.family == .ipv4 {
      let isLast =
        kernel.addresses[address.linkIndex]?.contains { $0.address.family == .ipv4 } != true
      fitness.peerRoutes.forgetRoutes(with: address, isLast: isLast)
    }
    if let name = kernel.links[address.linkIndex]?.name { reconcileGate(name, at: now) }
  }

  private mutating func replaceLinks(_ list: [Link], at now: Instant) {
    let present = Set(list.map(\.index))
    for index in kernel.links.keys.sorted() where !present.contains(index) {
      removeLink(index, at: now)
    }
    for link in list {
      if let old = kernel.links.insert(link), old.name != link.name {
        renameTunnels(link, from: old.name, at: now)
      }
      noteScope(of: link)
      gates.linkSeen(link, isDumped: true, &out)
    }
    rebindSets(at: now)
    for link in list { awaitSAs(on: link, at: now) }
  }

  // MARK: Routes

  mutating func observe(_ route: Route, _ change: RouteChange, at now: Instant) {
    let bereft = gates.routes.displace(by: route, change)
    gates.routes.observe(route, change)
    fitness.peerRoutes.observe(route, change)
    hearRoute(route, at: now)
    reconcileGates(of: route, at: now)
    for name in bereft { reconcileGate(name, at: now) }
    judgeAgain(for: route, at: now)
  }

  mutating func forget(_ route: Route, at now: Instant) {
    fitness.peerRoutes.forget(route)
    for name in gates.routes.forget(route) {
      if let ifID = Link.ifID(ofOwn: name) { ownLinks.touch(ifID) }
      reconcileGate(name, at: now)
    }
    reconcileGates(of: route, at: now)
    for name in gates.routes.lacking(inThePlaceOf: route) { reconcileGate(name, at: now) }
    judgeAgain(for: route, at: now)
  }

  mutating func replaceRoutes(_ all: [Route], _ nexthops: [Nexthop], at now: Instant) {
    replaceRoutes(all, nexthops, links: Array(kernel.links.values), at: now)
    for name in gates.names { reconcileGate(name, at: now) }
  }

  private mutating func replaceRoutes(
    _ all: [Route], _ nexthops: [Nexthop], links: [Link], at now: Instant
  ) {
    let up = Set(links.filter(\.isAdminUp).map(\.index))
    let tunnels = Set(links.filter { mayHold($0) }.map(\.index))
    fitness.replaceRoutes(all, tunnels: tunnels)
    gates.routes.dumpBegins()
    let crowded = gates.routes.crowded
    warnOfLost(gates.routes.replaceAll(all, nexthops: nexthops, isUp: up.contains))
    warnOfCrowds(gates.routes.crowded.subtracting(crowded), in: all, by: tunnels)
    routeReading.read(isUnsettled: gates.routes.needsDump, at: now, &out)
  }

  private mutating func warnOfCrowds(
    _ crowded: Set<Route.Identity>, in all: [Route], by tunnels: Set<Int32>
  ) {
    guard !crowded.isEmpty else { return }
    let mine = all.filter { route in
      crowded.contains(route.identity) && route.legs.contains { tunnels.contains($0.linkIndex) }
    }
    for id in Set(mine.map(\.identity)).sorted() {
      log(
        .warning, "-",
        "several routes to \(id) share one metric: they stay while their link is held; give each "
          + "its own metric")
    }
  }

  /// Why the kernel's routes could not be read; nil when they were.
  public var routesObstacle: String? { routeReading.failure }

  mutating func routesNotRead(_ message: String, at now: Instant) {
    routeReading.failed(message, at: now, &out)
  }

  /// Asks for a dump when one is needed and the last one is long enough ago; else a timer does.
  mutating func readRoutesIfNeeded(at now: Instant) {
    if gates.routes.needsDump { routeReading.want() }
    if routeReading.ask(at: now, &out) { gates.routes.dumpBegins() }
  }

  mutating func observe(_ nexthop: Nexthop, at now: Instant) {
    let old = gates.routes.nexthops[nexthop.id]
    let wasElsewhere = old.map(isElsewhere) ?? true
    let before = gates.routes.links(concernedBy: nexthop.id)
    gates.routes.observe(nexthop)
    if wasElsewhere, isElsewhere(nexthop) { return }
    // What goes by it was not kept.
    if old != nil, wasElsewhere { routeReading.want() }
    let links = before.union(gates.routes.links(concernedBy: nexthop.id))
    for name in links.compactMap({ kernel.links[$0]?.name }).sorted() where gates[name] != nil {
      reconcileGate(name, at: now)
    }
  }

  /// The kernel removes its routes too, IPv4 ones without a word.
  mutating func forgetNexthop(_ id: UInt32) {
    let isOurs = gates.routes.nexthops[id].map { !isElsewhere($0) } ?? false
    gates.routes.forgetNexthop(id)
    if isOurs { routeReading.want() }
  }

  mutating func forget(_ rule: ProbeRule, at now: Instant) {
    gates.routes.forget(rule)
    if let ifID = Link.ifID(ofOwn: rule.link) { ownLinks.touch(ifID) }
    reconcileGate(rule.link, at: now)
  }

  private mutating func reconcileGates(of route: Route, at now: Instant) {
    let names = gates.routes.legLinks(route).compactMap { kernel.links[$0]?.name }
    for name in names where gates[name] != nil { reconcileGate(name, at: now) }
  }

  /// The kernel drops IPv4 routes without an event when a link goes down or an address leaves
  /// (net/ipv4/fib_frontend.c, `fib_disable_ip`).
  private mutating func routesMayHaveGone(_ index: Int32) {
    let mayHaveLost = gates.routes.goes(by: index)
    gates.routes.forgetRoutes(onLink: index)
    fitness.peerRoutes.forgetRoutes(onLink: index)
    if mayHaveLost { routeReading.want() }
  }
}
