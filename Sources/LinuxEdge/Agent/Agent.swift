import CShims
import Glibc
import TunnelCore

/// The daemon: one thread, one epoll loop around the core.
///
/// It owns every descriptor, feeds the core with what they say, and performs the core's effects in
/// their order. What cannot be done goes back to the core as an event. It decides nothing.
public final class Agent {
  let options: AgentOptions
  let log: Log
  let lock: RunLock
  let signals: Descriptor
  let startedAt = monotonicNow()
  let startedAtUnixTime = unixTime()
  var reactor: Reactor
  var xfrm: XfrmEvents
  var links: RouteEvents
  var probes: ProbeSender
  var ticks = ProbeTicks()
  var xfrmTicks = EventTicks()
  var routeTicks = EventTicks()
  /// What measures the loop; nil in production.
  var harness: (any Harness)?
  /// Used again for each event.
  var roomForEffects: [Effect] = []
  /// What told the agent to end, or to read its configuration again; 0: nothing.
  var signal: Int32 = 0
  var requestWatch: RequestWatch?
  let badSPIs = BadSPIWatch()
  var gateKeeper: GateKeeper
  let roleFile: RoleFile
  let requests: KernelRequests
  let vici: VICIClient
  let pinger = IKEPinger()
  var dryRun: DryRun?
  let processes = ProcessRunner<TunnelID>()
  let notifier: Notifier
  var service: ServiceManager
  var control: ControlServer?
  lazy var metrics = MetricsServer(log) { [unowned self] vpns throws(MetricsPieces.UnknownTunnel) in
    try metricsText(of: vpns)
  }
  var core: Core
  /// The configuration file that is obeyed; nil when the agent only observes.
  var configPath: String?
  /// Whether the file was valid when it was last read.
  var configurationIsGood = true
  /// When the run directory is looked at next.
  var runDirectoryAt = monotonicNow()
  /// Why nobody can ask the agent; nil when they can.
  var controlFailure: EdgeError?
  var watchedListener: Int32 = -1
  /// A role that could not be put on disk yet.
  var unsavedRole: Role?
  /// When the kernel's whole state is read again.
  var resync = RetryTimer(shortest: .milliseconds(100), longest: .seconds(30))
  /// Reads of the kernel's tables that failed.
  var readFailures: UInt64 = 0
  /// Descriptors that epoll refuses, and when it is asked again.
  var unwatchedDescriptors: [Int32: Watch] = [:]
  var unwatched = RetryTimer(shortest: .milliseconds(100), longest: .seconds(5))
  /// Reports that wait for the SAs' counters.
  var waitingReports: [(RequestID, ControlRequest)] = []
  /// The dump of them that is under way.
  var counterDump: CounterDump?
  /// What stands before the answer to a request.
  var notes: [RequestID: [String]] = [:]
  var wallClock = WallClock()

  /// Gets hold of everything and reads what an earlier run left; changes nothing.
  public init(_ options: AgentOptions) throws(StartFailure) {
    self.options = options
    log = Log(threshold: options.logLevel)
    dryRun = options.isDryRun ? DryRun(log) : nil
    notifier = Notifier(options.configuration.configuration, log)
    do {
      // Raw sockets first: without permission nothing else is tried.
      probes = try ProbeSender()
      let configuration = options.configuration.configuration
      configPath = options.configuration.path
      requestWatch = configuration.needsRequestWatch ? try RequestWatch() : nil
      lock = try takeLock(options.runDirectory)
      requests = try KernelRequests()
      xfrm = try XfrmEvents()
      links = try RouteEvents()
      reactor = try Reactor()
      let caught = [SIGTERM, SIGINT, SIGUSR1, SIGHUP]
      signals = try Descriptor(
        taking: unsafe vpa_signals_open(caught, caught.count), operation: "catch signals")
      service = ServiceManager(at: monotonicNow())
      vici = VICIClient(
        path: configuration.viciSocket, process: ProcessTable.ikeProcess, at: monotonicNow())
      let found = try Self.found(in: options.runDirectory, requests, log)
      gateKeeper = found.keeper
      roleFile = RoleFile(path: "\(options.runDirectory)/role")
      core = Core(
        configuration: configuration, record: found.record,
        role: try roleFile.load() ?? options.role, seed: try randomNumber(), at: monotonicNow())
    } catch let error as StartFailure {
      throw error
    } catch let error as EdgeError {
      throw StartFailure(error)
    } catch {
      fatalError("init throws nothing else")
    }
    try openControl()
  }

  /// What an earlier run left.
  private static func found(
    in directory: String, _ requests: borrowing KernelRequests, _ log: Log
  ) throws(EdgeError) -> (keeper: GateKeeper, record: GateRecord) {
    let found = try GateKeeper.found(in: directory, parked: try parked(requests), requests)
    if let damage = found.damage {
      log(.error, "-", "the record is damaged: \(damage); continuing with what can be read")
    }
    return (found.keeper, found.record)
  }

  /// What the kernel keeps of routes that were withdrawn; asked a few times, since it may be busy.
  private static func parked(
    _ requests: borrowing KernelRequests
  ) throws(EdgeError) -> [(link: String, route: Route)] {
    for attempt in 0..<6 {
      do {
        return try requests.dumpParked()
      } catch {
        usleep(100_000 << attempt)
      }
    }
    return try requests.dumpParked()
  }

  private func openControl() throws(StartFailure) {
    if let obstacle = lock.obstacle { log(.error, "-", "\(obstacle); continuing without it") }
    do {
      listenAgain()
      try reactor.watch(xfrm.fd, for: .xfrm)
      try reactor.watch(links.fd, for: .routes)
      try reactor.watch(signals.number, for: .signals)
      for descriptor in probes.descriptors { try reactor.watch(descriptor, for: .probes) }
      for descriptor in watchedRequests { try reactor.watch(descriptor, for: .requests) }
    } catch {
      throw StartFailure(error)
    }
  }

  var watchedRequests: [Int32] { requestWatch?.descriptors ?? [] }

  var greeting: String {
    let (vpns, templates) = (core.configuration.vpns, core.configuration.templates)
    let what =
      configPath.map {
        "\($0): \(counted(vpns.count, "VPN")), \(counted(templates.count, "template"))"
      }
      ?? "no configuration, observing only"
    let mode = options.isDryRun ? ", dry run: nothing is changed" : ""
    return "vpnagent \(options.version) started, \(what)\(mode)"
  }

  /// One line for `systemctl status`.
  var summary: String {
    let counts = core.stateCounts
    let text = ["up", "verifying", "down", "unmonitored", "absent", "idle"].compactMap { state in
      counts[state].map { "\($0) \(state)" }
    }.joined(separator: ", ")
    return text.isEmpty ? "no tunnels" : text
  }
}
