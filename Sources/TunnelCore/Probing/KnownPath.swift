/// A set's path as it was found last. Working it out asks links, addresses, policies and settings, so
/// that is done when one of them has changed, not for each probe.
struct KnownPath: Hashable, Sendable {
  /// What it was worked out from.
  struct Basis: Hashable, Sendable {
    /// Of links, addresses and policies.
    var kernel: UInt64
    /// Of links that are left alone.
    var fitness: UInt64
    /// Of the tunnel's own settings and link.
    var tunnel: UInt64
    var purpose: Core.Purpose
  }

  let path: ProbePath
  let basis: Basis
}

extension Core {
  /// The path of a set's next probe, or why there is none; nil where nobody probes it.
  mutating func currentPath(of id: MonitorID) -> Result<ProbePath, ProbeObstacle>? {
    guard let owner = monitors.with(id, { $0.tunnel }),
      let (revision, isMonitored) = tunnels.with(
        owner, { ($0.revision, $0.probeSettings != nil) }), isMonitored
    else { return nil }
    let (links, fit) = (kernel.revision, fitness.revision)
    let known = monitors.with(id) { set -> (basis: KnownPath.Basis, path: ProbePath?) in
      let basis = KnownPath.Basis(
        kernel: links, fitness: fit, tunnel: revision, purpose: set.purpose)
      return (basis, set.knownPath?.basis == basis ? set.knownPath?.path : nil)
    }
    guard let (basis, path) = known else { return nil }
    if let path { return .success(path) }
    guard let tunnel = tunnels[owner], let key = monitors.with(id, { $0.key }) else { return nil }
    let found = self.path(of: tunnel, through: key, for: basis.purpose)
    if case .success(let path) = found, staysKnown(path) {
      monitors[id]?.knownPath = KnownPath(path: path, basis: basis)
    }
    return found
  }

  /// Whether nothing else decides about a path: a link that is down may be raised by its gate alone.
  private func staysKnown(_ path: ProbePath) -> Bool {
    switch path.way {
    case .link(let index): kernel.links[index]?.isAdminUp == true
    case .policy: true
    }
  }
}
