import CShims
import Glibc
import TunnelCore

/// Reading the kernel, and what becomes of it when it refuses: what is known stays, and it is asked
/// again.
extension Agent {
  /// How long the start waits for the kernel's tables, a try each.
  private static let startPauses: [Duration] = [.milliseconds(100)].flatMap { first in
    (0..<7).map { first * (1 << $0) }
  }

  func read(fromXfrm: Bool) {
    let (events, end) = waitingEvents(fromXfrm)
    for event in events { feed(event) }
    guard end == .overrun else { return }
    log(.warning, "-", "netlink overrun (\(fromXfrm ? "xfrm" : "route")): resynchronizing")
    resync.request(at: monotonicNow())
    attendKernel()
  }

  /// Reads what the kernel says all the time, and goes back to reading it as it comes once it is silent.
  func readAtTicks() {
    let now = monotonicNow()
    if xfrmTicks.readAt.isDue(at: now) {
      let before = xfrm.count
      read(fromXfrm: true)
      if !xfrmTicks.goesOn(at: now, hasRead: xfrm.count > before) { watch(xfrm.fd, for: .xfrm) }
    }
    if routeTicks.readAt.isDue(at: now) {
      let before = links.count
      read(fromXfrm: false)
      if !routeTicks.goesOn(at: now, hasRead: links.count > before) {
        watch(links.fd, for: .routes)
      }
    }
  }

  private func waitingEvents(_ fromXfrm: Bool) -> ([Event], ReadOutcome) {
    var events: [Event] = []
    let end =
      fromXfrm
      ? xfrm.read { events.append(.kernel($0)) }
      : links.read(keeping: core.routeInterest) { events.append(.kernel($0)) }
    return (events, end)
  }

  /// Reads the kernel's whole state when that is due. The event sockets are subscribed, and drained
  /// after an overrun, so nothing falls between.
  func attendKernel() {
    let start = monotonicNow()
    guard resync.isDue(at: start) else { return }
    do {
      let snapshot = try requests.snapshot { core.routeInterest(links: $0, nexthops: $1) }
      if resync.failure != nil { log(.info, "-", "the kernel's tables can be read again") }
      resync.succeeded(since: start, at: monotonicNow())
      feed(.snapshot(snapshot))
    } catch {
      readFailures += 1
      if resync.failed(error, at: monotonicNow()) {
        log(.warning, "-", "cannot read the kernel's tables, trying again: \(error)")
      }
    }
  }

  /// The first look. Returns false when a signal ended the wait.
  ///
  /// - Throws: when the kernel refuses for longer than a start may take.
  func readKernelFirst() throws(EdgeError) -> Bool {
    resync.request(at: monotonicNow())
    for pause in Self.startPauses {
      attendKernel()
      guard resync.failure != nil else { return true }
      usleep(UInt32(pause.nanoseconds / 1000))
      if vpa_signals_next(signals.number) > 0 { return false }
      resync.request(at: monotonicNow())
    }
    attendKernel()
    if let failure = resync.failure { throw failure }
    return true
  }

  func readRoutes() -> Event {
    do {
      let nexthops = try requests.dumpNexthops()
      let interest = core.routeInterest(nexthops: nexthops)
      return .routes(try requests.dumpRoutes(interest), nexthops)
    } catch {
      readFailures += 1
      return .routesNotRead("\(error)")
    }
  }

  /// What the agent does not know of the kernel, and why; nil when it knows all.
  var kernelObstacle: String? {
    resync.failure.map { "\($0)" } ?? core.routesObstacle ?? core.countersObstacle
      ?? unwatched.failure.map { "\($0)" }
  }
}
