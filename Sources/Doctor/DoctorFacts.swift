import TunnelCore

/// What `vpnagent doctor` knows of a host. The edge gathers it; every check is a function of it.
///
/// What could not be looked at is nil or empty here and has a line in `unseen`: a check says nothing
/// about it.
public struct DoctorFacts: Sendable {
  /// Every check; each gives its findings.
  static let checks: [@Sendable (DoctorFacts) -> [Finding]] = [
    // Whoever negotiates comes first.
    { $0.viciFindings }, { $0.fileFindings }, { $0.kernelFindings }, { $0.capabilityFindings },
    { $0.agentFindings }, { $0.routeInstallFindings }, { $0.interfaceListFindings },
    { $0.ownDPDFindings }, { $0.retransmissionFindings },
    { $0.linkFindings }, { $0.tieFindings }, { $0.thiefFindings }, { $0.twinFindings },
    { $0.peerRouteFindings }, { $0.mtuFindings },
    { $0.reversePathFindings }, { $0.policySwitchFindings }, { $0.echoFindings },
    { $0.vrfFindings }, { $0.probeAddressFindings }, { $0.routeOwnerFindings },
    { $0.networkdFindings }, { $0.firewallFindings }, { $0.togglerFindings },
    { $0.clockFindings }, { $0.notifyFindings },
  ]

  /// Whether a module of the kernel is there.
  public enum Module: Hashable, Sendable {
    /// It is loaded or built in.
    case loaded
    /// Its file is there; the kernel loads it when it is wanted.
    case available
    /// It is neither.
    case absent
  }

  /// What became of asking the IKE daemon by VICI.
  public enum VICI: Hashable, Sendable {
    /// It answered; its version, as "5.9.8".
    case answers(version: String)
    /// No such socket (ENOENT).
    case missing
    /// Nobody listens on it (ECONNREFUSED).
    case deaf
    /// No permission.
    case forbidden
    /// Anything else, in words.
    case failed(String)
  }

  /// A process that has to do with tunnels or links, of this network namespace.
  public struct Process: Hashable, Sendable {
    /// Process id.
    public var pid: Int32
    /// Its name, as in /proc/PID/comm.
    public var name: String
    /// CapEff of /proc/PID/status.
    public var capabilities: UInt64

    /// A process.
    public init(pid: Int32, name: String, capabilities: UInt64 = .max) {
      self.pid = pid
      self.name = name
      self.capabilities = capabilities
    }
  }

  /// A file of configuration of another program.
  public struct TextFile: Hashable, Sendable {
    /// Its path.
    public var path: String
    /// Its text.
    public var text: String

    /// A file.
    public init(path: String, text: String) {
      self.path = path
      self.text = text
    }
  }

  /// Our configuration, and what was refused or warned of in its file.
  public var configuration = Configuration.observing
  /// Path of its file.
  public var configPath = ""
  /// Why the file is not valid; `configuration` is that of an empty one then.
  public var configErrors: [String] = []
  /// Release of the running kernel.
  public var kernelRelease = ""
  /// Modules by name; those of which nothing is known are left out.
  public var modules: [String: Module] = [:]
  /// Why SAs cannot be asked for; nil: they can.
  public var xfrmObstacle: String?
  /// This process, and whether it is root's.
  public var own = Process(pid: 0, name: "vpnagent")
  /// Agents, IKE daemons, routing daemons and whoever looks after links.
  public var processes: [Process] = []
  /// The process id that the running agent's socket says; nil: no agent answers.
  public var agentPID: Int32?
  /// What became of asking the IKE daemon.
  public var vici: VICI?
  /// Which IKE daemon runs.
  public var ikeProcess = IKEProcess.unseen
  /// systemd's unit of strongSwan, without `.service`; nil: there is none.
  public var strongSwanUnit: String?
  /// Its connections; empty without VICI.
  public var connections: [IKEConnection] = []
  /// strongswan.conf; nil: there is none.
  public var strongSwan: StrongSwanSettings?
  /// swanctl.conf; nil: there is none.
  public var swanctl: StrongSwanSettings?
  /// The kernel's SAs, links and so on.
  public var sas: [SecurityAssociation] = []
  /// Links.
  public var links: [Link] = []
  /// Addresses of the links.
  public var addresses: [InterfaceAddress] = []
  /// Routes of all tables but `local`.
  public var routes: [Route] = []
  /// Values below /proc/sys by their name with dots between the parts, a link's name as it is.
  public var sysctls: [String: String] = [:]
  /// .network files of systemd-networkd, in the order it tries them, drop-ins behind their file.
  public var networkdFiles: [NetworkdFile] = []
  /// The ruleset of nftables; nil: not looked at.
  public var firewall: Firewall?
  /// Files of daemons that watch links, such as keepalived's.
  public var watcherFiles: [TextFile] = []
  /// Whether the kernel says that the clock is not synchronised; nil: not known.
  public var isClockFree: Bool?
  /// Seconds that the record of gates lies in the future; nil: there is none, or not known.
  public var recordAhead: Int64?
  /// Why the program of `notify` cannot be run; nil: it can, or there is none.
  public var notifyObstacle: String?
  /// What was not looked at and why.
  public var unseen: [String] = []

