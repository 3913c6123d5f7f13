/// Another configuration while the agent runs.
///
/// Tunnels whose VPN stays keep their id, state, window and gate. What is different applies from
/// now on; nothing is cleared or held by it. SAs of a tunnel that is added, or monitored from now
/// on, are adopted as at start.
extension Core {
  mutating func reload(_ new: Configuration, at now: Instant) -> Answer {
    let old = configuration
    let change = ConfigurationChange(from: old, to: new)
    let guarded = guardedLinks
    isReloading = true
    configuration = new
    configuration.viciSocket = old.viciSocket
    clearPolicy.adopt(new)
    // What an earlier run left was dealt with at start.
    gates.forgetEarlierRun()
    dropTunnels(change, at: now)
    reconfigure(new.vpns, at: now)
    sortTunnels()
    for tunnel in tunnels.values where !tunnel.isConfigured { applyTemplate(to: tunnel, at: now) }
    rebindSets(at: now)
    for index in kernel.links.keys.sorted() {
      if let link = kernel.links[index] { awaitSAs(on: link, at: now) }
    }
    for id in tunnels.keys { reconcile(id, at: now) }
    gatewayAddresses.adopt(new)
    daemonDPD.adopt(gatewayAddresses)
    reconcilePeers(at: now)
    for id in tunnels.keys { updateFailureCensus(id, at: now) }
    // A link that another VPN has taken over was settled; the others belong to nobody now.
    for link in guarded.subtracting(guardedLinks).sorted() { abandonGate(link) }
    ownLinks.touchAll()
    endMassFailure(at: now)
    badSPI.endCapture(&out)
    reconcileBadSPI(at: now)
    lookForListeners()
    isReloading = false
    return Answer(isDone: true, lines: change.lines)
  }

  private var guardedLinks: Set<String> {
    Set(tunnels.values.compactMap { $0.isGuarded ? $0.link : nil })
  }

  // MARK: Configured tunnels

  /// Takes out the tunnels of VPNs that are gone, or stand for something else now; and discovered
  /// ones whose link a VPN names from now on. No alarm is raised: the operator wanted it.
  private mutating func dropTunnels(_ change: ConfigurationChange, at now: Instant) {
    let gone = Set(
      change.vpns.compactMap { item -> String? in
        switch item.kind {
        case .removed, .replaced: item.name
        case .added, .changed: nil
        }
      })
    let named = Set(configuration.vpns.compactMap(\.bindInterface))
    var over: Set<TunnelID> = []
    for tunnel in tunnels.values {
      let isOver =
        tunnel.isConfigured
        ? gone.contains(tunnel.name) : tunnel.link.map(named.contains) ?? false
      if isOver { over.insert(tunnel.id) }
    }
    for id in over.sorted() { drop(id, at: now) }
    tunnels.removeAll(over)
    renegotiator.forget(over)
  }

  private mutating func drop(_ id: TunnelID, at now: Instant) {
    endVerification(id)
    if let name = tunnels[id]?.name { gates.disk.mustSay(of: memory.note(failure: nil, of: name)) }
    out.timers.set(.trigger(id), to: nil)
    for monitor in tunnels[id]?.monitors ?? [] { drop(monitor, at: now) }
    tunnelIndex.forgetSAs(of: id)
    out.journal.forget(id)
    out.timers.set(.tunnel(id), to: nil)
    clearPolicy.mass.forget(id)
    out.timers.set(.command(id), to: nil)
  }

  /// The file's VPNs as they are now: new tunnels, or other settings of those that there are.
  private mutating func reconfigure(_ vpns: [VPN], at now: Instant) {
    let known = Dictionary(
      tunnels.values.lazy.filter(\.isConfigured).map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    for vpn in vpns {
      if let tunnel = known[vpn.name] {
        apply(vpn, nil, to: tunnel, at: now)
      } else {
        addTunnel(name: vpn.name, vpn: vpn, link: vpn.bindInterface, at: now)
      }
    }
  }

  /// The file's order, discovered ones after it; and they are found by what the file says now.
  private mutating func sortTunnels() {
    let place = Dictionary(
      configuration.vpns.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first }
    )
    func rank(_ tunnel: Tunnel) -> (Int, TunnelID) {
      (tunnel.isConfigured ? place[tunnel.name] ?? .max : .max, tunnel.id)
    }
    tunnels.sort { rank($0) < rank($1) }
    tunnelIndex = TunnelIndex(configuration, tunnels.values)
    for id in tunnels.keys { noteWholeness(id) }
  }

