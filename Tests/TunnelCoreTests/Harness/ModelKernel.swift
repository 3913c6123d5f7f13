import TunnelCore

/// What the agent sees of a kernel and a charon, small enough to be right: links with operstate and
/// link mode, SAs, one IPv4 table, the record on disk. It performs the core's effects as the edge
/// does and queues what the kernel would say about them.
struct ModelKernel {
  var links: [Int32: Link] = [:]
  var addresses: [InterfaceAddress] = []
  var sas: [SAKey: SecurityAssociation] = [:] { didSet { generation += 1 } }
  /// Counts changes of SAs.
  private(set) var generation = 0
  /// Routes by what the kernel tells them apart by.
  var table: [Route.Identity: Route] = [:]
  /// What the outside world added and neither removed nor lost with its link.
  var outside: [Route.Identity: Route] = [:]
  var record = GateRecord()
  /// What plans said of how records differ from the one on disk.
  private var unsaved = GateRecord.Changes()
  /// Copies of withdrawn routes that the record on disk lacks.
  private(set) var parked: [Route] = []
  /// What the kernel has to say, oldest first.
  var queue: [Event] = []
  /// How many of the next steps and records fail.
  var stepsToFail = 0
  var recordsToFail = 0
  /// A promise that was broken; the first one.
  var violation: String?
  /// Prefixes whose packets go by a tunnel's link or nowhere, at every instant.
  var sheltered: Set<IPPrefix> = []
  /// After so many more steps the agent is killed; nil: it lives.
  var stepsToDeath: Int?

  /// Whether the next run would put a withdrawn route back.
  func isOnRecord(_ route: Route) -> Bool {
    found.links.contains { $0.withdrawn.contains { $0.identity == route.identity } }
  }

  /// What the next run finds: the record, and what the kernel keeps besides.
  var found: GateRecord {
    var found = record
    for route in parked {
      guard let name = route.linkIndex.flatMap({ links[$0]?.name }) else { continue }
      var link = found[name] ?? .init(name: name, withdrawn: [])
      let isKnown = link.withdrawn.contains { $0.identity == route.identity }
      if !isKnown { link.withdrawn.append(route) }
      found[name] = link
    }
    return found
  }

  func link(named name: String) -> Link? { links.values.first { $0.name == name } }

  var snapshot: Snapshot {
    Snapshot(
      sas: sas.values.sorted { $0.key.spi < $1.key.spi },
      links: links.values.sorted { $0.index < $1.index }, addresses: addresses, routes: routes)
  }

  var routes: [Route] { table.values.sorted { $0.identity.text < $1.identity.text } }

  // MARK: Plans of the gate

  /// What the edge's gate keeper does: record, steps, record. Without a record the kernel keeps what is
  /// withdrawn, and what it cannot keep stays.
  mutating func perform(_ plan: GatePlan) -> [GateFailure] {
    var failures: [GateFailure] = []
    if plan.recordBefore != nil || plan.recordAfter != nil {
      unsaved.links.insert(plan.link)
      if let changes = plan.changes { unsaved.formUnion(changes) }
    }
    let isCovered = plan.recordBefore.map { save($0) } ?? true
    if !isCovered { failures.append(.record(link: plan.link, message: "disk full")) }
    var lostRoute = false
    for step in plan.steps {
      guard survives() else { return [] }
      if case .deleteRoute(let route) = step, stepsToFail == 0, !isThere(route) {
        failures.append(.absent(link: plan.link, step: step))
        continue
      }
      let mayTake = !step.leaks(after: failures) && (isCovered || keeps(step))
      let isTaken = mayTake && take(step, of: plan)
      if let leak { violation = violation ?? "\(leak) after the step: \(step)" }
      if isTaken {
        if case .addRoute(let route) = step { parked.removeAll { $0.identity == route.identity } }
        continue
      }
      failures.append(.step(link: plan.link, step, message: "refused"))
      lostRoute = lostRoute || step.putsBack
    }
    if let after = plan.recordAfter, !lostRoute, !save(after) {
      failures.append(.record(link: plan.link, message: "disk full"))
      return failures
    }
    if isCovered, !lostRoute { unsaved = GateRecord.Changes() }
    return failures
  }

  private mutating func survives() -> Bool {
    guard let left = stepsToDeath else { return true }
    stepsToDeath = left - 1
    return left > 0
  }

  private mutating func save(_ new: GateRecord) -> Bool {
    if new != record, recordsToFail > 0 {
      recordsToFail -= 1
      return false
    }
    let others = record.names.links.union(new.names.links).subtracting(unsaved.links)
    let tunnels = record.names.tunnels.union(new.names.tunnels).subtracting(unsaved.tunnels)
    let unsaid =
      others.filter { record[$0] != new[$0] }
      + tunnels.filter {
        record.answered[$0] != new.answered[$0] || record.failed[$0] != new.failed[$0]
      }
    if !unsaid.isEmpty {
      violation = violation ?? "the record changed of \(unsaid.sorted()), which no plan said"
    }
    (record, parked) = (new, [])
    return true
  }

  /// Has a copy of what a step takes away; false where there can be none.
  private mutating func keeps(_ step: GateStep) -> Bool {
    guard step.withdraws else { return true }
    guard case .deleteRoute(let route) = step, route.canBeParked else { return false }
    parked.append(route)
    return true
  }

