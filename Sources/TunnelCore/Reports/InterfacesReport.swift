/// What `vpnagent show interfaces` shows. Keys of its JSON are stable, null ones left out.
public struct InterfacesReport: Codable, Hashable, Sendable {
  /// Links of tunnels by name, those that do not exist among them.
  public var interfaces: [InterfaceStatus]

  /// A report.
  public init(interfaces: [InterfaceStatus]) { self.interfaces = interfaces }
}

/// One link at one moment.
public struct InterfaceStatus: Codable, Hashable, Sendable {
  /// Its name.
  public var name: String
  /// Its index; null when it does not exist.
  public var index: Int32?
  /// vti, xfrm, or what else the kernel calls it; null likewise.
  public var kind: String?
  /// Whether the operator has it up, or the agent alone has it down.
  public var enabled: Bool
  /// Whether packets can leave by it: it is up and not held.
  public var up: Bool
  /// The kernel's operational state: unknown, not-present, down, lower-layer-down, testing, dormant,
  /// up; null when it does not exist.
  public var operstate: String?
  /// MTU in bytes; null likewise.
  public var mtu: UInt32?
  /// Endpoints of a VTI; null otherwise and where any will do.
  public var local: String?
  /// The peer's, likewise.
  public var remote: String?
  /// Keys of a VTI, `IN/OUT`; null otherwise.
  public var keys: String?
  /// if_id of an XFRM interface; null otherwise.
  public var ifID: UInt32?
  /// The VRF or bridge that it belongs to; null when there is none.
  public var master: String?
  /// held, down, in-service, as-found; "-" when the agent does not touch it.
  public var gate: String
  /// Its addresses, `ADDRESS/LENGTH`.
  public var addresses: [String]
  /// Names of the tunnels that use it.
  public var tunnels: [User]

  /// A tunnel that uses a link.
  public struct User: Codable, Hashable, Sendable {
    /// Its name.
    public var name: String
    /// tunnel-id.
    public var id: Int
    /// absent, verifying, up, down, standby.
    public var state: String
  }

  private enum CodingKeys: String, CodingKey {
    case name, index, kind, enabled, up, operstate, mtu, local, remote, keys, master, gate
    case addresses, tunnels
    case ifID = "if_id"
  }
}

extension Core {
  /// Names of the links of tunnels, sorted.
  public var interfaceNames: [String] { tunnelIndex.onLink.keys.sorted() }

  /// A link of tunnels; nil when no tunnel has it.
  public func interface(named name: String) -> InterfaceStatus? {
    tunnelIndex.onLink[name] == nil ? nil : interface(name)
  }

  private func interface(_ name: String) -> InterfaceStatus {
    let link = kernel.link(named: name)
    let isHeld = gates[name].map { $0.demand == .held || $0.demand == .down } ?? false
    let users = tunnels(on: name)
    var status = InterfaceStatus(
      name: name, index: link?.index, kind: link?.kind.name,
      enabled: link.map { $0.isAdminUp || gates.isDownByUs(name) } ?? false,
      up: link.map { $0.isAdminUp && !isHeld && $0.operationalState != .dormant } ?? false,
      operstate: link?.operationalState.name, mtu: link?.mtu, keys: nil,
      master: link?.master.flatMap { kernel.links[$0]?.name },
      gate: users.contains(where: isGuarded) ? gates[name]?.demand.rawValue ?? "-" : "-",
      addresses: link.flatMap { kernel.addresses[$0.index] }.map(Self.text) ?? [],
      tunnels: users.map {
        .init(name: $0.name, id: $0.id.rawValue, state: $0.stateName)
      })
    switch link?.kind {
    case .vti(let local, let remote, let inputKey, let outputKey):
      status.local = local.isUnspecified ? nil : local.description
      status.remote = remote.isUnspecified ? nil : remote.description
      status.keys = "\(inputKey)/\(outputKey)"
    case .xfrm(let ifID): status.ifID = ifID
    case .other, nil: break
    }
    return status
  }

  private static func text(_ addresses: [InterfaceAddress]) -> [String] {
    addresses.sorted { ($0.address, $0.prefixLength) < ($1.address, $1.prefixLength) }.map {
      let peer = $0.peer.map { " peer \($0)" } ?? ""
      return "\($0.address)/\($0.prefixLength)\(peer)"
    }
  }
}

extension Link.Kind {
  /// As `ip link` has it.
  fileprivate var name: String {
    switch self {
    case .vti(let local, let remote, _, _):
      local.family == .ipv6 || remote.family == .ipv6 ? "vti6" : "vti"
    case .xfrm: "xfrm"
    case .other(let name): name
    }
  }
}

extension Link.OperationalState {
  /// As `ip link` has it, in lower case and with hyphens.
  fileprivate var name: String {
    switch self {
    case .unknown: "unknown"
    case .notPresent: "not-present"
    case .down: "down"
    case .lowerLayerDown: "lower-layer-down"
    case .testing: "testing"
    case .dormant: "dormant"
    case .up: "up"
    }
  }
}
