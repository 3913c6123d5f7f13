import CShims
import TunnelCore

/// What systemd is told of the agent (sd_notify(3)): that it is ready, how its tunnels are, that it
/// is alive, that it ends. Without systemd nothing happens.
struct ServiceManager {
  /// The least time from one status line to the next.
  private static let statusPause = Duration.seconds(1)

  /// How often the watchdog is to be fed: half of what it grants; nil without one.
  private let watchdogPause: Duration?
  private var watchdogAt: Instant?
  private var statusAt: Instant?
  private var lastStatus = ""

  /// Reads what the service manager wants from the environment.
  init(at now: Instant) {
    let limit = vpa_service_watchdog_ns()
    watchdogPause = limit > 0 ? .nanoseconds(limit / 2) : nil
    watchdogAt = watchdogPause == nil ? nil : now
  }

  /// When `attend` is due.
  var nextDeadline: Instant? { [watchdogAt, statusAt].compactMap { $0 }.min() }

  /// The kernel was read and the gates are set.
  func isReady() { tell("READY=1") }

  /// The agent is about to end.
  func isStopping() { tell("STOPPING=1") }

  /// The tunnels may have changed: the status line is made anew soon.
  mutating func tunnelsChanged(at now: Instant) {
    if statusAt == nil { statusAt = now.advanced(by: Self.statusPause) }
  }

  /// Does what is due; `status` is asked for only when it is.
  mutating func attend(at now: Instant, status: () -> String) {
    if let due = watchdogAt, due <= now, let pause = watchdogPause {
      tell("WATCHDOG=1")
      watchdogAt = now.advanced(by: pause)
    }
    guard let due = statusAt, due <= now else { return }
    statusAt = nil
    let line = status()
    if line != lastStatus { tell("STATUS=\(line)") }
    lastStatus = line
  }

  private func tell(_ state: String) { _ = unsafe vpa_service_notify(state) }
}
