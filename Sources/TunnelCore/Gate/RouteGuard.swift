/// Decides which routes leave a held link, what stands in for them, and what comes back.
///
/// It compares what the kernel has with what a gate wants and gives the steps between; what was
/// asked for counts as done until an event or a failure says otherwise. It owns the list of
/// withdrawn routes. Only `Core` calls it.
struct RouteGuard: Sendable {
  /// What the configuration and the tunnels say of one link.
  struct Request: Hashable, Sendable {
    var link: String
    /// nil: the link does not exist.
    var index: Int32?
    var isAdminUp: Bool
    var guardProtocols: Set<UInt8>
    var owned: [IPPrefix]
    var heldRoute: VPN.HeldRoute
    /// Where probes go, ours and (ends are symmetric) our answers to the peer's.
    var probeDestinations: Set<IPAddress>
    /// While the link is open: routes that lie wholly inside one of these are held all the same.
    var heldPrefixes: [IPPrefix] = []
    /// ... unless they lie inside one of these too.
    var servedPrefixes: [IPPrefix] = []
  }

  private enum OwnRoute: Hashable {
    case unreachable(Route.Identity)
    case throughLink(Route.Identity, Int32)
  }

  /// A daemon that puts a route back this often is not fought any longer.
  static let contestLimit = 3
  static let mainTable: UInt32 = 254
  /// Stands for a link's name where routes belong to none.
  static let nobody = "-"

  private var onLink: [Int32: [Route.Identity: Route]] = [:]
  private var own: Set<OwnRoute> = []
  private var wanted: [String: Set<OwnRoute>] = [:]
  /// The links that want a route: `wanted`, the other way round.
  private var wanters: [OwnRoute: Set<String>] = [:]
  private var held: HeldRoutes
  private var contests: [String: [Route.Identity: Int]] = [:]

  /// Continues with what an earlier run had withdrawn.
  init(record: GateRecord = GateRecord()) {
    held = HeldRoutes(record)
  }

  /// What must be on disk now.
  var record: GateRecord { held.record }
  /// Counts changes of `record`.
  var recordVersion: Int { held.version }

  /// Routes that were taken from a link and are not back.
  func withdrawn(from link: String) -> [Route] { held.routes(of: link) }

  /// Routes of others that stay on a held link because their owner puts them back each time.
  func contested(on link: String) -> [Route.Identity] {
    (contests[link] ?? [:]).filter { $0.value > Self.contestLimit }.keys.sorted()
  }

  // MARK: What the kernel says

  mutating func observe(_ route: Route) {
    if let mine = Self.ownRoute(route) {
      own.insert(mine)
    } else if let index = route.linkIndex, route.kind == .unicast {
      onLink[index, default: [:]][route.identity] = route
    }
  }

  /// Returns the links to which this matters: from which it will not be missed any more, or for
  /// which it was made.
  mutating func forget(_ route: Route) -> [String] {
    if let mine = Self.ownRoute(route) {
      own.remove(mine)
      return (wanters[mine] ?? []).sorted()
    }
    guard let index = route.linkIndex,
      onLink[index]?.removeValue(forKey: route.identity) != nil
    else { return [] }
    // It was there, so this is not our withdrawal: whoever removed it does not want it back.
    return giveUp(route.identity, onLink: index)
  }

  @discardableResult
  private mutating func giveUp(_ identity: Route.Identity, onLink index: Int32) -> [String] {
    let links = held.links(with: identity, onLink: index)
    for link in links { held.remove(identity, from: link) }
    return links
  }

  /// The link is gone or down: the kernel dropped its IPv4 routes, mostly without saying so.
  mutating func forgetRoutes(onLink index: Int32) {
    for identity in onLink.removeValue(forKey: index)?.keys.sorted() ?? [] {
      giveUp(identity, onLink: index)
    }
    own = own.filter {
      if case .throughLink(_, index) = $0 { false } else { true }
    }
  }

  /// A withdrawn route cannot come back by a link that is gone, nor does it go by another one that
  /// bears the name now. Returns those that are given up.
  mutating func forgetWithdrawn(where isGone: (Int32) -> Bool) -> [Route] {
    let lost = held.routes(where: isGone)
    for (link, route) in lost { held.remove(route.identity, from: link) }
    return lost.map(\.route).sorted { $0.identity < $1.identity }
  }

