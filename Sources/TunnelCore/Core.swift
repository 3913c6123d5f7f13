/// The protocol core. Events in, effects out; it never asks for the time and owns no descriptor.
///
/// `handle(_:at:)` is the only entrance. The edge performs the effects in their order and brings
/// each failure back as an event.
///
/// The core is a router. What has state of its own is a component: it is handed what it reads of
/// others, writes into the outbox, and returns an outcome that is routed here. `Core+X` beside it says
/// what it is fed with and what follows:
///
/// - `Kernel/`: `KernelState`; SAs, policies, links and addresses as events and dumps tell them
/// - `Tunnels/`: `Tunnel`, `SetMonitor`, `TunnelIndex`. Sets appear, are rekeyed, move, vanish; which
///   tunnel they belong to, what a template gives it, and what state it is in
/// - `Probing/`: `ProbeWindow`, `PathMTU`, `TrafficMeter`, `Punctuality`. From where to where and by
///   which way a set is probed, what it carries, how long replies take, when a threshold falls
/// - `Clearing/`: `ClearPolicy`, `ClearLadder`, `Attempts`, `PathMemory`. May SAs be taken away, how,
///   who would bring them back, most tunnels fail at once, destinations that never answered
/// - `Daemon/`: `DaemonLists`, `DaemonConfiguration`, `Renegotiator`, `News`. What strongSwan says, what
///   it calls a tunnel, its view and the kernel's compared, what it is told to bring back;
///   `renegotiate-command`, the packet that triggers, and good news
/// - `Peers/`: `PeerMonitor`, `DaemonDPDMonitor`, `GatewayAddresses`. Whether an IKE peer is there, what
///   follows when it is not, which address is tried next
/// - `Gate/`: `GateController`, `RouteGuard`, `RouteReading`, `LinkFitness`. What a tunnel's state means
///   for its link, and whether that may be changed at all
/// - `BadSPI/`, `OwnLinks/`: ESP that has no SA; XFRM interfaces of the agent's own
/// - `Operator/`: commands, `Verifications`, reload, role, `explain`
/// - `Journal/`, `Metrics/`, `Reports/`: what is noted, counted and shown
public struct Core: Sendable {
  /// How long an empty set may still be a break-before-make reauthentication.
  static let absentGrace = Duration.seconds(3)
  /// How long SAs may be on their way to other endpoints. The IKE daemon deletes and adds them one
  /// by one, without waiting for anybody (strongSwan's kernel_netlink_ipsec.c, `update_sa`).
  static let moveGrace = Duration.milliseconds(500)
  /// Deadlines that are looked at in one turn, at most: what was sent in it leaves, and answers are
  /// read, before the next ones are.
  private static let timersInTurn = 128

  /// What is obeyed; `Command.reload` changes it.
  public internal(set) var configuration: Configuration
  var kernel = KernelState()
  var tunnels = TunnelTable()
  var pending = PendingWork()
  var tunnelIndex: TunnelIndex
  var monitors = SetTable()
  var monitorOfSet: [SASetKey: MonitorID] = [:]
  /// Sets with a remote selector that is one host, by that.
  var setsOfHost: [IPAddress: Set<MonitorID>] = [:]
  /// Configured tunnels by the SPIs of inbound SAs that they have or had.
  var homeOfSPI: [UInt32: TunnelID] = [:]
  /// How many of them there were when those of SAs that are gone were forgotten last.
  var homesKept = 0
  var gates: GateController
  var fitness: LinkFitness
  /// What comes of the event at hand.
  var out: Outbox
  var lists = DaemonLists()
  /// The daemon's IKE SAs as listed last; nil without a list.
  var listedSAs: ListedSAs?
  var renegotiator = Renegotiator()
  var daemon = DaemonConfiguration()
  var gatewayAddresses: GatewayAddresses
  var peers = PeerMonitor()
  var daemonDPD = DaemonDPDMonitor()
  var clearPolicy: ClearPolicy
  var memory: PathMemory
  /// Attempts on tunnels that are forgotten while they have no SA.
  var departed: [String: Attempts] = [:]
  var badSPI = BadSPI()
  var news = News()
  /// Active, unless told otherwise.
  public internal(set) var role: Role

