/// What was said of links, and on what it rested. `Core.misfit(of:)` asks it, and `Core.judge` feeds it.
struct LinkFitness: Sendable {
  /// What was said of each link that is left alone.
  private(set) var said: [String: LinkMisfit] = [:] { didSet { revision &+= 1 } }
  /// Counts its changes.
  private(set) var revision: UInt64 = 0
  /// Routes through a link that cover its peer and were no obstacle when it was judged last.
  private var harmless: [String: Set<Route.Identity>] = [:]
  /// Routes that lead to peers.
  var peerRoutes: PeerRoutes
  /// Whether routes that lead to peers are dumped whatever link they go by. They are anyway when
  /// one of a tunnel's link does.
  private(set) var readsUnderlay: Bool
  /// Whether the last dump had them.
  private(set) var knowsUnderlay = false

  init(_ configuration: Configuration) {
    let peers = SortedPeers(configuration.gateways.values.flatMap(\.addresses))
    peerRoutes = PeerRoutes(peers: peers)
    readsUnderlay = configuration.vpns.contains { $0.routes.contains(where: peers.hasAny) }
  }

  /// - Parameter tunnels: links that a tunnel may go by.
  mutating func replaceRoutes(_ all: [Route], tunnels: Set<Int32>) {
    peerRoutes.replaceAll(all)
    knowsUnderlay = readsUnderlay || peerRoutes.goes(byAny: tunnels)
  }

  /// A link was judged; nil: it fits. Returns whether that was not so before.
  mutating func judged(_ name: String, _ misfit: LinkMisfit?) -> Bool {
    guard said[name] != misfit else { return false }
    said[name] = misfit
    return true
  }

  /// No tunnel asks for a link any more.
  mutating func forget(_ name: String) {
    if said[name] != nil { said[name] = nil }
    harmless[name] = nil
  }

  mutating func noteHarmless(_ routes: Set<Route.Identity>, on name: String) {
    harmless[name] = routes
  }

  func isHarmless(_ route: Route, on name: String) -> Bool {
    harmless[name]?.contains(route.identity) ?? false
  }

  /// Routes to peers are to be dumped from now on. Returns whether they were not.
  mutating func wantUnderlay() -> Bool {
    defer { readsUnderlay = true }
    return !readsUnderlay
  }
}
