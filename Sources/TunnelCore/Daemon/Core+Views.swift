/// What strongSwan lists and what the kernel has, compared as states: what differs in two looks is
/// brought back, whoever saw it come or go.
extension Core {
  /// How long both may differ: the daemon may be at work, or its messages on their way. An SA that
  /// was seen to go has not so long (`Renegotiation.settleTime`).
  private static let differenceGrace = Duration.seconds(3)

  // MARK: Listed, and not in the kernel

  /// Numbers of the INSTALLED children whose SAs the kernel lacks, one or both, in two looks.
  ///
  /// As a responder charon installs the outbound SA of a rekeyed child late: a child that has another
  /// instance which is whole lacks nothing, unless an SA of it was seen to go.
  mutating func judgeMissing(_ list: [IKESA], at now: Instant) -> Set<UInt32> {
    let installed = list.flatMap(\.children)
      .filter { $0.state == .installed && $0.isTunnel && $0.sas.count == 2 }
    if installed.contains(where: { $0.sas.contains(where: kernel.sas.contains) }) {
      renegotiator.missing.noteShared()
    }
    let whole = Set(installed.filter { $0.sas.allSatisfy(kernel.sas.contains) }.map(\.name))
    var known = KnownChildren()
    var missing: [UInt32: MissingChild] = [:]
    var lost: Set<UInt32> = []
    for child in installed where !child.sas.allSatisfy(kernel.sas.contains) {
      let wasSeenToGo = goneOwner(of: child) != nil
      guard wasSeenToGo || !whole.contains(child.name), let owner = owner(of: child, &known) else {
        continue
      }
      let since = renegotiator.missing[child.childID]?.since ?? lists.askedAt
      missing[child.childID] = MissingChild(tunnel: owner, since: since)
      let isDue = since.advanced(by: Self.differenceGrace) <= lists.askedAt
      if wasSeenToGo || isDue { lost.insert(child.childID) }
    }
    renegotiator.missing.replace(missing)
    let next = missing.filter { !lost.contains($0.key) }.map(\.value.since).min()
    if let next { lists.want(by: next.advanced(by: Self.differenceGrace), at: now, &out) }
    return lost
  }

  /// The tunnel that an SA of a child was seen to leave.
  private func goneOwner(of child: ChildSA) -> TunnelID? {
    child.sas.filter { !kernel.sas.contains($0) }.compactMap(renegotiator.departures.owner)
      .first { tunnels[$0] != nil }
  }

  /// The tunnel that misses a child: the one that has the rest of it; else the one that has its name,
  /// where the daemon's SAs are this kernel's at all.
  private func owner(of child: ChildSA, _ known: inout KnownChildren) -> TunnelID? {
    if let id = goneOwner(of: child) { return id }
    let home = child.sas.compactMap { kernel.sas.home(of: $0) }.first
    if let id = home.flatMap(tunnelOfSet) {
      return isRestored(id) ? id : nil
    }
    // An inbound SA alone is no tunnel's: the mark that would tell whose it is, is the outbound one's.
    let isHere = child.inbound.map { kernel.isLocal($0.destination) } ?? false
    guard renegotiator.missing.sharesKernel || isHere, !hasUserlandIPsec else { return nil }
    let found =
      known.named(child.name, tunnels)
      ?? child.outbound.flatMap { known.ofPeer($0.destination, child.name, self) }
    return found.flatMap { isRestored($0) && !hasWholeSet($0) ? $0 : nil }
  }

  /// Whether what is missing of a tunnel is brought back.
  private func isRestored(_ id: TunnelID) -> Bool {
    guard let tunnel = tunnels[id] else { return false }
    return tunnel.monitor != nil || tunnel.vpn?.establishTunnels == .immediately
  }

  /// Whether charon may encrypt by itself (its plugin kernel-libipsec): then the kernel has no SAs.
  private var hasUserlandIPsec: Bool { kernel.links.named("ipsec0")?.kind == .other("tun") }

