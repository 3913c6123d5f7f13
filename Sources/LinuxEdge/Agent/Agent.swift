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
  private var probes: ProbeSender
  var requestWatch: RequestWatch?
  let badSPIs = BadSPIWatch()
  var gateKeeper: GateKeeper
  let roleFile: RoleFile
  let requests: KernelRequests
  private let vici: VICIClient
  let pinger = IKEPinger()
  private var dryRun: DryRun?
  let processes = ProcessRunner<TunnelID>()
  let notifier: Notifier
  private var service: ServiceManager
  var control: ControlServer?
  lazy var metrics = MetricsServer(log) { [unowned self] in metricsText(at: $0) }
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
  /// Descriptors that epoll refuses, whether to be watched for writing, and when it is asked again.
  var unwatchedDescriptors: [Int32: Bool] = [:]
  var unwatched = RetryTimer(shortest: .milliseconds(100), longest: .seconds(5))
  /// What stands before the answer to a request.
  var notes: [RequestID: [String]] = [:]

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
      vici = VICIClient(path: configuration.viciSocket, at: monotonicNow())
      let file = RecordFile(path: "\(options.runDirectory)/gates.json")
      let stored = try file.load()
      let parked = try Self.parked(requests)
      let record = stored.including(parked)
      gateKeeper = GateKeeper(file: file, record: stored, parked: parked.map(\.route))
      roleFile = RoleFile(path: "\(options.runDirectory)/role")
      core = Core(
        configuration: configuration, record: record,
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
    if let obstacle = lock.obstacle { log(.error, "-", "\(obstacle); going on without") }
    do {
      listenAgain()
      for descriptor in [
        xfrm.fd, links.fd, signals.number,
      ] + probes.descriptors + watchedRequests {
        try reactor.watch(descriptor)
      }
    } catch {
      throw StartFailure(error)
    }
  }

  var watchedRequests: [Int32] { requestWatch?.descriptors ?? [] }

  // MARK: The loop

  /// Runs until it is told to end.
  ///
  /// - Throws: when the kernel's tables cannot be read at start, or epoll was misused; gates stay as
  ///   they are, on record.
  public func run() throws(EdgeError) {
    log(.info, "-", greeting)
    guard try readKernelFirst() else { return }
    _ = try serveMetrics(on: core.configuration.metrics)
    service.isReady()
    var signal: Int32 = 0
    while signal == 0 {
      let now = monotonicNow()
      service.attend(at: now) { summary }
      let deadlines = [
        core.nextDeadline, vici.nextDeadline, service.nextDeadline, processes.nextDeadline,
        notifier.nextDeadline,
        metrics.nextDeadline, resync.dueAt, unwatched.dueAt, runDirectoryAt,
      ]
      let deadline = deadlines.compactMap { $0 }.min()
      for descriptor in try reactor.wait(until: deadline, now: now) {
        try serve(descriptor)
      }
      signal = max(vpa_signals_next(signals.number), 0)
      try attendKernel()
      attendDescriptors()
      attendRunDirectory()
      if signal == SIGHUP {
        signal = 0
        try reload(nil)
      }
      try endTurn()
      try attendVICI()
      processes.wake(at: monotonicNow())
      notifier.wake(at: monotonicNow())
      try attendMetrics()
    }
    service.isStopping()
    metrics.close()
    if options.isDryRun { return log(.info, "-", "told to end by signal \(signal)") }
    let releases = options.onExit == .release && signal != SIGUSR1
    log(.info, "-", "told to end by signal \(signal): gates are \(releases ? "released" : "kept")")
    try feed(.shutdown(release: releases))
  }

  /// Has the core do what is due, after all that waits was read once more: what was fed above took its
  /// time, and no timer may call lost what is here.
  private func endTurn() throws(EdgeError) {
    guard let due = core.nextDeadline, due <= monotonicNow() else { return }
    try read(fromXfrm: true)
    try read(fromXfrm: false)
    for event in pinger.receiveAll() { try feed(event) }
    for event in receiveRequests() { try feed(event) }
    let (replies, drainedAt) = probes.drain()
    for event in replies { try feed(event) }
    try feed(.drained(at: drainedAt))
  }

  private var greeting: String {
    let (vpns, templates) = (core.configuration.vpns, core.configuration.templates)
    let what =
      configPath.map { "\($0): \(vpns.count) VPNs, \(templates.count) templates" }
      ?? "no configuration, only observing"
    let mode = options.isDryRun ? ", dry run: nothing is changed" : ""
    return "vpnagent \(options.version) started, \(what)\(mode)"
  }

  /// One line for `systemctl status`.
  private var summary: String {
    let counts = core.stateCounts
    let text = ["up", "verifying", "down", "unmonitored", "absent", "idle"].compactMap { state in
      counts[state].map { "\($0) \(state)" }
    }.joined(separator: ", ")
    return text.isEmpty ? "no tunnel" : text
  }

  private func serve(_ descriptor: Int32) throws(EdgeError) {
    switch descriptor {
    case xfrm.fd: try read(fromXfrm: true)
    case links.fd: try read(fromXfrm: false)
    case signals.number: break
    case control?.listeningDescriptor: acceptClient()
    case let number where probes.descriptors.contains(number):
      for reply in probes.receive(from: number).replies { try feed(.reply(reply)) }
    case let number where watchedRequests.contains(number):
      for event in requestWatch?.receive(from: number) ?? [] { try feed(event) }
    case let number where pinger.owns(number):
      for event in pinger.receive(from: number) { try feed(event) }
    case let number where badSPIs.owns(number):
      try feed(.captured(readCapture(number)))
    case let number where vici.owns(number):
      for event in vici.serve(number, at: monotonicNow()) { try feed(.vici(event)) }
    case let number where metrics.owns(number): metrics.serve(at: monotonicNow())
    case let number where processes.owns(number):
      if let (tunnel, end) = processes.serve(number) { try feed(.commandEnded(tunnel, end)) }
    case let number where notifier.owns(number):
      notifier.serve(number, at: monotonicNow())
      try watchNotifier()
    default:
      switch control?.advance(descriptor) {
      case .asked(let id, let line): try obey(line, id)
      case .writable: watch(descriptor, forWriting: true)
      case .readable, .closed, nil: break
      }
    }
  }

  /// Connects to the IKE daemon, gives it up when it is silent, and watches its sockets.
  private func attendVICI() throws(EdgeError) {
    let now = monotonicNow()
    if let due = vici.nextDeadline, due <= now {
      for event in vici.wake(at: now) { try feed(.vici(event)) }
    }
    for (descriptor, forWriting) in vici.takeInterests() {
      watch(descriptor, forWriting: forWriting)
    }
  }

  /// Hands an event to the core, performs what it asks for, and goes on until nothing is left.
  func feed(_ event: Event) throws(EdgeError) {
    var events = [event]
    while !events.isEmpty {
      var failures: [Event] = []
      for event in events {
        for effect in core.handle(event, at: monotonicNow()) {
          failures += try perform(effect)
        }
      }
      failures += probes.flush()
      events = failures
    }
  }

  /// Replies and peers' probes that wait to be read: the kernel has counted their packets already,
  /// and the core must not take them for traffic.
  private func readProbes() -> [Event] {
    probes.drain().events + receiveRequests()
  }

  private func receiveRequests() -> [Event] {
    watchedRequests.flatMap { requestWatch?.receive(from: $0) ?? [] }
  }

  // MARK: Effects

  private func perform(_ effect: Effect) throws(EdgeError) -> [Event] {
    if let events = dryRun?.events(insteadOf: effect, notify: notifier.command) { return events }
    switch effect {
    case .sendProbe(let probe):
      probes.enqueue(probe)
    case .endProbes(let monitor):
      probes.end(monitor)
    case .makeLink(let name, let ifID):
      return makeLink(name, ifID)
    case .removeLink(let index):
      removeLink(index)
    case .changeGate(let plan):
      return changeGate(plan)
    case .clear(let monitor, let tunnel, let sas):
      return sas.compactMap { clear($0, monitor, tunnel) }
    case .delete(let monitor, let tunnel, let sas):
      return sas.compactMap { clear($0, monitor, tunnel, deleting: true) }
    case .run(let tunnel, let words):
      return run(tunnel, words)
    case .trigger(let tunnel, let packet):
      let errno = probes.send(packet)
      return errno == 0 ? [] : [.triggerFailed(tunnel, errno: errno)]
    case .readCounters(let monitor, let keys):
      return readProbes() + [.counters(monitor, readCounters(keys))]
    case .readPeerCounters(let detector, let keys):
      // What waits to be sent was counted as sent already.
      return probes.flush() + readProbes() + [.peerCounters(detector, readCounters(keys))]
    case .sendIKEPing(let target):
      return try ask(target)
    case .rekey(let sa):
      rekey(sa)
    case .readRoutes:
      return [readRoutes()]
    case .vici(let request):
      return vici.request(request, at: monotonicNow()).map { .vici($0) }
    case .readExpireListeners:
      return [readExpireListeners()]
    case .readUnknownSPIs:
      return [readUnknownSPIs()]
    case .capture(let request):
      return capture(request)
    case .endCapture:
      log(.debug, "-", "capture ended: \(badSPIs.end()) packets")
    case .readDecrypted(let gateway, let keys):
      return [.decrypted(gateway: gateway, packets: readCounters(keys).values.reduce(0, +))]
    case .answer(let request, let answer):
      let notes = notes.removeValue(forKey: request) ?? []
      try reply(request, ControlAnswer(answer, after: notes).json())
    case .alarm(let alarm):
      log(alarm)
      try notify(alarm.notice)
    case .massAlarm(let alarm):
      log(alarm)
      try notify(alarm.notice)
    case .log(let level, let tunnel, let text):
      log(level, tunnel, text)
      if tunnel != "-" { service.tunnelsChanged(at: monotonicNow()) }
    }
    return []
  }

  /// Packets through each SA that is still there.
  private func readCounters(_ keys: [SAKey]) -> [SAKey: UInt64] {
    var counts: [SAKey: UInt64] = [:]
    for key in keys {
      do {
        counts[key] = try requests.securityAssociation(key)?.packets
      } catch {
        log(.warning, "-", "cannot read the counters: \(error)")
      }
    }
    return counts
  }
}
