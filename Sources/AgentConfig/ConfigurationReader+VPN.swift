import TunnelCore

let vpnKeys = [
  "gateway", "bind-interface", "establish-tunnels", "link-control", "routes", "guard-protocols",
  "held-route", "vpn-monitor", "ike-child", "renegotiate-command",
]
/// Keys of a VPN that a template must not have: they are one tunnel's.
let namingKeys = [
  "gateway", "bind-interface", "routes", "ike-child", "renegotiate-command",
]
/// Keys that a VPN and a template have in common.
let settingKeys = vpnKeys.filter { !namingKeys.contains($0) }

extension ConfigurationReader {
  /// `[vpn.NAME]`; its gateway is empty where the file has none.
  mutating func vpn(_ name: String, _ item: Item, defaults: Monitor) -> VPN? {
    guard
      let section = complaints.section(
        item, keys: vpnKeys, home: { homeOfTunnelKey($0, at: item.path) })
    else { return nil }
    var vpn = VPN(name: name, gateway: gatewayName(section) ?? "")
    vpn.bindInterface = bindInterface(section["bind-interface"])
    vpn.routes = routes(section)
    vpn.ikeChild = complaints.ikeName(section["ike-child"])
    vpn.renegotiateCommand = complaints.command(section["renegotiate-command"])
    readSettings(section, into: &vpn, defaults: defaults)
    if section["bind-interface"] == nil { refuseLinkSettings(section) }
    checkWhatCanBeDone(vpn, section)
    return vpn
  }

  /// What a template may say too.
  mutating func readSettings(_ section: Section, into vpn: inout VPN, defaults: Monitor) {
    if let value: VPN.EstablishTunnels = complaints.choice(section["establish-tunnels"]) {
      vpn.establishTunnels = value
    }
    if let value: VPN.LinkControl = complaints.choice(section["link-control"]) {
      vpn.linkControl = value
    }
    if let protocols = complaints.elements(section["guard-protocols"], of: "route protocols") {
      vpn.guardProtocols = Set(protocols.compactMap { complaints.routeProtocol($0) })
    }
    if let value: VPN.HeldRoute = complaints.choice(section["held-route"]) {
      vpn.heldRoute = value
    }
    vpn.monitor = monitor(section["vpn-monitor"], defaults: defaults)
  }

  /// A link of the operator's; the agent's own come and go.
  private mutating func bindInterface(_ item: Item?) -> String? {
    guard let item, let name = complaints.interfaceName(item),
      complaints.checkTunnelName(item, name)
    else { return nil }
    return name
  }

  /// What only a link can have. `routes` says so by itself.
  private mutating func refuseLinkSettings(_ section: Section) {
    if let item = section["link-control"], case .string(let name) = item.value,
      let control = VPN.LinkControl(rawValue: name), control != .none
    {
      complaints.refuse(item, "needs bind-interface, the link to control; without it use \"none\"")
    }
    for key in ["guard-protocols", "held-route"] {
      guard let item = section[key] else { continue }
      complaints.refuse(item, "needs bind-interface, the link whose routes are guarded")
    }
  }

  /// Warns of settings that do nothing.
  private mutating func checkWhatCanBeDone(_ vpn: VPN, _ section: Section) {
    if vpn.renegotiateCommand != nil, vpn.establishTunnels == .responderOnly {
      complaints.warn(
        path: section.path(of: "renegotiate-command"),
        "never runs with establish-tunnels = \"responder-only\"")
    }
    guard !vpn.routes.isEmpty, vpn.monitor == nil || vpn.linkControl == .none else { return }
    complaints.warn(
      path: section.path(of: "routes"),
      "no route is touched without vpn-monitor and link-control = \"oper\"")
  }

  private mutating func gatewayName(_ section: Section) -> String? {
    let allowed =
      gatewayNames.isEmpty
      ? "the name of a gateway (none defined, add [gateway.NAME])" : listed(gatewayNames)
    guard let item = section["gateway"] else {
      complaints.refuse(path: section.path(of: "gateway"), "missing; expected: \(allowed)")
      return nil
    }
    guard let name = complaints.string(item, allowed: allowed) else { return nil }
    guard knownGateways.contains(name) else {
      complaints.refuse(item, "no such gateway; expected: \(allowed)")
      return nil
    }
    return name
  }

  private mutating func routes(_ section: Section) -> [IPPrefix] {
    guard let item = section["routes"], let items = complaints.elements(item, of: "IP prefixes")
    else { return [] }
    if !items.isEmpty, section["bind-interface"] == nil {
      complaints.refuse(item, "needs bind-interface, the link to route through")
    }
    return items.compactMap { newRoute($0) }
  }

  /// A prefix that no VPN routes yet.
  private mutating func newRoute(_ item: Item) -> IPPrefix? {
    guard let route = complaints.prefix(item) else { return nil }
    if let first = routePaths[route] {
      complaints.refuse(item, "already in \(first); list each prefix only once in the file")
      return nil
    }
    routePaths[route] = item.path
    return route
  }

  /// A link that several gateways share cannot be held for one of them alone.
  mutating func checkSharedLinks(_ vpns: [VPN]) {
    let links = Dictionary(grouping: vpns.filter { !$0.gateway.isEmpty }) { $0.bindInterface }
    for vpn in vpns {
      guard let link = vpn.bindInterface, let sharing = links[link], let first = sharing.first,
        !vpn.gateway.isEmpty, vpn.gateway != first.gateway,
        sharing.contains(where: { $0.linkControl != .none })
      else { continue }
      complaints.refuse(
        Item(path: "vpn.\(writtenKey(vpn.name)).bind-interface", value: .string(link)),
        "vpn.\(writtenKey(first.name)) with gateway \(first.gateway) is on this link too; "
          + "use one gateway per link, or link-control = \"none\" in every VPN on it")
    }
  }

  /// Warns once of monitored tunnels that failed: they are held, so that no user's packet can bring
  /// them back.
  mutating func checkTriggers(_ configuration: Configuration) {
    func isHeld(_ vpn: VPN) -> Bool {
      vpn.establishTunnels == .onTraffic && vpn.linkControl != .none
        && (vpn.monitor.map { $0.action != .warn } ?? false)
    }
    let paths =
      configuration.vpns.filter { $0.bindInterface != nil && isHeld($0) }.map {
        "vpn.\(writtenKey($0.name))"
      }
      + configuration.templates.filter { isHeld($0.settings) }.map {
        "template.\(writtenKey($0.name))"
      }
    guard let first = paths.first else { return }
    let more = paths.count > 1 ? "; so are \(paths.count - 1) more" : ""
    complaints.warn(
      path: "\(first).establish-tunnels",
      "\"on-traffic\" (the default) with vpn-monitor: after a failure the tunnel is held, and only "
        + "start_action = trap in strongSwan, or the peer, brings it back; \"immediately\" always "
        + "does\(more)")
  }

  /// Warns of gateways that do nothing.
  mutating func checkUnusedGateways(_ vpns: [VPN]) {
    let used = Set(vpns.map(\.gateway))
    for name in gatewayNames where !used.contains(name) {
      complaints.warn(path: "gateway.\(writtenKey(name))", "no VPN uses this gateway")
    }
  }
}

/// Names for a message, not more than ten.
private func listed(_ names: [String]) -> String {
  let shown = names.prefix(10).map(writtenKey).joined(separator: ", ")
  return names.count > 10 ? "\(shown) and \(names.count - 10) more" : shown
}
