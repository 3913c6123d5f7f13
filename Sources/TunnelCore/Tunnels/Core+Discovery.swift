/// Which tunnel a set belongs to: a configured VPN's that claims it, else one that is discovered
/// by it. A discovered tunnel that a template fits is a full one, monitored and gated; it is known
/// as long as its link exists, so that its gate is right before the first SA and after the last.
extension Core {
  /// Tunnels of a link, the oldest first.
  func tunnels(on link: String) -> [Tunnel] {
    (tunnelIndex.onLink[link] ?? []).compactMap { tunnels[$0] }
  }

  // MARK: Sets find their tunnel

  /// Every set may belong elsewhere now.
  mutating func rebindSets(at now: Instant) {
    rebindSets(Array(kernel.sas.sets.keys), monitors.keys.sorted(), at: now)
  }

  /// These links came, changed or went: the sets that they carry or carried may belong elsewhere.
  mutating func rebindSets(_ changed: [Link], at now: Instant) {
    let former = changed.flatMap { tunnels(on: $0.name) }
    let ids = former.flatMap(\.monitors)
    let carried = changed.flatMap { kernel.sas.keys(carriedBy: $0) }
    rebindSets(Array(Set(carried + ids.compactMap { monitors[$0]?.key })), ids, at: now)
    for tunnel in former where !tunnel.isConfigured { reconcile(tunnel.id, at: now) }
  }

  private mutating func rebindSets(_ keys: [SASetKey], _ ids: [MonitorID], at now: Instant) {
    for key in keys.sorted(by: { ($0.remote, $0.reqid) < ($1.remote, $1.reqid) }) {
      refresh(key, at: now)
    }
    for id in ids where isHomeless(id) { endAbsence(id, at: now) }
  }

  /// Whether a set that may come back could only do so through a link that is gone.
  private func isHomeless(_ id: MonitorID) -> Bool {
    guard let monitor = monitors[id], monitor.absentUntil != nil,
      let name = tunnels[monitor.tunnel]?.link
    else { return false }
    return kernel.link(named: name) == nil
  }

  /// The tunnel of a set; makes one for a set that no configured VPN claims. nil while the set's
  /// outbound SA, which alone carries the mark, is still to come.
  mutating func tunnel(for set: SASet, at now: Instant) -> TunnelID? {
    if set.outbound.isEmpty { return tunnelOfSet(set.key) }
    if let configured = claimant(of: set) ?? formerTunnel(of: set) { return configured }
    let link = link(of: set)
    let name = link?.name ?? "\(set.key.remote)#\(set.key.reqid)"
    if let known = tunnelIndex.discovered[name] {
      reassignTemplate(known, for: set.key, at: now)
      return known
    }
    let template = self.template(for: link, ifID: set.key.ifID, peer: set.key.remote)
    return discover(name, template, link?.name, at: now)
  }

  /// The configured tunnel of a set: one whose link is for it, else one without a link, else one
  /// whose link the kernel would send through it too.
  private mutating func claimant(of set: SASet) -> TunnelID? {
    let bidders = (tunnelIndex.ofPeer[set.key.remote] ?? []).compactMap { id in
      tunnels.with(id) { (id: id, gateway: $0.gateway, link: $0.link) }
    }
    .filter {
      let address = $0.gateway.flatMap { configuration.gateways[$0]?.localAddress }
      return address == nil || address == set.key.local
    }
    func fits(_ name: String?, exactly: Bool) -> Bool {
      guard let link = kernel.link(named: name) else { return false }
      return link.carries(set) && !(exactly && link.isLoose(for: set))
    }
    let found =
      bidders.first { fits($0.link, exactly: true) } ?? bidders.first { $0.link == nil }
      ?? bidders.first { fits($0.link, exactly: false) }
    return found?.id
  }

  // MARK: Templates

  /// The first template that fits a tunnel; none does for a link that a VPN names. What an
  /// earlier run held fitted, though the peer is not known before the first SA.
  func template(for link: Link?, ifID: UInt32, peer: IPAddress?) -> Template? {
    if let link, !link.canHaveTemplate || tunnelIndex.configuredLinks.contains(link.name) {
      return nil
    }
    let wasHeld = !hasStarted && link.flatMap { gates[$0.name]?.wasHeldBefore } == true
    return configuration.templates.first {
      $0.match.fits(link, ifID: ifID, peer: peer, whateverPeer: wasHeld && peer == nil)
    }
  }

  private mutating func discover(
    _ name: String, _ template: Template?, _ link: String?, at now: Instant
  ) -> TunnelID {
    if let template { log(.info, name, "template=\(template.name)") }
    return addTunnel(
      name: name, template: template?.name, vpn: template?.vpn(named: name, link: link),
      link: link, at: now)
  }

  /// A link that a template is for has a tunnel before its first SA.
  mutating func awaitSAs(on link: Link, at now: Instant) {
    guard tunnelIndex.discovered[link.name] == nil,
      let template = template(for: link, ifID: 0, peer: nil)
    else { return }
    reconcile(discover(link.name, template, link.name, at: now), at: now)
  }

