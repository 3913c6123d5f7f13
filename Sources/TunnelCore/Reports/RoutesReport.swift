/// What `vpnagent show routes` shows. Keys of its JSON are stable, null ones left out.
public struct RoutesReport: Codable, Hashable, Sendable {
  /// Links by name that have routes of one of these kinds.
  public var links: [LinkRoutes]

  /// A report.
  public init(links: [LinkRoutes]) { self.links = links }
}

/// What the agent does to the routes of one link. Routes are text: prefix, and table and metric
/// where not the default.
public struct LinkRoutes: Codable, Hashable, Sendable {
  /// The link's name.
  public var link: String
  /// held, down, in-service, as-found; "-" when the agent does not touch it.
  public var gate: String
  /// The agent's own for `routes` of the configuration, through the link.
  public var owned: [String]
  /// Taken from the link, to come back with it.
  public var withdrawn: [String]
  /// The agent's own `unreachable` routes in the place of those that are away.
  public var unreachable: [String]
  /// The agent's own by which its probes find the link.
  public var probes: [String]
  /// Routes that their owner puts back each time: they are left to it.
  public var contested: [String]

  /// Whether there is no such route.
  public var isEmpty: Bool {
    [owned, withdrawn, unreachable, probes, contested].allSatisfy(\.isEmpty)
  }
}

extension Core {
  /// Names of links that may have such routes, sorted.
  public var routedLinks: [String] {
    Set(tunnelIndex.onLink.keys).union(gates.routes.held.places).sorted()
  }

  /// Routes of a link; nil when no tunnel has it.
  public func routes(of name: String) -> LinkRoutes? {
    tunnelIndex.onLink[name] == nil && !gates.routes.held.places.contains(name)
      ? nil : linkRoutes(name)
  }

  private func linkRoutes(_ name: String) -> LinkRoutes {
    let table = kernel.links.table(of: kernel.link(named: name))
    let configured = Set(
      guardedTunnels(on: name).compactMap(\.vpn).flatMap(\.routes).map {
        Route.Identity(table: table, destination: $0, metric: $0.address.family.usualMetric)
      })
    var (owned, probes, unreachable): ([Route.Identity], [Route.Identity], [Route.Identity])
    (owned, probes, unreachable) = ([], [], [])
    for route in gates.routes.standing(for: name) {
      switch route {
      case .unreachable(let id): unreachable.append(id)
      case .throughLink(let id, _):
        if configured.contains(id) { owned.append(id) } else { probes.append(id) }
      case .rule: continue
      }
    }
    return LinkRoutes(
      link: name, gate: gates[name]?.demand.rawValue ?? "-",
      owned: owned.sorted().map(\.textWithoutUsualMetric),
      withdrawn: gates.routes.withdrawn(from: name).map(\.description),
      unreachable: unreachable.sorted().map(\.destinationAndTable),
      probes: probes.sorted().map(\.textWithoutUsualMetric),
      contested: gates.routes.contested(on: name).map(\.description))
  }
}

extension Route.Identity {
  /// Without its metric: that of a stand-in is always the worst.
  fileprivate var destinationAndTable: String {
    var plain = self
    plain.metric = 0
    return plain.description
  }
}

extension Route.Identity {
  /// Nobody gave the usual one.
  fileprivate var textWithoutUsualMetric: String {
    metric == destination.address.family.usualMetric ? destinationAndTable : description
  }
}