  // MARK: Discovered tunnels

  /// A discovered tunnel has the settings of the first template that fits it now.
  private mutating func applyTemplate(to tunnel: Tunnel, at now: Instant) {
    let link = kernel.link(named: tunnel.link)
    let keys = tunnel.monitors.compactMap { monitors[$0]?.key }
    let fitting =
      keys.isEmpty
      ? [template(for: link, ifID: 0, peer: tunnel.endpoints?.remote)]
      : keys.map { template(for: link, ifID: $0.ifID, peer: $0.remote) }
    let best = fitting.min { rank($0?.name) < rank($1?.name) } ?? nil
    let vpn = best?.vpn(named: tunnel.name, link: tunnel.link)
    if vpn != tunnel.vpn { apply(vpn, best?.name, to: tunnel, at: now) }
  }

  // MARK: Settings

  /// A tunnel has these settings from now on.
  private mutating func apply(
    _ vpn: VPN?, _ template: String?, to tunnel: Tunnel, at now: Instant
  ) {
    tunnels[tunnel.id]?.template = template
    tunnels[tunnel.id]?.vpn = vpn
    if let changed = tunnels[tunnel.id] { tunnelIndex.noteDestinations(of: changed) }
    revise(tunnel.id, insteadOf: tunnel, at: now)
    guard vpn?.monitor != tunnel.monitor else { return }
    for id in tunnel.monitors {
      if let old = tunnel.monitor, let new = vpn?.monitor {
        apply(new, insteadOf: old, to: id, at: now)
      } else {
        if monitors[id]?.path?.way.needsSocket == true { out.send(.probe(.end(id))) }
        monitors[id]?.path = nil
        restartForNewSettings(id, at: now)
      }
    }
  }

  /// Other timers, another mode, other addresses: the window goes on.
  private mutating func apply(
    _ new: Monitor, insteadOf old: Monitor, to id: MonitorID, at now: Instant
  ) {
    guard let monitor = monitors[id], let tunnel = tunnels[monitor.tunnel] else { return }
    let longest = timeout(of: tunnel, new)
    monitors[id]?.window.adjust(timeout: longest, threshold: new.threshold, at: now)
    monitors[id]?.nextProbe = monitor.nextProbe.map { min($0, now.advanced(by: new.interval)) }
    if new.mode == .optimized, old.mode != .optimized {
      monitors[id]?.meter.startAtNextReading()
      readCounters(id)
    }
    // What was sent elsewhere is no evidence.
    if case .success(let path) = path(of: tunnel, through: monitor.key, for: monitor.purpose),
      let last = monitor.path, path != last
    {
      monitors[id]?.window.forgetOutstanding()
    }
    if old.verifyPath == nil, new.verifyPath != nil { verifyFromNowOn(id, at: now) }
    if new.verifyPath == nil, monitor.phase == .verifying {
      monitors[id]?.isVerified = true
      if !mustRecover(tunnel, at: now) {
        monitors[id]?.enter(.up, because: .excused, on: .reloaded)
      }
    }
    if new.neverAnswered != old.neverAnswered { judgeSilenceAnew(id) }
    schedule(id)
  }
  /// verify-path is asked for from now on: SAs that are there are verified as after a restart of the
  /// agent, the link stays as found until they fail. What is held stays held.
  private mutating func verifyFromNowOn(_ id: MonitorID, at now: Instant) {
    guard let monitor = monitors[id] else { return }
    switch monitor.phase {
    case .up: restartForNewSettings(id, at: now)
    case .verifying: monitors[id]?.isVerified = false
    case .incomplete, .observed, .standby, .down: break
    }
  }
}