  /// A link has another name now: what was withdrawn from it is on record under that name.
  mutating func rename(_ index: Int32, from old: String, to new: String) {
    guard held.isHeld(old) else { return }
    let routes = held.routes(of: old)
    let others = routes.filter { $0.linkIndex != index }
    held.release(old)
    for route in others { held.insert(route, on: old) }
    held.hold(new)
    for route in routes where route.linkIndex == index { held.insert(route, on: new) }
    let both = (wanted[old] ?? []).union(wanted[new] ?? [])
    want([], old)
    want(both, new)
    contests[new] = contests.removeValue(forKey: old)
  }

  mutating func replaceAll(_ routes: [Route]) {
    onLink = [:]
    own = []
    for route in routes { observe(route) }
  }

  private static func ownRoute(_ route: Route) -> OwnRoute? {
    guard route.routeProtocol == Route.agentProtocol else { return nil }
    if route.kind == .unreachable { return .unreachable(route.identity) }
    return route.linkIndex.map { .throughLink(route.identity, $0) }
  }

  // MARK: What a gate wants

  /// Steps that take the link's routes out of the way.
  mutating func hold(_ request: Request) -> [GateStep] {
    held.hold(request.link)
    return arrange(request) { _ in true }
  }

  /// Steps that put everything back as it was and the owned routes in, but for `heldPrefixes`.
  mutating func open(_ request: Request) -> [GateStep] {
    let steps = arrange(request) { prefix in
      request.heldPrefixes.contains { $0.contains(prefix) }
        && !request.servedPrefixes.contains { $0.contains(prefix) }
    }
    if held.routes(of: request.link).isEmpty { held.release(request.link) }
    return steps
  }

  private mutating func arrange(
    _ request: Request, holding isHeld: (IPPrefix) -> Bool
  ) -> [GateStep] {
    let returned = giveBack(request, holding: isHeld)
    let taken = takeCandidates(request, holding: isHeld)
    var want = Set<OwnRoute>(hostRoutes(request, holding: isHeld))
    let owned = Dictionary(grouping: request.owned, by: isHeld).mapValues {
      $0.map { Route.Identity(table: Self.mainTable, destination: $0) }
    }
    if let index = request.index {
      for identity in owned[false] ?? [] { want.insert(.throughLink(identity, index)) }
    }
    if request.heldRoute == .unreachable {
      for var identity in withdrawn(from: request.link).map(\.identity) + (owned[true] ?? []) {
        identity.metric = .max
        want.insert(.unreachable(identity))
      }
    }
    let (added, removed) = change(request.link, to: want)
    return returned.map { .addRoute($0) } + added + taken.map { .deleteRoute($0) } + removed
  }

  /// Withdrawn routes that are to be in place.
  private mutating func giveBack(
    _ request: Request, holding isHeld: (IPPrefix) -> Bool
  ) -> [Route] {
    let returning = withdrawn(from: request.link).filter { !isHeld($0.identity.destination) }
    for route in returning { held.remove(route.identity, from: request.link) }
    contests[request.link] = contests[request.link]?.filter { isHeld($0.key.destination) }
    // What could not be withdrawn is there: put back, it might be taken for lost.
    let there = request.index.flatMap { onLink[$0] } ?? [:]
    let replayed = returning.filter { there[$0.identity] == nil }
    if let index = request.index {
      for route in replayed { onLink[index, default: [:]][route.identity] = route }
    }
    return replayed
  }

  /// Takes over the routes that an earlier run made for a link which stays as it was found.
  mutating func adopt(_ request: Request) {
    var mine = Set(hostRoutes(request) { _ in true })
    for prefix in request.owned {
      let identity = Route.Identity(table: Self.mainTable, destination: prefix)
      if let index = request.index { mine.insert(.throughLink(identity, index)) }
      mine.insert(.unreachable(.init(table: Self.mainTable, destination: prefix, metric: .max)))
    }
    want(mine.intersection(own), request.link)
  }

  /// Removes what an earlier run left behind and nobody wants now.
  mutating func sweep() -> [GateStep] {
    want([], Self.nobody)
    let stale = own.filter { wanters[$0] == nil }
    own.subtract(stale)
    return stale.map(Self.removal).sorted { $0.description < $1.description }
  }

  /// A step could not be done: what it was for is still to be done.
  mutating func undo(_ step: GateStep, link: String) {
    switch step {
    case .addRoute(let route):
      held.insert(route, on: link)
      if let index = route.linkIndex { onLink[index]?[route.identity] = nil }
    case .deleteRoute(let route):
      // Nobody put it back. It stays on record: a later plan may have withdrawn it meanwhile.
      contests[link]?[route.identity]? -= 1
      observe(route)
    case .addUnreachable(let id): own.remove(.unreachable(id))
    case .deleteUnreachable(let id): keep(.unreachable(id), link)
    case .addLinkRoute(let id, let index): own.remove(.throughLink(id, index))
    case .deleteLinkRoute(let id, let index): keep(.throughLink(id, index), link)
    case .setDormant: break
    }
  }