  private mutating func take(_ step: GateStep, of plan: GatePlan) -> Bool {
    guard stepsToFail == 0 else {
      stepsToFail -= 1
      return false
    }
    switch step {
    case .addRoute(let route): return add(route)
    case .deleteRoute(let route): return withdraw(route)
    case .replaceRoute(let route):
      table[route.identity] = route
      queue.append(.kernel(.route(route, .replacing)))
    case .setAdmin(let index, let up): setAdmin(index, up: up)
    case .replaceGroup, .addRule, .deleteRule, .addNexthop, .addAddress: break
    case .addUnreachable(let id): return add(Self.own(id, nil))
    case .deleteUnreachable(let id):
      if table[id]?.kind == .unreachable { remove(id) }
    case .addLinkRoute(let id, let index): return add(Self.own(id, index))
    case .deleteLinkRoute(let id, let index):
      if table[id]?.linkIndex == index { remove(id) }
    case .setDormant(let index, let dormant): return setDormant(index, dormant)
    }
    return true
  }

  private static func own(_ id: Route.Identity, _ index: Int32?) -> Route {
    Route(
      identity: id, kind: index == nil ? .unreachable : .unicast,
      routeProtocol: Route.agentProtocol, linkIndex: index)
  }

  private func isThere(_ route: Route) -> Bool {
    table[route.identity].map { $0.linkIndex == route.linkIndex } ?? false
  }

  private mutating func withdraw(_ route: Route) -> Bool {
    guard let known = table[route.identity] else { return true }
    if known.routeProtocol != Route.agentProtocol, !isOnRecord(route) {
      violation = "\(route) withdrawn before it was on record"
    }
    remove(route.identity)
    return true
  }

  // MARK: Routes

  /// The route that a packet takes: the longest prefix, then the lowest metric.
  func way(to address: IPAddress) -> Route? {
    table.values.filter { $0.identity.table == 254 && $0.identity.destination.contains(address) }
      .max {
        ($0.identity.destination.length, UInt32.max - $0.identity.metric)
          < ($1.identity.destination.length, UInt32.max - $1.identity.metric)
      }
  }

  /// What goes out in clear that must not; nil: nothing.
  var leak: String? {
    for prefix in sheltered.sorted() {
      guard let route = way(to: prefix.address), route.kind == .unicast else { continue }
      let isTunnel = route.linkIndex.flatMap { links[$0] }.map(\.isTunnel) ?? false
      if !isTunnel { return "\(prefix) goes in clear by \(route)" }
    }
    return nil
  }

  /// False when the kernel refuses; what is already there counts as done.
  mutating func add(_ route: Route) -> Bool {
    if let index = route.linkIndex, links[index]?.isAdminUp != true { return false }
    guard table[route.identity] == nil else { return true }
    table[route.identity] = route
    queue.append(.kernel(.route(route)))
    return true
  }

  mutating func remove(_ id: Route.Identity) {
    if let route = table.removeValue(forKey: id) { queue.append(.kernel(.routeDeleted(route))) }
  }

  /// The kernel drops IPv4 routes of a link that goes down without a word.
  private mutating func dropRoutes(onLink index: Int32) {
    for (id, route) in table where route.linkIndex == index {
      table[id] = nil
      outside[id] = nil
    }
    parked.removeAll { $0.linkIndex == index }
  }

  // MARK: Links

  mutating func put(_ link: Link) {
    if links[link.index]?.isAdminUp == true, !link.isAdminUp { dropRoutes(onLink: link.index) }
    links[link.index] = link
    queue.append(.kernel(.link(link)))
  }

  mutating func deleteLink(_ index: Int32) {
    dropRoutes(onLink: index)
    outside = outside.filter { $0.value.linkIndex != index }
    links[index] = nil
    for address in addresses where address.linkIndex == index {
      queue.append(.kernel(.addressDeleted(address)))
    }
    addresses.removeAll { $0.linkIndex == index }
    queue.append(.kernel(.linkDeleted(index: index)))
  }

  mutating func setAdmin(_ index: Int32, up: Bool) {
    guard var link = links[index] else { return }
    link.isAdminUp = up
    link.operationalState = up ? (link.isLinkModeDormant ? .dormant : .up) : .down
    put(link)
  }

  private mutating func setDormant(_ index: Int32, _ dormant: Bool) -> Bool {
    guard var link = links[index] else { return false }
    link.isLinkModeDormant = dormant
    if link.isAdminUp { link.operationalState = dormant ? .dormant : .up }
    if link != links[index] { put(link) }
    return true
  }

  // MARK: SAs

  mutating func install(_ sa: SecurityAssociation) {
    sas[sa.key] = sa
    queue.append(.kernel(.sa(sa)))
  }

  mutating func delete(_ key: SAKey) {
    if sas.removeValue(forKey: key) != nil { queue.append(.kernel(.saDeleted(key))) }
  }

  /// A hard expiry: the SA goes, and charon (when it listens) takes its other half down.
  mutating func expire(_ sa: SecurityAssociation, charonListens: Bool) {
    guard let known = sas[sa.key], known.reqid == sa.reqid else { return }
    delete(sa.key)
    guard charonListens else { return }
    let other = sas.keys.first { $0.spi & 0xffffff == sa.key.spi & 0xffffff }
    if let other { delete(other) }
  }
}

extension Link {
  var isTunnel: Bool {
    switch kind {
    case .vti, .xfrm: true
    case .other: false
    }
  }
}

extension Route.Identity {
  var text: String { "\(table) \(destination) \(metric)" }
}
