/// `vpnagent verify`: operators who wait for the paths of tunnels to be proven.
struct Verifications: Sendable {
  /// Nobody waits longer at a prompt, whatever the tunnel's timeout is.
  private static let longestPatience = Duration.seconds(10)

  private struct Verification {
    let request: RequestID?
    /// The probe of each set that has not been answered.
    var waiting: [MonitorID: UInt64] = [:]
    /// How long is waited.
    var patience = Duration.zero
    var lines: [String] = []
    var isProven = true
  }

  private var current: [TunnelID: Verification] = [:]

  var isEmpty: Bool { current.isEmpty }

  func isUnderWay(_ tunnel: TunnelID) -> Bool { current[tunnel] != nil }

  /// Whether somebody waits for this probe of a set.
  func isWaiting(_ tunnel: TunnelID, for set: MonitorID, _ sequence: UInt64) -> Bool {
    current[tunnel]?.waiting[set] == sequence
  }

  mutating func begin(_ tunnel: TunnelID, _ request: RequestID?) {
    current[tunnel] = Verification(request: request)
  }

  /// A set cannot be probed: a line why.
  mutating func fail(_ tunnel: TunnelID, _ line: String) {
    current[tunnel]?.isProven = false
    current[tunnel]?.lines.append(line)
  }

  /// A probe was sent through a set, whose answer is waited for.
  mutating func wait(
    _ tunnel: TunnelID, for set: MonitorID, _ sequence: UInt64, _ patience: Duration
  ) {
    current[tunnel]?.waiting[set] = sequence
    let longest = current[tunnel]?.patience ?? .zero
    current[tunnel]?.patience = max(longest, min(patience, Self.longestPatience))
  }

  /// All sets were probed that can be. Returns whether there was anything to wait for or to say; if
  /// not it is over.
  mutating func isProbed(_ tunnel: TunnelID, at now: Instant, _ out: inout Outbox) -> Bool {
    guard let one = current[tunnel] else { return true }
    if one.waiting.isEmpty, one.lines.isEmpty {
      current[tunnel] = nil
      return false
    }
    out.timers.set(
      .verification(tunnel), to: one.waiting.isEmpty ? now : now.advanced(by: one.patience))
    return true
  }

  /// The probe that was waited for has come to something. Returns whether nothing is waited for any
  /// more.
  mutating func note(
    _ tunnel: TunnelID, of set: MonitorID, isProven: Bool, _ line: String
  ) -> Bool {
    if !isProven { current[tunnel]?.isProven = false }
    current[tunnel]?.waiting[set] = nil
    current[tunnel]?.lines.append(line)
    return current[tunnel]?.waiting.isEmpty == true
  }

  /// The time to wait is over, or nothing is waited for any more. Returns the answer; nil when nobody
  /// waits.
  ///
  /// - Parameter line: of a set whose probe was not answered so long.
  mutating func end(
    _ tunnel: Tunnel, _ out: inout Outbox, line: (MonitorID, Duration) -> String?
  ) -> (request: RequestID?, answer: Answer)? {
    out.timers.set(.verification(tunnel.id), to: nil)
    guard let one = current.removeValue(forKey: tunnel.id) else { return nil }
    let late = one.waiting.keys.sorted().compactMap { line($0, one.patience) }
    let lines = one.lines + late
    return (
      one.request,
      Answer(
        isDone: one.isProven && one.waiting.isEmpty,
        lines: lines.isEmpty ? ["\(tunnel.name): its SAs are gone"] : lines)
    )
  }
}
