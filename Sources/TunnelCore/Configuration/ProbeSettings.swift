/// What of a tunnel's settings each probe and each reply needs. It has none of the lists and names of
/// `Monitor`, so that a copy costs nothing.
struct ProbeSettings: Hashable, Sendable {
  let mode: Monitor.Mode
  let interval: Duration
  /// nil: the interval.
  let timeout: Duration?
  let failingFrom: Int
  let acceptsClearReply: Bool
  let findsPathMTU: Bool

  init(_ monitor: Monitor) {
    mode = monitor.mode
    interval = monitor.interval
    timeout = monitor.timeout
    failingFrom = monitor.failingFrom
    acceptsClearReply = monitor.acceptsClearReply
    findsPathMTU = monitor.findsPathMTU
  }
}
