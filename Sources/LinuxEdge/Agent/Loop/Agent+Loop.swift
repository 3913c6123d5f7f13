import CShims
import Glibc
import TunnelCore

/// The loop: what is ready is read by its owner's code and fed to the core, then what is due is done.
extension Agent {
  /// Runs until it is told to end.
  ///
  /// - Throws: when the kernel's tables cannot be read at start, or epoll was misused; gates stay as
  ///   they are, on record.
  public func run() throws(EdgeError) { try run(under: nil) }

  /// As `run`, measured.
  package func run(under harness: (any Harness)?) throws(EdgeError) {
    self.harness = harness
    log(.info, "-", greeting)
    guard try readKernelFirst() else { return }
    _ = serveMetrics(on: core.configuration.metrics)
    service.isReady()
    while signal == 0 {
      flushProbes()
      let now = monotonicNow()
      service.attend(at: now) { summary }
      harness?.turnEnds()
      let ready = try reactor.wait(until: wakeAt(now), now: now)
      harness?.turnBegins()
      for one in ready { serve(one) }
      readAtTicks()
      attendKernel()
      attendDescriptors()
      attendRunDirectory()
      if signal == SIGHUP {
        signal = 0
        reload(nil)
      }
      endTurn()
      attendVICI()
      processes.wake(at: monotonicNow())
      notifier.wake(at: monotonicNow())
      attendMetrics()
      log.wake(at: monotonicNow())
      control?.endTurn(at: monotonicNow())
    }
    end(by: signal)
    log.finish()
  }

  /// Probes that left.
  package var probesSent: UInt64 { probes.sent }

  /// When something is due although nothing is ready.
  private var nextDeadline: Instant? {
    core.nextDeadline.orEarlier(vici.nextDeadline).orEarlier(service.nextDeadline)
      .orEarlier(processes.nextDeadline).orEarlier(notifier.nextDeadline)
      .orEarlier(metrics.nextDeadline).orEarlier(control?.nextDeadline).orEarlier(resync.dueAt)
      .orEarlier(unwatched.dueAt).orEarlier(log.nextDeadline)
      .orEarlier(xfrmTicks.readAt).orEarlier(routeTicks.readAt).orEarlier(runDirectoryAt)
  }

  private func end(by signal: Int32) {
    // What is opened or kept is so by what the kernel said last.
    read(fromXfrm: false)
    read(fromXfrm: true)
    service.isStopping()
    metrics.close()
    if options.isDryRun { return log(.info, "-", "received \(signalName(signal))") }
    let releases = options.onExit == .release && signal != SIGUSR1
    let what = releases ? "releasing links" : "keeping held links"
    log(.info, "-", "received \(signalName(signal)), \(what)")
    feed(.shutdown(release: releases))
  }

  /// Has the core do what is due, after all that waits was read once more: what was fed above took its
  /// time, and no timer may call lost what is here.
  private func endTurn() {
    let now = monotonicNow()
    guard core.nextDeadline.isDue(at: now) || ticks.areOn else { return }
    read(fromXfrm: true)
    read(fromXfrm: false)
    for event in pinger.receiveAll() { feed(event) }
    for event in receiveRequests() { feed(event) }
    let (replies, drainedAt) = probes.drain()
    for reply in replies { feed(.reply(reply)) }
    feed(.drained(at: drainedAt))
    // Before what else the turn may have to do.
    flushProbes()
  }

  /// What was put into batches in this turn leaves. What the kernel refuses may lead to more.
  private func flushProbes() {
    var refused = probes.flush()
    while !refused.isEmpty {
      for event in refused { feed(event) }
      refused = probes.flush()
    }
  }

