/// Finds tunnels by what events name: a link, a discovered tunnel's name, a peer's address.
///
/// With thousands of tunnels no event may look at every one.
struct TunnelIndex: Sendable {
  /// Tunnels of each link, the oldest first.
  private(set) var onLink: [String: [TunnelID]] = [:]
  /// Tunnels without a link.
  private(set) var linkless: Set<TunnelID> = []
  /// Tunnels that the configuration does not name.
  private(set) var discovered: [String: TunnelID] = [:]
  /// Configured tunnels by the addresses of their gateway, in the file's order.
  private(set) var ofPeer: [IPAddress: [TunnelID]] = [:]
  /// Configured tunnels by the name of their gateway, in the file's order.
  private(set) var ofGateway: [String: [TunnelID]] = [:]
  /// Tunnels that have no SAs, or not a set that is whole: those that wait for something.
  private(set) var withoutSAs: Set<TunnelID> = []
  private var ofName: [String: Set<TunnelID>] = [:]
  private var ofChild: [ChildName: Set<TunnelID>] = [:]
  private var children: [TunnelID: ChildName] = [:]
  private var ofDestination: [IPAddress: Set<TunnelID>] = [:]
  private var destinations: [TunnelID: Set<IPAddress>] = [:]
  /// Links that a VPN of the configuration names.
  let configuredLinks: Set<String>
  private let gateways: [String: Gateway]

  init(_ configuration: Configuration, _ tunnels: some Sequence<Tunnel> = []) {
    gateways = configuration.gateways
    configuredLinks = Set(configuration.vpns.compactMap(\.bindInterface))
    for tunnel in tunnels { insert(tunnel) }
  }

  /// The tunnel of a name; of several one that the configuration names.
  func named(_ name: String) -> TunnelID? { all(named: name).first }

  /// All tunnels of a name, those that the configuration names first.
  func all(named name: String) -> [TunnelID] {
    let other = discovered[name]
    return (ofName[name] ?? []).sorted { ($0 == other ? 1 : 0, $0) < ($1 == other ? 1 : 0, $1) }
  }

  /// Tunnels that are configured to probe an address.
  func probing(_ address: IPAddress) -> Set<TunnelID> { ofDestination[address] ?? [] }

  mutating func insert(_ tunnel: Tunnel) {
    ofName[tunnel.name, default: []].insert(tunnel.id)
    noteDestinations(of: tunnel)
    if let ike = tunnel.ike, ike.childID != nil { note(ike.name, of: tunnel.id) }
    if let link = tunnel.link {
      onLink[link, default: []].append(tunnel.id)
    } else {
      linkless.insert(tunnel.id)
    }
    guard let gateway = tunnel.gateway else {
      if !tunnel.isConfigured { discovered[tunnel.name] = tunnel.id }
      return
    }
    ofGateway[gateway, default: []].append(tunnel.id)
    for address in gateways[gateway]?.addresses ?? [] {
      ofPeer[address, default: []].append(tunnel.id)
    }
  }

  /// A tunnel is new or has other settings.
  mutating func noteDestinations(of tunnel: Tunnel) {
    forgetDestinations(of: tunnel.id)
    let monitor = tunnel.monitor
    let now = Set((monitor?.destinations ?? []) + (monitor?.verifyPath?.destinations ?? []))
    if !now.isEmpty { destinations[tunnel.id] = now }
    for address in now { ofDestination[address, default: []].insert(tunnel.id) }
  }

  private mutating func forgetDestinations(of tunnel: TunnelID) {
    for address in destinations.removeValue(forKey: tunnel) ?? [] {
      ofDestination.take(tunnel, from: address)
    }
  }

  /// The daemon lists a child that is a tunnel's.
  mutating func note(_ child: ChildName, of tunnel: TunnelID) {
    guard children[tunnel] != child else { return }
    forgetChild(of: tunnel)
    children[tunnel] = child
    ofChild[child, default: []].insert(tunnel)
  }

  /// Another list comes, or none.
  mutating func forgetChildren() { (ofChild, children) = ([:], [:]) }

  private mutating func forgetChild(of tunnel: TunnelID) {
    if let child = children.removeValue(forKey: tunnel) { ofChild.take(tunnel, from: child) }
  }

  /// Whether the daemon lists a child of this name that is another tunnel's.
  func hasOther(than tunnel: TunnelID, named child: ChildName) -> Bool {
    guard let tunnels = ofChild[child] else { return false }
    return tunnels.count > 1 || !tunnels.contains(tunnel)
  }

  /// Whether a tunnel has a set that is whole.
  mutating func note(_ tunnel: TunnelID, hasWholeSet: Bool) {
    if hasWholeSet { withoutSAs.remove(tunnel) } else { withoutSAs.insert(tunnel) }
  }

  /// A tunnel is no more.
  mutating func forgetSAs(of tunnel: TunnelID) { withoutSAs.remove(tunnel) }

  /// Takes a discovered tunnel out. Configured ones stay until the index is made anew.
  mutating func remove(_ tunnel: Tunnel) {
    ofName.take(tunnel.id, from: tunnel.name)
    forgetDestinations(of: tunnel.id)
    forgetChild(of: tunnel.id)
    if discovered[tunnel.name] == tunnel.id { discovered[tunnel.name] = nil }
    linkless.remove(tunnel.id)
    guard let link = tunnel.link else { return }
    onLink[link]?.removeAll { $0 == tunnel.id }
    if onLink[link]?.isEmpty == true { onLink[link] = nil }
  }
}
