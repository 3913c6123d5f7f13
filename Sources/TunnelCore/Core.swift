import OrderedCollections

/// The protocol core. Events in, effects out; it never asks for the time and owns no descriptor.
///
/// `handle(_:at:)` is the only entrance. The edge performs the effects in their order and brings
/// each failure back as an event. Owned here: the SA table, the tunnels, one monitor a set, the
/// route guard and every deadline. Which file does what:
///
/// - `Core+Kernel`: SAs, links, addresses, routes, snapshots
/// - `Core+Sets`: sets appear, are rekeyed, vanish
/// - `Core+Discovery`: which tunnel a set belongs to, and what a template gives it
/// - `Core+MovedSets`: SAs that were moved away from where a tunnel's link could carry them
/// - `Core+Selectors`: what each set of a tunnel carries, and one set of several
/// - `Core+Paths`: from where to where a set is probed
/// - `Core+Ways`: through which link, or without one
/// - `Core+OwnLinks`: XFRM interfaces of the agent's own
/// - `Core+Probing`: probes, replies, thresholds
/// - `Core+Punctuality`: whether the agent runs when it has to
/// - `Core+PathMTU`: how large a packet a path carries
/// - `Core+Clearing`: how SAs of a dead path are taken away
/// - `Core+Guards`: whether they may be, now
/// - `Core+Restorable`: whether anybody would bring them back
/// - `Core+Backoff`: attempts on one tunnel, and when it has recovered
/// - `Core+GoodNews`: what ends a wait for the next attempt
/// - `Core+MassFailure`: most tunnels fail at once
/// - `Core+Answers`: destinations that have not answered once
/// - `Core+DPD`: whether an IKE peer is there at all
/// - `Core+DeadPeers`: what follows when it is not
/// - `Core+DaemonDPD`: strongSwan asks in the agent's place
/// - `Core+Failover`: which address of a gateway is tried
/// - `Core+Traffic`: whether an `optimized` monitor has to probe at all
/// - `Core+IKE`: what strongSwan says by VICI
/// - `Core+Names`: what it calls a tunnel
/// - `Core+Views`: what it lists and what the kernel has, compared
/// - `Core+Renegotiation`: children that it is told to bring back
/// - `Core+RenegotiateCommand`: `renegotiate-command`, where there is no VICI
/// - `Core+Trigger`: on-traffic tunnels that failed, and the packet that brings them back
/// - `Core+Admin`: `link-control = "admin"`
/// - `Core+Role`: active or standby
/// - `BadSPI`: ESP with unknown SPIs, and what is done about its sender
/// - `Core+Reload`: another configuration while the agent runs
/// - `Core+Commands`: what else an operator asks for
/// - `Core+Gates`: what a tunnel's state means for its link
/// - `Core+LinkFitness`: whether that link may be changed at all
/// - `Metrics/`: what is counted for monitoring systems, and how they read it
/// - `Tunnel`: the one function that changes a tunnel's state
public struct Core: Sendable {
  enum TimerOwner: Hashable {
    case monitor(MonitorID)
    case tunnel(TunnelID)
    case gate(String)
    case ike
    case command(TunnelID)
    case trigger(TunnelID)
    case ownLink(UInt32)
    case peer(DetectorID)
    /// Tunnels that are still down after a mass failure.
    case mass
    /// What the record on disk does not have yet.
    case record
    case badSPI
    /// Good news are passed on.
    case news
    /// Connections are looked for.
    case connections
    case verification(TunnelID)
    /// Routes are to be dumped.
    case routes
  }

  /// How long an empty set may still be a break-before-make reauthentication.
  static let absentGrace = Duration.seconds(3)
  /// How long SAs may be on their way to other endpoints. The IKE daemon deletes and adds them one
  /// by one, without waiting for anybody (strongSwan's kernel_netlink_ipsec.c, `update_sa`).
  static let moveGrace = Duration.milliseconds(500)
  /// A late call beyond this means that the agent itself did not run.
  static let stallTolerance = Duration.milliseconds(100)
  /// Deadlines that are looked at in one turn, at most: what was sent in it leaves, and answers are
  /// read, before the next ones are.
  private static let timersInTurn = 128