  /// Nothing known.
  public init() {}
}

// MARK: - What several checks ask for

extension DoctorFacts {
  /// A tunnel that is configured with a link that is there.
  struct Bound {
    var vpn: VPN
    var link: Link
  }

  /// VPNs with their links; without those that can be no tunnel's, of which `link` is said alone.
  var bound: [Bound] {
    configuration.vpns.compactMap { vpn in
      guard let name = vpn.bindInterface, let link = link(named: name), link.misfit == nil else {
        return nil
      }
      return Bound(vpn: vpn, link: link)
    } + templated
  }

  /// Links that a template takes by its name or if_id.
  private var templated: [Bound] {
    let named = Set(configuration.vpns.compactMap(\.bindInterface))
    return links.filter { $0.kind.isTunnel && !named.contains($0.name) && !isFallback($0) }
      .compactMap { link in
        let template = configuration.templates.first { $0.match.fits(link) }
        return template.map { Bound(vpn: $0.vpn(named: link.name, link: link.name), link: link) }
      }
  }

  /// VPNs with links that the agent probes through.
  var monitored: [Bound] { bound.filter { $0.vpn.monitor != nil } }

  /// VTIs that the kernel makes by itself in each namespace.
  func isFallback(_ link: Link) -> Bool { link.name == "ip_vti0" || link.name == "ip6_vti0" }

  func link(named name: String) -> Link? { links.first { $0.name == name } }
  func link(_ index: Int32) -> Link? { links.first { $0.index == index } }

  func addresses(of link: Link) -> [InterfaceAddress] {
    addresses.filter { $0.linkIndex == link.index && !$0.address.isLinkLocal }
  }

  func isOwn(_ address: IPAddress) -> Bool { addresses.contains { $0.address == address } }

  /// Whole tunnel-mode ESP SAs that encrypt.
  var outbound: [SecurityAssociation] {
    sas.filter {
      !$0.isLarval && $0.mode == .tunnel && $0.key.ipProtocol == 50
        && ($0.direction.map { $0 == .outbound } ?? isOwn($0.source))
    }
  }

  func number(_ name: String) -> Int? { sysctls[name].flatMap { Int($0) } }

  /// A fix of one value below /proc/sys: now, and after the next boot.
  func sysctl(_ name: String, _ value: Int) -> Finding.Fix {
    Finding.Fix(
      file: "/etc/sysctl.d/60-vpnagent.conf", lines: ["\(Self.slashed(name)) = \(value)"],
      commands: ["sysctl -w \(Self.slashed(name))=\(value)"])
  }

  /// sysctl(8) takes a link's name with a dot only where the separators are slashes.
  private static func slashed(_ name: String) -> String {
    let parts = name.split(separator: ".").map(String.init)
    guard parts.count > 5, let last = parts.last else { return name }
    let link = parts[3..<parts.count - 1].joined(separator: ".")
    return (parts.prefix(3) + [link, last]).joined(separator: "/")
  }
}

extension Template.Match {
  /// Whether a link fits before its SAs are known; the peer is not looked at.
  fileprivate func fits(_ link: Link) -> Bool {
    if let interface, !interface.matches(link.name) { return false }
    guard let ifIDs else { return interface != nil }
    if case .xfrm(let ifID) = link.kind { return ifIDs.contains(ifID) }
    return false
  }
}
