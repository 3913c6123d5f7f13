@testable import TunnelCore

/// One gateway: an agent, a kernel and an IKE daemon.
struct End {
  static let underlay: Int32 = 2
  /// Index of a link that has the name of a tunnel's and is none; plus the tunnel's number.
  static let stranger: Int32 = 30

  let number: Int
  let scenario: TwoEndedScenario
  var configuration: Configuration
  var role = Role.active
  /// nil while the agent does not run.
  var core: Core?
  /// Counts the runs of the agent, and of the daemon.
  var epoch = 0
  var daemonEpoch = 0
  var kernel = ModelKernel()
  var daemon: ModelDaemon
  /// Whether the agent has a connection to the daemon.
  var isConnected = false
  /// How long the kernel's events take to the agent, and VICI's answers.
  var lag = Duration.zero
  var daemonDelay = Duration.milliseconds(5)
  /// What the host refuses probes with.
  var refusal: Int32?
  /// How many of the next dumps of the routes fail.
  var dumpsToFail = 0
  /// Numbers SAs in the order in which they came: the newest is sent through.
  private var serial: UInt64 = 0
  private(set) var age: [SAKey: UInt64] = [:]
  /// The other SA of each pair.
  private var partner: [SAKey: SAKey] = [:]

  init(_ number: Int, _ scenario: TwoEndedScenario, random: inout SplitMix64) {
    (self.number, self.scenario) = (number, scenario)
    configuration = scenario.configuration(of: number)
    daemon = ModelDaemon(
      local: scenario.address(of: number), remote: scenario.address(of: 1 - number),
      random: SplitMix64(state: random.next()))
    daemon.children = scenario.tunnels.indices.map(TwoEndedScenario.childName)
    daemon.startsChildren = scenario.startsChildren && number == 0
    daemon.hasTraps = scenario.hasTraps
    daemon.closeAction = scenario.closeAction
    daemon.dpdAction = scenario.dpdAction
    daemon.dpdDelay = scenario.dpdDelay
    setUpKernel()
  }

  private mutating func setUpKernel() {
    kernel.links[Self.underlay] = Link(
      index: Self.underlay, name: "eth0", kind: .other("veth"), operationalState: .up)
    kernel.addresses = [
      InterfaceAddress(
        linkIndex: Self.underlay, address: scenario.address(of: number), prefixLength: 24)
    ]
    let everywhere = IPPrefix(IPAddress(0, 0, 0, 0), length: 0)
    add(
      Route(
        identity: .init(table: 254, destination: everywhere), linkIndex: Self.underlay,
        message: [9]))
    for tunnel in scenario.tunnels.indices {
      kernel.links[scenario.index(tunnel)] = scenario.link(tunnel, at: number)
      kernel.addresses.append(scenario.linkAddress(tunnel, at: number))
      add(scenario.route(tunnel))
      kernel.sheltered.insert(scenario.route(tunnel).identity.destination)
    }
    kernel.queue = []
  }

  private mutating func add(_ route: Route) {
    kernel.outside[route.identity] = route
    _ = kernel.add(route)
  }

  // MARK: SAs

  mutating func install(_ child: ModelDaemon.Child) {
    guard let tunnel = scenario.tunnel(named: child.name) else { return }
    let pair = scenario.pair(tunnel, child, at: number)
    for (sa, other) in zip(pair, pair.reversed()) {
      serial += 1
      age[sa.key] = serial
      partner[sa.key] = other.key
      kernel.install(sa)
    }
  }

  /// Whether the other SA of its pair is gone, so that it is of no use.
  func isLeftover(_ sa: SecurityAssociation) -> Bool {
    partner[sa.key].map { kernel.sas[$0] == nil } ?? false
  }

  mutating func uninstall(_ child: ModelDaemon.Child) {
    guard let tunnel = scenario.tunnel(named: child.name) else { return }
    for sa in scenario.pair(tunnel, child, at: number) { kernel.delete(sa.key) }
  }

  /// The SA that the kernel sends a tunnel's packets through: the newest.
  func outbound(_ tunnel: Int) -> SAKey? {
    let ours = scenario.address(of: 1 - number)
    return kernel.sas.values
      .filter { $0.key.destination == ours && $0.reqid == scenario.reqid(tunnel) }
      .map(\.key).max { age[$0] ?? 0 < age[$1] ?? 0 }
  }

  /// The tunnel of an inbound SA; nil when there is none with this SPI.
  mutating func decrypt(_ spi: UInt32) -> Int? {
    let key = SAKey(destination: scenario.address(of: number), spi: spi)
    guard kernel.sas[key] != nil else { return nil }
    kernel.sas[key]?.packets += 1
    return kernel.sas[key].flatMap { scenario.tunnel(reqid: $0.reqid) }
  }

  /// Whether the kernel has the SAs of a child both ways.
  func hasBoth(of child: ModelDaemon.Child) -> Bool {
    guard let tunnel = scenario.tunnel(named: child.name) else { return false }
    return scenario.pair(tunnel, child, at: number).allSatisfy { kernel.sas[$0.key] != nil }
  }

  /// Whether SAs of a tunnel are there both ways.
  func isWhole(_ tunnel: Int) -> Bool {
    let mine = kernel.sas.values.filter { $0.reqid == scenario.reqid(tunnel) }
    return Set(mine.map(\.key.destination)).count == 2
  }

  // MARK: The link

  /// Gives a tunnel's link another name, and its name to a link of this kind; or undoes that.
  mutating func swapLink(_ tunnel: Int, for kind: Link.Kind?) {
    guard var link = kernel.links[scenario.index(tunnel)] else { return }
    let name = scenario.linkName(tunnel)
    let stranger = Self.stranger + Int32(tunnel)
    if link.name != name {
      if kernel.links[stranger] != nil { kernel.deleteLink(stranger) }
      link.name = name
      return kernel.put(link)
    }
    link.name = scenario.otherName(tunnel)
    kernel.put(link)
    guard let kind else { return }
    // Nothing is done for a link that is no tunnel, also not for prefixes that were to go by it.
    kernel.sheltered.remove(scenario.ownPrefix(tunnel))
    kernel.put(Link(index: stranger, name: name, kind: kind, operationalState: .up))
  }

  /// Gives each tunnel's link its own name again.
  mutating func restoreLinks() {
    for tunnel in scenario.tunnels.indices
    where kernel.links[scenario.index(tunnel)]?.name != scenario.linkName(tunnel) {
      swapLink(tunnel, for: nil)
    }
  }

  // MARK: The gate

  /// Whether users' packets of a tunnel go into it.
  func isInService(_ tunnel: Int) -> Bool {
    let link = kernel.links[scenario.index(tunnel)]
    return link?.isLinkModeDormant == false && link?.operationalState != .dormant
      && scenario.prefixes(tunnel).allSatisfy {
        kernel.way(to: $0.address)?.linkIndex == scenario.index(tunnel)
      }
  }

  func counters(_ keys: [SAKey]) -> [SAKey: UInt64] {
    var counts: [SAKey: UInt64] = [:]
    for key in keys { counts[key] = kernel.sas[key]?.packets }
    return counts
  }
}
