/// Routes of the main table that lead to IKE peers, whatever link they go by.
///
/// Few of a full BGP table do, so that each is found by a search among the sorted peers.
public struct PeerRoutes: Sendable {
  private(set) var peers: SortedPeers
  private var routes: [IPPrefix: [Route]] = [:]
  /// Prefix lengths that any of them has or had.
  private var lengths: Set<Int> = []

  /// Knows no route yet.
  public init(peers: some Sequence<IPAddress>) { self.init(peers: SortedPeers(peers)) }

  init(peers: SortedPeers) { self.peers = peers }

  /// Adds peers; returns whether there is a new one, to which routes have to be told again.
  mutating func add(_ more: some Sequence<IPAddress>) -> Bool { peers.add(more) }

  func leadsToAnyPeer(_ route: Route) -> Bool {
    guard route.identity.table == RouteGuard.mainTable, route.kind == .unicast,
      route.routeProtocol != Route.agentProtocol
    else { return false }
    return peers.hasAny(in: route.identity.destination)
  }

  /// Knows these routes and no others, as a dump has them.
  public mutating func replaceAll(_ all: [Route]) {
    routes = [:]
    lengths = []
    for route in all { observe(route, nil) }
  }

  /// - Parameter change: how it came to be there; nil for an item of a dump.
  mutating func observe(_ route: Route, _ change: RouteChange?) {
    guard leadsToAnyPeer(route) else { return }
    let prefix = route.identity.destination
    lengths.insert(prefix.length)
    routes[prefix, default: []].removeAll { other in
      other.identity == route.identity && (change == .replacing || other.hasWays(of: route))
    }
    routes[prefix, default: []].append(route)
  }

  mutating func forget(_ route: Route) {
    let prefix = route.identity.destination
    routes[prefix]?.removeAll { $0.identity == route.identity && $0.hasWays(of: route) }
    if routes[prefix]?.isEmpty == true { routes[prefix] = nil }
  }

  /// The link is down or gone, and with it what goes by it alone.
  mutating func forgetRoutes(onLink index: Int32) { forget { $0.linkIndex == index } }

  /// The kernel dropped IPv4 routes without a word (net/ipv4/fib_frontend.c, `fib_del_ifaddr`):
  /// those that name an address as their source, and with a link's last one all of the link.
  mutating func forgetRoutes(with address: InterfaceAddress, isLast: Bool) {
    forget { route in
      guard route.identity.destination.address.family == .ipv4 else { return false }
      return route.preferredSource == address.address
        || isLast && route.linkIndex == address.linkIndex
    }
  }

  private mutating func forget(where isGone: (Route) -> Bool) {
    for prefix in Array(routes.keys) {
      routes[prefix]?.removeAll(where: isGone)
      if routes[prefix]?.isEmpty == true { routes[prefix] = nil }
    }
  }

  /// Whether any has a leg by one of these links.
  func goes(byAny links: Set<Int32>) -> Bool {
    routes.values.contains { $0.contains { $0.legs.contains { links.contains($0.linkIndex) } } }
  }

  /// The routes by which a packet to `peer` may leave, and `more` of them; the kernel's choice
  /// first.
  public func leading(to peer: IPAddress, with more: [Route]) -> [Route] {
    let known = lengths.filter { $0 <= peer.family.bits }.flatMap {
      routes[IPPrefix(peer, length: $0)] ?? []
    }
    return (known + more).filter { $0.identity.destination.contains(peer) }.sorted {
      let (one, other) = ($0.identity, $1.identity)
      return (other.destination.length, one.metric) < (one.destination.length, other.metric)
    }
  }
}

/// Addresses of IKE peers, among which those of a prefix are found by a search.
public struct SortedPeers: Sendable, Sequence {
  private var peers: [IPAddress]

  /// In their order.
  public func makeIterator() -> IndexingIterator<[IPAddress]> { peers.makeIterator() }

  init(_ peers: some Sequence<IPAddress>) { self.peers = Set(peers).sorted() }

  /// Returns whether there is a new one.
  mutating func add(_ more: some Sequence<IPAddress>) -> Bool {
    let unknown = more.filter { peer in
      let place = place(of: peer)
      return place == peers.count || peers[place] != peer
    }
    guard !unknown.isEmpty else { return false }
    peers = Set(peers + unknown).sorted()
    return true
  }

  /// Whether a prefix holds any of them.
  func hasAny(in prefix: IPPrefix) -> Bool {
    let place = place(of: prefix.address)
    return place < peers.count && prefix.contains(peers[place])
  }

  /// Where an address is or would be among them.
  private func place(of address: IPAddress) -> Int {
    var (low, high) = (0, peers.count)
    while low < high {
      let middle = (low + high) / 2
      if peers[middle] < address { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