  private var lastTunnel = 0
  private var lastMonitor: UInt32 = 0
  /// Whether the agent runs when it has to.
  var punctuality = Punctuality()
  /// Whether a first snapshot was taken; SAs in it are adopted.
  var hasStarted = false
  /// Whether another configuration is being taken over; SAs that are there are adopted.
  var isReloading = false
  /// Paths that an operator waits to be proven.
  var verifications = Verifications()
  /// Whether the agent is ending: gates stay as they are from now on.
  var isEnding = false
  var routeReading = RouteReading()
  var counterReading = CounterReading()
  var routeScope = RouteScope()
  var ownLinks = OwnLinks()

  /// An agent for this configuration.
  ///
  /// - Parameters:
  ///   - record: what an earlier run held and withdrew; empty when it left nothing.
  ///   - role: active, or standby beside the active gateway.
  ///   - seed: of the jitter; any number.
  ///   - now: the present.
  public init(
    configuration: Configuration, record: GateRecord = GateRecord(), role: Role = .active,
    seed: UInt64, at now: Instant
  ) {
    self.configuration = configuration
    self.role = role
    self.tunnelIndex = TunnelIndex(configuration)
    self.gatewayAddresses = GatewayAddresses(configuration)
    self.gates = GateController(record: record)
    self.fitness = LinkFitness(configuration)
    self.out = Outbox(seed: seed)
    self.clearPolicy = ClearPolicy(configuration)
    self.memory = PathMemory(record, for: configuration)
    gates.disk.mustSay(of: memory.forgotten(of: record))
    for vpn in configuration.vpns {
      addTunnel(name: vpn.name, vpn: vpn, link: vpn.bindInterface, at: now)
    }
  }

  /// When `handle(.drained, ...)` is due; nil when nothing waits. It changes nothing: but a core that is a
  /// class's property would be copied to be asked.
  public var nextDeadline: Instant? { mutating get { out.nextDeadline } }

  /// Takes one event and says what is to be done about it, in order. What is due is done by `.drained`
  /// and `.tick` alone, so that nothing is judged between two events that were read together.
  public mutating func handle(_ event: Event, at now: Instant) -> [Effect] {
    var effects: [Effect] = []
    handle(event, at: now, effects: &effects)
    return effects
  }

  /// The same.
  ///
  /// - Parameter effects: room for them; what is in it is dropped. One that is used again and again
  ///   makes an event cost no allocation.
  public mutating func handle(_ event: Event, at now: Instant, effects: inout [Effect]) {
    receive(event, at: now)
    if ownLinks.isDirty { reconcileOwnLinks(at: now) }
    readRoutesIfNeeded(at: now)
    out.end()
    out.exchange(&effects)
  }

