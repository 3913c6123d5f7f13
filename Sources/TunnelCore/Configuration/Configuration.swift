/// What the operator asked for, validated. AgentConfig makes it, the core obeys it.
public struct Configuration: Hashable, Sendable {
  /// IKE gateways by name.
  public var gateways: [String: Gateway]
  /// Configured VPNs, in the file's order.
  public var vpns: [VPN]
  /// Path of strongSwan's VICI socket.
  public var viciSocket = "/run/charon.vici"
  /// A program and its arguments, run for each alarm; nil: none.
  public var notify: [String]?
  /// How long it may take: 0.1...3600 s.
  public var notifyTimeout = Duration.seconds(10)
  /// Whether and how often senders of unknown SPIs are answered by a negotiation; nil: never.
  public var respondBadSPI: RespondBadSPI?
  /// Templates, in the order they are tried.
  public var templates: [Template]
  /// A mass failure is when more than this share of the tunnels that live, eight at least, fail
  /// within two intervals: 0.05...1; 1: never.
  public var massFailureThreshold = 0.5
  /// SA sets that are cleared in any minute, at most: 1...6000.
  public var maxClearsPerMinute = 60
  /// Where metrics are read over HTTP; nil: nowhere.
  public var metrics: MetricsAddress?

  /// Settings of the VPNs and of the templates.
  public var allSettings: [VPN] { vpns + templates.map(\.settings) }

  /// No gateway and no VPN: the agent only observes.
  public static let observing = Configuration(gateways: [:], vpns: [])

  /// A configuration.
  public init(gateways: [String: Gateway], vpns: [VPN], templates: [Template] = []) {
    self.gateways = gateways
    self.vpns = vpns
    self.templates = templates
  }
}

/// `[gateway.NAME]`: one IKE peer.
public struct Gateway: Hashable, Sendable {
  /// The name in the file.
  public var name: String
  /// The peer's addresses, tried in this order. Never empty.
  public var addresses: [IPAddress]
  /// Our address towards it; nil: whatever the SAs have.
  public var localAddress: IPAddress?
  /// dead-peer-detection; nil: off.
  public var deadPeerDetection: DeadPeerDetection?
  /// Name of its connection in the IKE daemon's configuration; nil: the one that fits.
  public var ikeConnection: String?

  /// A gateway.
  public init(
    name: String, addresses: [IPAddress], localAddress: IPAddress? = nil,
    ikeConnection: String? = nil, deadPeerDetection: DeadPeerDetection? = nil
  ) {
    self.deadPeerDetection = deadPeerDetection
    self.name = name
    self.addresses = addresses
    self.localAddress = localAddress
    self.ikeConnection = ikeConnection
  }
}

/// `[vpn.NAME]`: one tunnel through one gateway.
public struct VPN: Hashable, Sendable {
  /// Who starts negotiation (docs/architecture.md has what the gate does for each).
  public enum EstablishTunnels: String, CaseIterable, Sendable {
    case immediately
    case onTraffic = "on-traffic"
    case responderOnly = "responder-only"
  }

  /// How a link is taken out of service.
  public enum LinkControl: String, CaseIterable, Sendable {
    /// Operstate DORMANT and guarded routes; the admin flag stays the operator's.
    case oper
    /// As `oper` while the path is verified; the admin flag cleared while there is none.
    case admin
    /// Observe, alarm, clear; never touch the link.
    case none
  }

  /// What stands in for a held prefix.
  public enum HeldRoute: String, CaseIterable, Sendable {
    case unreachable
    case none
  }

  /// The name in the file; shown everywhere.
  public var name: String
  /// Name of its gateway; a key of `Configuration.gateways`. Empty in a template: there it is
  /// whoever the SAs' peer is.
  public var gateway: String
  /// Name of the VTI or XFRM interface; nil for a policy-based tunnel.
  public var bindInterface: String?
  /// Who starts negotiation.
  public var establishTunnels: EstablishTunnels
  /// How the link is held.
  public var linkControl: LinkControl
  /// Routes the agent owns: through the link in service, unreachable while held. Main table.
  public var routes: [IPPrefix]
  /// rtm_protocol numbers whose routes are withdrawn while the link is held.
  public var guardProtocols: Set<UInt8>
  /// What stands in for a withdrawn route.
  public var heldRoute: HeldRoute
  /// vpn-monitor and verify-path; nil: shown, never touched.
  public var monitor: Monitor?
  /// Name of its child in the IKE daemon's configuration; nil: the one that fits.
  public var ikeChild: String?
  /// A program and its arguments that bring the tunnel up where there is no VICI.
  public var renegotiateCommand: [String]?