  /// What is obeyed; `Command.reload` changes it.
  public internal(set) var configuration: Configuration
  var kernel = KernelState()
  var tunnels: OrderedDictionary<TunnelID, Tunnel> = [:]
  var tunnelIndex: TunnelIndex
  var monitors: [MonitorID: SetMonitor] = [:]
  var monitorOfSet: [SASetKey: MonitorID] = [:]
  /// Configured tunnels by the SPIs of inbound SAs that they have or had.
  var homeOfSPI: [UInt32: TunnelID] = [:]
  /// How many of them there were when those of SAs that are gone were forgotten last.
  var homesKept = 0
  var gates: [String: Gate] = [:]
  var routes: RouteGuard
  var fitness: LinkFitness
  /// What comes of the event at hand.
  var out: Outbox
  var ike = IKEView()
  var dpd: DPDView
  var mass: MassFailure
  var clearCap: ClearCap
  /// Destinations of vpn-monitor that have answered, by tunnel name.
  var answered: [String: Set<IPAddress>]
  /// What monitored tunnels went down by whose path is not proven since, by name.
  var failures: [String: Reason]
  /// Attempts on tunnels that are forgotten while they have no SA.
  var departed: [String: Attempts] = [:]
  var badSPI = BadSPI()
  var listeners = ExpireListeners()
  var news = News()
  /// What monitoring systems count.
  var counters = Counters()
  /// Active, unless told otherwise.
  public internal(set) var role: Role