  // MARK: In the kernel, and not listed

  /// Tunnels all of whose SAs the daemon does not know in two looks: it crashed, and its successor
  /// will neither rekey them nor answer for them. They are left alone while they last. Returns them.
  mutating func judgeOrphans(_ view: DaemonView, at now: Instant) -> Set<TunnelID> {
    var orphans: Set<TunnelID> = []
    for tunnel in tunnels.values where tunnel.vpn != nil {
      guard isOrphaned(tunnel, view) else {
        if tunnel.orphanedSince != nil { tunnels[tunnel.id]?.orphanedSince = nil }
        if tunnel.isOrphaned { endOrphanage(of: tunnel) }
        continue
      }
      let since = tunnel.orphanedSince ?? lists.askedAt
      tunnels[tunnel.id]?.orphanedSince = since
      guard !tunnel.isOrphaned else {
        orphans.insert(tunnel.id)
        continue
      }
      let due = since.advanced(by: Self.differenceGrace)
      guard due <= lists.askedAt else {
        lists.want(by: due, at: now, &out)
        continue
      }
      tunnels[tunnel.id]?.isOrphaned = true
      orphans.insert(tunnel.id)
      log(.warning, tunnel.name, "\(Tunnel.orphanText)\(tunnel.orphanConsequence)")
    }
    return orphans
  }

  private mutating func endOrphanage(of tunnel: Tunnel) {
    tunnels[tunnel.id]?.isOrphaned = false
    // Nobody will prove more.
    if tunnel.monitor == nil, hasWholeSet(tunnel.id) { tunnels[tunnel.id]?.attempts.succeed() }
  }

  /// Whether the tunnel has SAs, and the daemon knows none of them. What it never listed is not its
  /// own unless it has a lifetime, which SAs made by hand have not.
  private func isOrphaned(_ tunnel: Tunnel, _ view: DaemonView) -> Bool {
    var isDaemons = false
    for monitor in tunnel.monitors.compactMap({ monitors[$0] }) {
      guard let set = kernel.sas.sets[monitor.key], set.isComplete else { continue }
      if set.inbound.keys.contains(where: { view.sas.contains($0.id) }) { return false }
      isDaemons =
        isDaemons || monitor.wasListed
        || set.inbound.values.contains { $0.lifetime.hardSeconds != nil }
    }
    return isDaemons
  }
}

/// Whose children have which name, as one list needs it: looked up once for all that it lacks.
private struct KnownChildren {
  private var listed: [ChildName: TunnelID]?
  private var configured: [IPAddress: [ChildName: TunnelID]] = [:]

  /// The first tunnel of which the daemon listed a child of this name last.
  mutating func named(_ name: ChildName, _ tunnels: TunnelTable) -> TunnelID? {
    let all =
      listed
      ?? Dictionary(
        tunnels.values.lazy.compactMap { tunnel in tunnel.ike.map { ($0.name, tunnel.id) } },
        uniquingKeysWith: { first, _ in first })
    listed = all
    return all[name]
  }

  /// The first tunnel to a peer of which this is the child to initiate.
  mutating func ofPeer(_ peer: IPAddress, _ name: ChildName, _ core: Core) -> TunnelID? {
    let all =
      configured[peer]
      ?? Dictionary(
        (core.tunnelIndex.ofPeer[peer] ?? []).compactMap { id in
          core.tunnels[id].flatMap { try? core.childName(of: $0).get() }.map { ($0, id) }
        }, uniquingKeysWith: { first, _ in first })
    configured[peer] = all
    return all[name]
  }
}

extension Tunnel {
  /// For status and log.
  static let orphanText = "strongSwan does not know these SAs and will not rekey them"

  fileprivate var orphanConsequence: String {
    vpn?.establishTunnels == .responderOnly
      ? "; responder-only, waiting for the peer" : "; negotiating replacements"
  }
}
