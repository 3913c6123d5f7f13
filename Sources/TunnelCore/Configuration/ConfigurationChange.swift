/// What is different between two configurations, as far as a running agent has to know.
///
/// Settings are compared as whole values, so a key that is added to the file some day is noticed
/// here by itself. Only those that decide which tunnel it is, and those of its gate, have a name.
public struct ConfigurationChange: Hashable, Sendable {
  /// What becomes of one VPN.
  public enum Kind: Hashable, Sendable {
    /// It is new.
    case added
    /// It is gone.
    case removed
    /// It stands for other SAs or another link: dropped and added anew.
    case replaced
    /// It stays, and these of its settings are others.
    case changed(Set<Aspect>)
  }

  /// A group of settings of one VPN.
  public enum Aspect: String, CaseIterable, Hashable, Sendable {
    /// It has `vpn-monitor` now, or has it no more.
    case monitoring = "vpn-monitor"
    /// Timers, threshold, mode and addresses of its probes.
    case probes = "settings of vpn-monitor"
    /// `link-control`, `establish-tunnels`, `routes`, `guard-protocols`, `held-route`.
    case gate = "settings of the gate"
    /// Anything else, its gateway's settings too.
    case other = "other settings"
  }

  /// One VPN or template.
  public struct Item: Hashable, Sendable {
    /// Its name in the file.
    public var name: String
    /// What becomes of it.
    public var kind: Kind

    /// A VPN or template that is not as it was.
    public init(_ name: String, _ kind: Kind) {
      self.name = name
      self.kind = kind
    }
  }

  /// VPNs that are not as they were: those that are there in the file's order, then removed ones
  /// as they were.
  public private(set) var vpns: [Item] = []
  /// Templates, likewise; their order is one of their settings. Never `replaced`.
  public private(set) var templates: [Item] = []
  /// Whether anything else of the file is different.
  public private(set) var changesRest = false
  /// What is different and stays as it was until the agent is restarted: `KEY stays VALUE`.
  public private(set) var frozen: [String] = []

  /// Compares.
  public init(from old: Configuration, to new: Configuration) {
    vpns = Self.differences(old.vpns, new.vpns, name: \.name) {
      Self.kind(($0, old), ($1, new))
    }
    templates = Self.differences(old.templates, new.templates, name: \.name) {
      $0 == $1 ? nil : .changed([.other])
    }
    if templates.isEmpty, old.templates != new.templates {
      templates = new.templates.map { Item($0.name, .changed([.other])) }
    }
    if old.viciSocket != new.viciSocket { frozen = ["vici-socket stays \(old.viciSocket)"] }
    changesRest = old.rest != new.rest
  }

  /// Whether nothing is to be done.
  public var isEmpty: Bool {
    vpns.isEmpty && templates.isEmpty && !changesRest && frozen.isEmpty
  }

  private static func differences<Setting>(
    _ old: [Setting], _ new: [Setting], name: (Setting) -> String,
    _ kind: (Setting, Setting) -> Kind?
  ) -> [Item] {
    let before = Dictionary(old.map { (name($0), $0) }, uniquingKeysWith: { first, _ in first })
    let names = Set(new.map(name))
    let present = new.compactMap { setting in
      guard let known = before[name(setting)] else { return Item(name(setting), .added) }
      return kind(known, setting).map { Item(name(setting), $0) }
    }
    return present + old.map(name).filter { !names.contains($0) }.map { Item($0, .removed) }
  }

  private static func kind(
    _ old: (vpn: VPN, file: Configuration), _ new: (vpn: VPN, file: Configuration)
  ) -> Kind? {
    let gateways = (old.file.gateways[old.vpn.gateway], new.file.gateways[new.vpn.gateway])
    let isSamePeer =
      gateways.0?.addresses == gateways.1?.addresses
      && gateways.0?.localAddress == gateways.1?.localAddress
    guard isSamePeer, old.vpn.bindInterface == new.vpn.bindInterface else { return .replaced }
    var aspects: Set<Aspect> = []
    if (old.vpn.monitor == nil) != (new.vpn.monitor == nil) {
      aspects.insert(.monitoring)
    } else if old.vpn.monitor != new.vpn.monitor {
      aspects.insert(.probes)
    }
    if old.vpn != old.vpn.withGate(of: new.vpn) { aspects.insert(.gate) }
    var rest = new.vpn.withGate(of: old.vpn)
    rest.monitor = old.vpn.monitor
    if rest != old.vpn || gateways.0 != gateways.1 { aspects.insert(.other) }
    return aspects.isEmpty ? nil : .changed(aspects)
  }
}

extension ConfigurationChange {
  /// One line a VPN and template, for the operator.
  public var lines: [String] {
    let all =
      vpns.map { "vpn \($0.name): \(Self.text($0.kind))" }
      + templates.map { "template \($0.name): \(Self.text($0.kind))" }
      + (changesRest ? ["global settings changed"] : [])
      + frozen.map { "\($0) until the agent is restarted" }
    return all.isEmpty ? ["nothing changed"] : all
  }

  private static func text(_ kind: Kind) -> String {
    switch kind {
    case .added: "added"
    case .removed: "removed"
    case .replaced: "gateway or bind-interface changed: removed and added again"
    case .changed(let aspects) where aspects == [.other]: "changed"
    case .changed(let aspects):
      "\(Aspect.allCases.filter(aspects.contains).map(\.rawValue).joined(separator: ", ")) changed"
    }
  }
}

extension Configuration {
  /// All that is not of one gateway, VPN or template, and can change while the agent runs.
  fileprivate var rest: Configuration {
    var rest = self
    rest.gateways = [:]
    rest.vpns = []
    rest.templates = []
    rest.viciSocket = Configuration.observing.viciSocket
    return rest
  }
}

extension VPN {
  /// This VPN with the gate of another.
  fileprivate func withGate(of other: VPN) -> VPN {
    var vpn = self
    vpn.establishTunnels = other.establishTunnels
    vpn.linkControl = other.linkControl
    vpn.routes = other.routes
    vpn.guardProtocols = other.guardProtocols
    vpn.heldRoute = other.heldRoute
    return vpn
  }
}
