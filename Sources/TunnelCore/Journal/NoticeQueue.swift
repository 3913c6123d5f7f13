/// One alarm for the operator's `notify` program.
public struct Notice: Hashable, Sendable {
  /// The VPN; "-" when it is about many.
  public var vpn: String
  /// up, down, unproven, mass-failure, mass-failure-over.
  public var state: String
  /// Variables that the program gets: `NAME=value`.
  public var environment: [String]

  /// An alarm.
  public init(vpn: String, state: String, environment: [String]) {
    self.vpn = vpn
    self.state = state
    self.environment = environment
  }

  fileprivate var text: String { vpn == "-" ? state : "\(vpn) \(state)" }
}

/// Which notices are run now, which wait, and what is said of those that fail or are dropped.
///
/// Those of one VPN run one after another, in their order: what a program wrote last is then how the
/// VPN is. No descriptors and no clock here; the edge runs what `next` gives and says how it ended.
public struct NoticeQueue: Sendable {
  /// Programs that run at once, at most.
  public static let mostRunning = 4
  /// Notices that wait, at most. Beyond that the oldest goes.
  public static let mostWaiting = 256
  private static let mostNamed = 5

  private var waiting: [Notice] = []
  private var running: [Int: Notice] = [:]
  private var lastNumber = 0
  private var dropped: [Notice] = []
  /// How runs failed since the last one that did not.
  private var failures: Set<CommandEnd> = []

  /// Nothing waits.
  public init() {}

  /// Whether nothing waits and nothing runs.
  public var isIdle: Bool { waiting.isEmpty && running.isEmpty }

  /// A notice is to be run. Returns a line for the log, or nil.
  public mutating func add(_ notice: Notice) -> String? {
    waiting.append(notice)
    guard waiting.count > Self.mostWaiting else { return nil }
    dropped.append(waiting.removeFirst())
    return dropped.count == 1
      ? "notify: \(Self.mostWaiting) alarms wait, the oldest are dropped" : nil
  }

  /// The next notice to run now, and the number to end it by; nil when none may start.
  public mutating func next() -> (number: Int, notice: Notice)? {
    guard running.count < Self.mostRunning else { return nil }
    let busy = Set(running.values.map(\.vpn))
    guard let place = waiting.firstIndex(where: { !busy.contains($0.vpn) }) else { return nil }
    let notice = waiting.remove(at: place)
    lastNumber += 1
    running[lastNumber] = notice
    return (lastNumber, notice)
  }

  /// There is no program any more: what waits is not run.
  public mutating func forget() {
    waiting = []
    dropped = []
  }

  /// A run has ended. Returns lines for the log, each with its level.
  public mutating func ended(_ number: Int, _ end: CommandEnd) -> [(LogLevel, String)] {
    guard let notice = running.removeValue(forKey: number) else { return [] }
    var lines: [(LogLevel, String)] = []
    if end == .exited(0) {
      if !failures.isEmpty { lines.append((.info, "notify: works again")) }
      failures = []
    } else if failures.insert(end).inserted {
      lines.append((.warning, "notify \(end), for \(notice.text)"))
    }
    if waiting.isEmpty, !dropped.isEmpty {
      let named = dropped.prefix(Self.mostNamed).map(\.text).joined(separator: ", ")
      let more = dropped.count > Self.mostNamed ? ", ..." : ""
      lines.append((.warning, "notify: \(dropped.count) alarms were dropped: \(named)\(more)"))
      dropped = []
    }
    return lines
  }
}
