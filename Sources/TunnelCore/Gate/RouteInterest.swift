/// Which of the kernel's routes the agent has to know: those that go by a link that it may hold, its
/// own, what stands, or comes to stand, where one of them is, and what leads to a peer. All others
/// are neither kept nor looked at any further: beside a full BGP table they are nearly all.
///
/// What is not known is of interest: a link's event may still wait behind its routes'.
public struct RouteInterest: Sendable {
  /// Links that no tunnel goes by.
  let others: Set<Int32>
  let nexthops: [UInt32: Nexthop]
  /// Identities of routes that are kept, whatever their way.
  private var known: KnownRoutes
  /// IKE peers: a route of the main table that leads to one is of interest by whatever link it goes.
  public let peers: SortedPeers
  /// Whether a dump needs what leads to each peer even if nothing of `links` does.
  public let readsUnderlay: Bool
  /// Links by which a dump has to look, in the order of their index: those that a tunnel may go by,
  /// and those by which anything else goes that is kept.
  public let links: [Int32]
  /// Whether a dump has to look by all links: what stands beside a tunnel's route, by another link,
  /// is seen only so.
  public let readsBeside: Bool

  init(
    others: Set<Int32>, nexthops: [UInt32: Nexthop], known: KnownRoutes,
    peers: SortedPeers = SortedPeers([]), readsUnderlay: Bool = false, links: [Int32],
    readsBeside: Bool = false
  ) {
    (self.others, self.nexthops, self.known) = (others, nexthops, known)
    (self.peers, self.readsUnderlay, self.links) = (peers, readsUnderlay, links)
    self.readsBeside = readsBeside
  }

  /// The same, and whatever has the identity of one of these.
  public func including(_ routes: [Route]) -> RouteInterest {
    var interest = self
    for route in routes { interest.known.others.insert(route.identity.by(nil)) }
    return interest
  }

  /// All routes by these links.
  public init(links: [Int32]) {
    self.init(others: [], nexthops: [:], known: KnownRoutes(tables: []), links: links)
  }

  /// Whether a route matters.
  ///
  /// - Parameters:
  ///   - identity: its identity, in which no way is named.
  ///   - nexthop: RTA_NH_ID; nil for none.
  ///   - isElsewhere: whether no leg of it goes by a link that a tunnel may go by.
  public func concerns(
    _ identity: Route.Identity, routeProtocol: UInt8, nexthop: UInt32?, isElsewhere: Bool
  ) -> Bool {
    if routeProtocol == Route.agentProtocol { return true }
    if let nexthop {
      guard let object = nexthops[nexthop] else { return true }
      if !self.isElsewhere(object) { return true }
    } else if !isElsewhere {
      return true
    }
    return known.contains(identity) || leadsToPeer(identity)
  }

  /// Whether no tunnel goes by a link; one that is not known may be a tunnel's.
  public func isElsewhere(_ link: Int32) -> Bool { others.contains(link) }

  /// Whether a route of such an identity may lead to a peer.
  public func leadsToPeer(_ identity: Route.Identity) -> Bool {
    identity.table == RouteGuard.mainTable && peers.hasAny(in: identity.destination)
  }

  /// Whether no tunnel goes by a nexthop.
  func isElsewhere(_ nexthop: Nexthop) -> Bool {
    RouteScope.isElsewhere(nexthop, among: nexthops, others)
  }
}

/// What is kept, by identities that name no way: tables that are there anyway, and some more.
struct KnownRoutes: Sendable {
  /// Of each identity, those with a way.
  let tables: [[Route.Identity: Set<Route.Identity>]]
  /// What the agent has or wants of its own: another route may stand in its place.
  var own: [Route.Identity: Set<RouteGuard.OwnRoute>] = [:]
  var others: Set<Route.Identity> = []

  func contains(_ id: Route.Identity) -> Bool {
    tables.contains { $0[id] != nil } || own[id] != nil || others.contains(id)
  }
}

extension Core {
  /// What of the kernel's events of routes is to be read now.
  public var routeInterest: RouteInterest {
    mutating get {
      RouteInterest(
        others: routeScope.others, nexthops: gates.routes.nexthops.all,
        known: gates.routes.knownRoutes,
        peers: fitness.peerRoutes.peers, readsUnderlay: fitness.readsUnderlay,
        links: [])
    }
  }

  /// What is to be dumped, where these are all nexthops.
  ///
  /// At start anything may stand beside a tunnel's route. Not after lost events too: they are lost in
  /// storms of others' routes, in which the time for a dump of all is not to be had.
  ///
  /// - Parameter links: all links, for a snapshot; nil: those that are known.
  public mutating func routeInterest(
    links: [Link]? = nil, nexthops: [Nexthop]
  ) -> RouteInterest {
    var scope = links == nil ? routeScope : RouteScope()
    for link in links ?? [] { _ = scope.note(link.index, isConcerned: mayHold(link)) }
    return RouteInterest(
      others: scope.others,
      nexthops: Dictionary(nexthops.map { ($0.id, $0) }, uniquingKeysWith: { $1 }),
      known: gates.routes.knownRoutes, peers: fitness.peerRoutes.peers,
      readsUnderlay: fitness.readsUnderlay,
      links: scope.links.union(gates.routes.linksInUse).sorted(),
      readsBeside: !hasStarted || !gates.routes.crowded.isEmpty)
  }

  func mayHold(_ link: Link) -> Bool {
    link.kind.isTunnel || gates[link.name] != nil || !guardedTunnels(on: link.name).isEmpty
  }

  /// A link is new, has changed, or has a gate now.
  mutating func noteScope(of link: Link) {
    if routeScope.note(link.index, isConcerned: mayHold(link)) { routeReading.want() }
  }

  /// Whether no tunnel goes by a nexthop.
  func isElsewhere(_ nexthop: Nexthop) -> Bool {
    RouteScope.isElsewhere(nexthop, among: gates.routes.nexthops.all, routeScope.others)
  }
}