  private mutating func receive(_ event: Event, at now: Instant) {
    out.begin()
    punctuality.noteCall(at: now, &out)
    switch event {
    case .snapshot(let snapshot): loadSnapshot(snapshot, at: now)
    case .kernel(let event): kernelSaid(event, at: now)
    case .routes(let all, let nexthops): replaceRoutes(all, nexthops, at: now)
    case .routesNotRead(let message): routesNotRead(message, at: now)
    case .reply(let reply): receive(reply, at: now)
    case .probeNotSent(let id, let sequence, let errno): takeBack(id, sequence, errno, at: now)
    case .probeTooLong(let id, let sequence, let limit):
      refusedWhole(id, sequence, limit: limit, at: now)
    case .counters(let id, let counts): judgeTraffic(id, counts, at: now)
    case .echoRequest(let source, let link): notePeerProbe(from: source, linkIndex: link)
    case .gateFailed(let failure): gateFailed(failure, at: now)
    case .recordWritten: gates.disk.written(&out)
    case .clearFailed(let id, let key, let message): clearFailed(id, key, message)
    case .vici(let event): daemonSaid(event, at: now)
    case .peerCounters(let id, let counts): peerCountersRead(id, counts, at: now)
    case .countersWanted: counterReading.want(at: now, &out)
    case .saCounters(let list, let time, let isLast): countersRead(list, time, isLast, at: now)
    case .saCountersNotRead(let message): counterReading.ended(because: message, &out)
    case .ikePingAnswered(let target): ikePingAnswered(target, at: now)
    case .ikePingNotSent(let target, let errno):
      peers.ikePingNotSent(target, errno: errno, peerContext, &out)
    case .commandEnded(let id, let end): commandEnded(id, end, at: now)
    case .triggerFailed(let id, let errno): triggerFailed(id, errno)
    case .ownLinkFailed(let ifID, let message): ownLinks.failed(ifID, message, &out)
    case .role(let role): changeRole(to: role, at: now)
    case .expireListeners(let isHeard): expireListenersRead(isHeard: isHeard, at: now)
    case .unknownSPIs(let count): unknownSPICountRead(count, at: now)
    case .captured(let packets): espCaptured(packets, at: now)
    case .badSPIFailed(let message): badSPI.failed(message, &out)
    case .decrypted(let gateway, let packets): badSPI.decryptedCountRead(packets, of: gateway, &out)
    case .command(let command, let request): execute(command, request, at: now)
    case .shutdown(let release): shutDown(release: release, at: now)
    case .drained(let instant): runTimers(drained: min(instant, now), at: now)
    case .tick: runTimers(drained: now, at: now)
    }
  }

  /// Does what is due, for a number of owners that is bounded.
  ///
  /// - Parameter instant: probes are judged by what had arrived until then.
  private mutating func runTimers(drained instant: Instant, at now: Instant) {
    punctuality.noteDrained(instant)
    var unread: [MonitorID] = []
    for _ in 0..<Self.timersInTurn {
      guard !out.isSetFirst, let owner = out.timers.popDue(at: now) else {
        guard let id = out.setTimers.popDue(at: now, in: &monitors) else { break }
        wake(id, at: now)
        // A reply may have come since the sockets were read, or what was asked is not answered yet.
        guard out.setTimers.putOff(id, ifDueAt: now, in: &monitors) else { continue }
        unread.append(id)
        continue
      }
      switch owner {
      case .tunnel(let id): reconcile(id, at: now)
      case .gate(let link): retryGate(link, at: now)
      case .ike: lists.ask(at: now, &out)
      case .command(let id): runCommand(id, at: now)
      case .trigger(let id): trigger(id, at: now)
      case .restoration(let id): sayUnrestored(id)
      case .ownLink(let ifID): ownLinks.touch(ifID)
      case .peer(let id): route(peers.tick(id, peerContext, at: now, &out), at: now)
      case .mass: raiseSilenced()
      case .record: gates.writeRecord(with: memory, &out)
      case .badSPI: wakeBadSPI(at: now)
      case .news: passOnNews(at: now)
      case .connections: pollConnections(at: now)
      case .verification(let id): endVerification(id)
      case .routes: routeReading.want()
      case .counters: counterReading.giveUp(&out)
      }
    }
    for id in unread { schedule(id) }
  }

  mutating func schedule(_ id: MonitorID) { out.setTimers.schedule(id, in: &monitors) }

  mutating func log(_ level: LogLevel, _ tunnel: String, _ text: String) {
    out.log(level, tunnel, text)
  }

  @discardableResult
  mutating func addTunnel(
    name: String, template: String? = nil, vpn: VPN?, link: String?, at now: Instant
  ) -> TunnelID {
    lastTunnel += 1
    let id = TunnelID(rawValue: lastTunnel)
    let tunnel = Tunnel(
      id: id, name: name, template: template, vpn: vpn, link: link, since: now)
    tunnels[id] = tunnel
    if let failure = memory.failures[name] { note(failure: failure, of: id) }
    recallAttempts(on: id)
    tunnelIndex.insert(tunnel)
    noteWholeness(id)
    return id
  }

  mutating func newMonitorID() -> MonitorID {
    lastMonitor += 1
    return MonitorID(rawValue: lastMonitor)
  }
}