  /// A route of ours could not be removed: it is there, and needless at the next change.
  private mutating func keep(_ route: OwnRoute, _ link: String) {
    own.insert(route)
    want((wanted[link] ?? []).union([route]), link)
  }

  private mutating func want(_ routes: Set<OwnRoute>, _ link: String) {
    let before = wanted[link] ?? []
    wanted[link] = routes.isEmpty ? nil : routes
    for route in before.subtracting(routes) {
      wanters[route]?.remove(link)
      if wanters[route]?.isEmpty == true { wanters[route] = nil }
    }
    for route in routes.subtracting(before) { wanters[route, default: []].insert(link) }
  }

  private mutating func takeCandidates(
    _ request: Request, holding isHeld: (IPPrefix) -> Bool
  ) -> [Route] {
    var taken: [Route] = []
    for (identity, route) in request.index.flatMap({ onLink[$0] }) ?? [:]
    where isGuarded(route, request) && isHeld(identity.destination) {
      contests[request.link, default: [:]][identity, default: 0] += 1
      if contests[request.link]?[identity] ?? 0 > Self.contestLimit { continue }
      held.insert(route, on: request.link)
      if let index = request.index { onLink[index]?[identity] = nil }
      taken.append(route)
    }
    return taken.sorted { $0.identity < $1.identity }
  }

  private func isGuarded(_ route: Route, _ request: Request) -> Bool {
    let destination = route.identity.destination
    return route.isReplayable && request.guardProtocols.contains(route.routeProtocol)
      && !(destination.isHost && request.probeDestinations.contains(destination.address))
  }

  /// Host routes for probe destinations that only a withdrawn or owned wider route leads to.
  private func hostRoutes(
    _ request: Request, holding isHeld: (IPPrefix) -> Bool
  ) -> [OwnRoute] {
    guard let index = request.index, request.isAdminUp else { return [] }
    let owned = Dictionary(grouping: request.owned, by: isHeld)
    let staying = (onLink[index] ?? [:]).values.map(\.identity.destination) + (owned[false] ?? [])
    let leaving = withdrawn(from: request.link).map(\.identity.destination) + (owned[true] ?? [])
    return request.probeDestinations.sorted().compactMap { address in
      // A stand-in narrower than what stays would take the probes.
      guard let gone = leaving.filter({ $0.contains(address) }).map(\.length).max(),
        staying.filter({ $0.contains(address) }).map(\.length).max() ?? -1 < gone
      else { return nil }
      let identity = Route.Identity(
        table: Self.mainTable, destination: IPPrefix(host: address))
      return .throughLink(identity, index)
    }
  }

  private mutating func change(
    _ link: String, to want: Set<OwnRoute>
  ) -> (added: [GateStep], removed: [GateStep]) {
    let before = wanted[link] ?? []
    self.want(want, link)
    let missing = want.subtracting(own)
    let needless = before.filter { wanters[$0] == nil }.intersection(own)
    own.formUnion(missing)
    own.subtract(needless)
    // Host routes first: answering the peer's probes must not pause.
    return (
      missing.map(Self.addition).sorted(by: Self.linkRoutesFirst),
      needless.map(Self.removal).sorted(by: Self.linkRoutesFirst)
    )
  }

  private static func addition(_ route: OwnRoute) -> GateStep {
    switch route {
    case .unreachable(let id): .addUnreachable(id)
    case .throughLink(let id, let index): .addLinkRoute(id, linkIndex: index)
    }
  }

  private static func removal(_ route: OwnRoute) -> GateStep {
    switch route {
    case .unreachable(let id): .deleteUnreachable(id)
    case .throughLink(let id, let index): .deleteLinkRoute(id, linkIndex: index)
    }
  }

  private static func linkRoutesFirst(_ lhs: GateStep, _ rhs: GateStep) -> Bool {
    func rank(_ step: GateStep) -> Int {
      switch step {
      case .addLinkRoute, .deleteLinkRoute: 0
      default: 1
      }
    }
    return (rank(lhs), lhs.description) < (rank(rhs), rhs.description)
  }
}

extension Route.Identity: Comparable {
  /// By table, destination, tos, metric.
  public static func < (lhs: Self, rhs: Self) -> Bool {
    (lhs.table, lhs.destination, lhs.tos, lhs.metric)
      < (rhs.table, rhs.destination, rhs.tos, rhs.metric)
  }
}