  /// A VPN; defaults are the file's.
  public init(
    name: String, gateway: String, bindInterface: String? = nil,
    establishTunnels: EstablishTunnels = .onTraffic, linkControl: LinkControl = .oper,
    routes: [IPPrefix] = [], guardProtocols: Set<UInt8> = [0, 3, 4],
    heldRoute: HeldRoute = .unreachable, monitor: Monitor? = nil, ikeChild: String? = nil,
    renegotiateCommand: [String]? = nil
  ) {
    self.name = name
    self.gateway = gateway
    self.bindInterface = bindInterface
    self.establishTunnels = establishTunnels
    self.linkControl = linkControl
    self.routes = routes
    self.guardProtocols = guardProtocols
    self.heldRoute = heldRoute
    self.monitor = monitor
    self.ikeChild = ikeChild
    self.renegotiateCommand = renegotiateCommand
  }
}

/// `vpn-monitor`: probing of one VPN.
public struct Monitor: Hashable, Sendable {
  /// When probes are sent once the tunnel is up.
  public enum Mode: String, CaseIterable, Sendable {
    /// Every interval.
    case alwaysSend = "always-send"
    /// Only when the SAs sent and did not receive during the last interval.
    case optimized
  }

  /// Where probes come from and go to when no address is configured.
  public enum ProbeSource: String, CaseIterable, Sendable {
    /// The link's own address, to the other end of its subnet where there is only one.
    case link
    /// The tunnel's endpoints, as Junos.
    case endpoint
  }

  /// `verify-path`.
  public struct VerifyPath: Hashable, Sendable {
    /// Where verify-path's probes go: each set takes the first inside its traffic selectors. Empty:
    /// the default; vpn-monitor's destination-ip does not apply to it.
    public var destinations: [IPAddress]
    /// Bytes of the whole ICMP message, its 8-byte header included: 64...1350.
    public var packetSize: Int

    /// verify-path with its own destination and size.
    public init(destinations: [IPAddress] = [], packetSize: Int = 64) {
      self.destinations = destinations
      self.packetSize = packetSize
    }
  }

  /// always-send or optimized.
  public var mode: Mode
  /// Time between probes: 0.1...3600 s.
  public var interval: Duration
  /// Consecutive losses that make the path dead: 1...65536.
  public var threshold: Int
  /// When a probe counts as lost; nil: the interval, but never under three times the smoothed RTT.
  public var timeout: Duration?
  /// Default addresses.
  public var probeSource: ProbeSource
  /// vpn-monitor's probes come from this interface's address.
  public var sourceInterface: String?
  /// vpn-monitor's probes go here: each set takes the first inside its traffic selectors. Empty: the
  /// default.
  public var destinations: [IPAddress]
  /// Whether a reply that comes outside the tunnel counts as life all the same.
  public var acceptsClearReply: Bool
  /// Whether to find out how large a packet the path carries.
  public var findsPathMTU: Bool
  /// nil: a link is in service as soon as its SA set exists.
  public var verifyPath: VerifyPath?
  /// What is done when the path is dead.
  public var action = Action.clear
  /// Consecutive replies before a tunnel opens: 1...100; nil: 1, or 2 when it went down a short
  /// while ago.
  public var recoveryThreshold: Int?
  /// Waits between attempts to get a dead tunnel renegotiated.
  public var renegotiateBackoff = RenegotiateBackoff()
  /// What is made of a destination of vpn-monitor's that has not answered once.
  public var neverAnswered = NeverAnswered.warn

  /// Monitoring; defaults are Junos'.
  public init(
    mode: Mode = .alwaysSend, interval: Duration = .seconds(10), threshold: Int = 10,
    timeout: Duration? = nil, probeSource: ProbeSource = .link, sourceInterface: String? = nil,
    destinations: [IPAddress] = [], acceptsClearReply: Bool = false, findsPathMTU: Bool = false,
    verifyPath: VerifyPath? = nil
  ) {
    self.findsPathMTU = findsPathMTU
    self.acceptsClearReply = acceptsClearReply
    self.mode = mode
    self.interval = interval
    self.threshold = threshold
    self.timeout = timeout
    self.probeSource = probeSource
    self.sourceInterface = sourceInterface
    self.destinations = destinations
    self.verifyPath = verifyPath
  }
}
