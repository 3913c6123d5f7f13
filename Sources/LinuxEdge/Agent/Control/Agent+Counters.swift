import TunnelCore

/// Reports that show the kernel's counters of SAs: they are made once these were read. The core says when
/// that is to be done; the loop goes on meanwhile.
extension Agent {
  /// A client asked for such a report.
  func report(_ request: ControlRequest, to id: RequestID) {
    waitingReports.append((id, request))
    feed(.countersWanted)
  }

  /// Somebody asked over HTTP.
  func reportMetrics() {
    if metrics.isWaiting { feed(.countersWanted) }
  }

  /// Makes all reports that wait.
  func makeReports() {
    let waiting = waitingReports
    waitingReports = []
    for (id, request) in waiting { answer(request, id) }
    metrics.figuresAreRead()
  }

  func dumpCounters() -> [Event] {
    do {
      let dump = try CounterDump()
      counterDump = dump
      watch(dump.descriptor, for: .counters)
      return []
    } catch {
      counterDump = nil
      return [.saCountersNotRead("\(error)")]
    }
  }

  /// Reads a piece of the dump. What it costs is bounded, and probes that fall due leave before the next
  /// one.
  func readCounters(from descriptor: Int32) {
    guard let dump = counterDump, dump.descriptor == descriptor else { return }
    let (counters, progress) = dump.read()
    if progress != .goesOn { counterDump = nil }
    feed(.saCounters(counters, unixTime: unixTime(), isLast: progress == .ended))
    if case .failed(let error) = progress { feed(.saCountersNotRead("\(error)")) }
  }
}