  /// A set of a known tunnel may bring the peer that its template waited for. A tunnel with
  /// several peers obeys the template that comes first in the file.
  private mutating func reassignTemplate(_ id: TunnelID, for key: SASetKey, at now: Instant) {
    guard let tunnel = tunnels[id] else { return }
    let template = self.template(
      for: kernel.link(named: tunnel.link), ifID: key.ifID, peer: key.remote)
    let others = tunnel.monitors.contains { monitors[$0]?.key.remote != key.remote }
    if !others || rank(template?.name) < rank(tunnel.template) {
      applyTemplate(template, to: id, at: now)
    }
  }

  func rank(_ template: String?) -> Int {
    configuration.templates.firstIndex { $0.name == template } ?? .max
  }

  private mutating func applyTemplate(_ template: Template?, to id: TunnelID, at now: Instant) {
    guard let tunnel = tunnels[id], tunnel.template != template?.name else { return }
    log(.info, tunnel.name, "template=\(template?.name ?? "-") was=\(tunnel.template ?? "-")")
    tunnels[id]?.template = template?.name
    tunnels[id]?.vpn = template?.vpn(named: tunnel.name, link: tunnel.link)
    if let changed = tunnels[id] { tunnelIndex.noteDestinations(of: changed) }
    // Other sets of it than the one that brought the template have if_ids too.
    if tunnel.link == nil {
      for monitor in tunnel.monitors { ownLinks.touch(monitors[monitor]?.key.ifID ?? 0) }
    }
    for monitor in tunnel.monitors { restartForNewSettings(monitor, at: now) }
    if let link = tunnel.link, tunnel.isGuarded { abandonGate(link) }
  }

  /// The link of a discovered tunnel has another name now: so has the tunnel, and what is held of
  /// the link stays held. What is held of a configured one is given back, unless its new name is
  /// somebody's.
  mutating func renameTunnels(_ link: Link, from old: String, at now: Instant) {
    let discovered = tunnelIndex.discovered[old].flatMap { tunnels[$0] }
    if discovered?.isGuarded == true {
      gates.rename(link.index, from: old, to: link.name)
    } else if gates[old] != nil {
      gates.part(link.index, from: old, to: link.name)
      abandonGate(link.name, because: "is no longer called \(old)")
    }
    guard let tunnel = discovered, !tunnelIndex.configuredLinks.contains(link.name),
      tunnelIndex.discovered[link.name] == nil
    else { return }
    tunnelIndex.remove(tunnel)
    let id = tunnel.id
    tunnels[id]?.name = link.name
    gates.disk.mustSay(of: memory.rename(old, to: link.name))
    tunnels[id]?.link = link.name
    tunnels[id]?.vpn?.name = link.name
    tunnels[id]?.vpn?.bindInterface = link.name
    if let renamed = tunnels[id] { tunnelIndex.insert(renamed) }
    let peer = tunnel.endpoints?.remote
    applyTemplate(template(for: link, ifID: 0, peer: peer), to: id, at: now)
  }

  // MARK: The end of a discovered tunnel

  func isForgettable(_ tunnel: Tunnel) -> Bool {
    guard !tunnel.isConfigured, tunnel.monitors.isEmpty else { return false }
    return tunnel.template == nil || kernel.link(named: tunnel.link) == nil
  }

  mutating func forget(_ id: TunnelID) {
    endVerification(id)
    guard let tunnel = tunnels.removeValue(forKey: id) else { return }
    tunnelIndex.remove(tunnel)
    tunnelIndex.forgetSAs(of: id)
    out.journal.forget(id)
    out.timers.set(.tunnel(id), to: nil)
    clearPolicy.mass.forget(id)
    rememberAttempts(of: tunnel)
    out.timers.set(.command(id), to: nil)
    out.timers.set(.trigger(id), to: nil)
    out.timers.set(.restoration(id), to: nil)
    gates.disk.mustSay(of: memory.note(failure: nil, of: tunnel.name))
    if let link = tunnel.link, tunnel.isGuarded { abandonGate(link) }
  }

  /// Puts back what is held of a link that no tunnel asks for any more.
  mutating func abandonGate(_ link: String, because why: String = "has no tunnel any more") {
    guard hasStarted, !isEnding, gates[link] != nil, guardedTunnels(on: link).isEmpty else {
      return
    }
    gates.demandRelease(link)
    releaseGate(link, because: why)
    gates.remove(link, &out)
  }
}

extension Template.Match {
  fileprivate func fits(
    _ link: Link?, ifID: UInt32, peer: IPAddress?, whateverPeer: Bool
  ) -> Bool {
    if let interface, !(link.map { interface.matches($0.name) } ?? false) { return false }
    if let ifIDs, !ifIDs.contains(link?.ifID ?? ifID) { return false }
    guard let prefix = self.peer, !whateverPeer else { return true }
    return peer.map { prefix.contains($0) } ?? false
  }
}

extension Link {
  /// The if_id of an XFRM interface; nil for other links.
  fileprivate var ifID: UInt32? { if case .xfrm(let ifID) = kind { ifID } else { nil } }

  /// Whether it could be one tunnel's: not the kernel's own devices or the agent's, nor an XFRM
  /// interface for all if_ids.
  fileprivate var canHaveTemplate: Bool {
    switch kind {
    case .vti: !isFallback
    case .xfrm(let ifID): ifID != 0 && !isOwn
    case .other: false
    }
  }
}