  private var lastTunnel = 0
  private var lastMonitor: UInt32 = 0
  private var handledAt: Instant?
  /// Replies that arrived until then have been taken.
  var drainedAt: Instant?
  /// The last time in which the agent did not run.
  var lastPause: Pause?
  /// Whether the agent runs when it has to.
  var punctuality = Punctuality()
  /// Whether a first snapshot was taken; SAs in it are adopted.
  var hasStarted = false
  /// Whether another configuration is being taken over; SAs that are there are adopted.
  var isReloading = false
  /// What happened to the tunnels, for the operator.
  var journal = TunnelEvents()
  /// Paths that an operator waits to be proven.
  var verifications: [TunnelID: Verification] = [:]
  /// Whether the agent is ending: gates stay as they are from now on.
  var isEnding = false
  /// Whether routes are to be dumped once all steps are taken: a dump from before them would show
  /// what they have changed.
  var mustReadRoutes = false
  var routeReading = RouteReading()
  var routeScope = RouteScope()
  /// What is being done about links of the agent's own, by if_id.
  var ownLinks: [UInt32: OwnLink] = [:]
  var mustReconcileOwnLinks = false
  /// Whether what an earlier run left was looked at.
  var hasSwept = false
  /// What the record on disk says; nil when a write failed.
  var recorded: GateRecord?
  /// Why the record could not be written; nil when it was.
  var recordFailure: String?

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
    self.dpd = DPDView(configuration)
    self.routes = RouteGuard(record: record)
    self.fitness = LinkFitness(configuration)
    self.recorded = record
    self.out = Outbox(seed: seed)
    self.mass = MassFailure(share: configuration.massFailureThreshold)
    self.clearCap = ClearCap(limit: configuration.maxClearsPerMinute)
    self.answered = Self.answers(in: record, for: configuration)
    self.failures = Self.failures(in: record, for: configuration)
    for vpn in configuration.vpns {
      addTunnel(name: vpn.name, vpn: vpn, link: vpn.bindInterface, at: now)
    }
    for link in record.links {
      gates[link.name, default: Gate()].wasHeldBefore = true
      gates[link.name]?.isDownByUs = link.down != nil
    }
  }

  /// When `handle(.drained, ...)` is due; nil when nothing waits.
  public var nextDeadline: Instant? { out.timers.next }

  /// Takes one event and says what is to be done about it, in order. What is due is done by `.drained`
  /// and `.tick` alone, so that nothing is judged between two events that were read together.
  public mutating func handle(_ event: Event, at now: Instant) -> [Effect] {
    out.begin()
    noteStall(after: handledAt, at: now)
    handledAt = now
    switch event {
    case .snapshot(let snapshot): loadSnapshot(snapshot, at: now)
    case .sa(let sa): insert(sa, at: now)
    case .saDeleted(let key): remove(key, at: now)
    case .saExpired(let key): remove(key, isExpired: true, at: now)
    case .saFlushed(let ipProtocol): flush(ipProtocol, at: now)
    case .policy(let policy): insert(policy, at: now)
    case .policyDeleted(let index): removePolicy(index, at: now)
    case .policiesFlushed: replacePolicies([], at: now)
    case .link(let link): insert(link, at: now)
    case .linkDeleted(let index): removeLink(index, at: now)
    case .address(let address): insert(address, at: now)
    case .addressDeleted(let address): remove(address, at: now)
    case .route(let route, let change): observe(route, change, at: now)
    case .routeDeleted(let route): forget(route, at: now)
    case .nexthop(let nexthop): observe(nexthop, at: now)
    case .nexthopDeleted(let id): forgetNexthop(id)
    case .rule(let rule): routes.observe(rule)
    case .ruleDeleted(let rule): forget(rule, at: now)
    case .routes(let all, let nexthops): replaceRoutes(all, nexthops, at: now)
    case .routesNotRead(let message): routesNotRead(message, at: now)
    case .reply(let reply): receive(reply, at: now)
    case .probeNotSent(let id, let sequence, let errno):
      takeBack(id, sequence, errno, at: now)
    case .probeTooLong(let id, let sequence, let limit):
      refusedWhole(id, sequence, limit: limit, at: now)
    case .counters(let id, let counts): judgeTraffic(id, counts, at: now)
    case .echoRequest(let source, let link): notePeerProbe(from: source, linkIndex: link)
    case .gateFailed(let failure): gateFailed(failure, at: now)
    case .recordWritten: recordWritten()
    case .clearFailed(let id, let key, let message):
      counters.clearFailures += 1
      let name = monitors[id].flatMap { tunnels[$0.tunnel]?.name } ?? "-"
      log(.warning, name, "cannot clear \(key): \(message)")
    case .vici(let event): daemonSaid(event, at: now)
    case .peerCounters(let id, let counts): judgePeer(id, counts, at: now)
    case .ikePingAnswered(let target): ikePingAnswered(target, at: now)
    case .ikePingNotSent(let target, let errno): takeBackQuestion(target, errno: errno)
    case .commandEnded(let id, let end): commandEnded(id, end, at: now)
    case .triggerFailed(let id, let errno): triggerFailed(id, errno)
    case .ownLinkFailed(let ifID, let message): ownLinkFailed(ifID, message)
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
    if mustReconcileOwnLinks { reconcileOwnLinks(at: now) }
    readRoutesIfNeeded(at: now)
    return out.effects
  }

  /// Does what is due, for a number of owners that is bounded.
  ///
  /// - Parameter instant: probes are judged by what had arrived until then.
  private mutating func runTimers(drained instant: Instant, at now: Instant) {
    drainedAt = max(drainedAt ?? instant, instant)
    var unread: [MonitorID] = []
    for _ in 0..<Self.timersInTurn {
      guard let owner = out.timers.popDue(at: now) else { break }
      switch owner {
      case .monitor(let id):
        wake(id, at: now)
        // A reply may have come since the sockets were read, or what was asked is not answered yet.
        guard let due = monitors[id]?.deadline, due <= now else { continue }
        out.timers.set(owner, to: nil)
        unread.append(id)
      case .tunnel(let id): reconcile(id, at: now)
      case .gate(let link):
        if routes.mustCompare.remove(link) != nil { mustReadRoutes = true }
        if Link.isOwnName(link) {
          mustReconcileOwnLinks = true
        } else if guardedTunnels(on: link).isEmpty {
          cleanUp(at: now)
        } else {
          reconcileGate(link, at: now)
        }
      case .ike: askForList(at: now)
      case .command(let id): runCommand(id, at: now)
      case .trigger(let id): trigger(id, at: now)
      case .ownLink: reconcileOwnLinks(at: now)
      case .peer(let id): tickPeer(id, at: now)
      case .mass: raiseSilenced()
      case .record: writeRecord()
      case .badSPI: wakeBadSPI(at: now)
      case .news: passOnNews(at: now)
      case .connections: pollConnections(at: now)
      case .verification(let id): endVerification(id)
      case .routes: mustReadRoutes = true
      }
    }
    for id in unread { schedule(id) }
  }

  mutating func schedule(_ id: MonitorID) {
    out.timers.set(.monitor(id), to: monitors[id]?.deadline)
  }

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
    if let failure = failures[name] { note(failure: failure, of: id) }
    recallAttempts(on: id)
    tunnelIndex.insert(tunnel)
    return id
  }

  mutating func newMonitorID() -> MonitorID {
    lastMonitor += 1
    return MonitorID(rawValue: lastMonitor)
  }
}