  /// When to wake although nothing is ready. While probes are due all the time, that is at ticks, and
  /// replies are read then and not as they come.
  private func wakeAt(_ now: Instant) -> Instant? {
    let deadline = nextDeadline
    if let change = ticks.begin(turnAt: now, due: deadline, sent: probes.sent) {
      for descriptor in probes.descriptors {
        if change == .on {
          reactor.mute(descriptor, of: .probes)
        } else {
          watch(descriptor, for: .probes)
        }
      }
    }
    return ticks.wake(for: deadline)
  }

  private func serve(_ ready: Ready) {
    let (descriptor, now) = (ready.descriptor, monotonicNow())
    switch ready.owner {
    case .xfrm:
      // A link comes before its SAs, also where links are read at ticks.
      if routeTicks.readAt != nil { read(fromXfrm: false) }
      read(fromXfrm: true)
      if xfrmTicks.noteRead(at: now) { reactor.mute(descriptor, of: .xfrm) }
    case .routes:
      read(fromXfrm: false)
      if routeTicks.noteRead(at: now) { reactor.mute(descriptor, of: .routes) }
    case .signals: signal = max(vpa_signals_next(descriptor), 0)
    case .probes:
      for reply in probes.receive(from: descriptor) { feed(.reply(reply)) }
    case .requests:
      for event in requestWatch?.receive(from: descriptor) ?? [] { feed(event) }
    case .pinger:
      for event in pinger.receive(from: descriptor) { feed(event) }
    case .capture: feed(.captured(readCapture(descriptor)))
    case .vici:
      for event in vici.serve(descriptor, at: now) { feed(.vici(event)) }
    case .metrics:
      metrics.serve(at: now)
      reportMetrics()
    case .counters: readCounters(from: descriptor)
    case .commands:
      if let (tunnel, end) = processes.serve(descriptor) { feed(.commandEnded(tunnel, end)) }
    case .notifier:
      notifier.serve(descriptor, at: now)
      watchNotifier()
    case .listener: acceptClient()
    case .client: serveClient(descriptor, at: now)
    }
  }

  private func serveClient(_ descriptor: Int32, at now: Instant) {
    switch control?.advance(descriptor, at: now) {
    case .asked(let id, let line): obey(line, id)
    case .writable: watch(descriptor, for: .client, forWriting: true)
    case .ended: reactor.mute(descriptor, of: .client)
    case .readable, .closed, nil: break
    }
  }

  /// Connects to the IKE daemon, gives it up when it is silent, and watches its sockets.
  private func attendVICI() {
    let now = monotonicNow()
    if let due = vici.nextDeadline, due <= now {
      for event in vici.wake(at: now) { feed(.vici(event)) }
    }
    for (descriptor, forWriting) in vici.takeInterests() {
      watch(descriptor, for: .vici, forWriting: forWriting)
    }
  }

  /// Hands an event to the core, performs what it asks for, and goes on until nothing is left.
  func feed(_ event: Event) {
    var events = handle(event)
    while !events.isEmpty {
      var further: [Event] = []
      for event in events { further += handle(event) }
      events = further
    }
  }

  /// Returns what came of what the core asked for.
  private func handle(_ event: Event) -> [Event] {
    var effects: [Effect] = []
    swap(&effects, &roomForEffects)
    core.handle(harness?.rewritten(event) ?? event, at: monotonicNow(), effects: &effects)
    let events = perform(effects)
    effects.removeAll(keepingCapacity: true)
    swap(&effects, &roomForEffects)
    return events
  }

  /// Replies and peers' probes that wait to be read: the kernel has counted their packets already,
  /// and the core must not take them for traffic.
  func readProbes() -> [Event] {
    probes.drain().replies.map { .reply($0) } + receiveRequests()
  }

  private func receiveRequests() -> [Event] {
    watchedRequests.flatMap { requestWatch?.receive(from: $0) ?? [] }
  }
}

/// As signal(7) writes it.
private func signalName(_ number: Int32) -> String {
  switch number {
  case SIGTERM: "SIGTERM"
  case SIGINT: "SIGINT"
  case SIGUSR1: "SIGUSR1"
  default: "signal \(number)"
  }
}
