@testable import TunnelCore

/// A peer played by hand: ticks of a quarter interval each, with what passes the SAs in each.
struct DetectedPeer {
  enum Pattern: CaseIterable { case idle, out, `in`, both }

  var detector = PeerDetector()
  var policy: DeadPeerDetection
  /// Whether its daemon answers, and whether it takes part in authenticated exchanges.
  var answers = true
  var exchanges = true
  var isSupported: Bool
  var pattern = Pattern.idle
  var set = SASetKey(
    local: IPAddress(198, 51, 100, 1), remote: IPAddress(203, 0, 113, 1), reqid: 1)
  var quarters = 0
  var trace: [(quarter: Int, action: PeerDetector.Action)] = []

  init(
    _ mode: DeadPeerDetection.Mode, threshold: Int = 3, isSupported: Bool = true,
    pattern: Pattern = .idle
  ) {
    policy = DeadPeerDetection(mode: mode, interval: 2, threshold: threshold)
    self.isSupported = isSupported
    self.pattern = pattern
  }

  mutating func wait(intervals: Double) {
    for _ in 0..<Int(intervals * 4) { tick() }
  }

  mutating func tick(hasSet: Bool = true) {
    quarters += 1
    let traffic = PeerDetector.Traffic(
      sent: pattern == .out || pattern == .both, received: pattern == .in || pattern == .both)
    take(detector.tick(hasSet ? [set: traffic] : [:], policy, isSupported: isSupported))
  }

  private mutating func take(_ actions: [PeerDetector.Action]) {
    for action in actions {
      trace.append((quarters, action))
      switch action {
      case .ask where answers:
        isSupported = true
        take(detector.answer(policy))
      case .exchange where exchanges: take(detector.noteExchange(policy))
      case .dead: isSupported = false
      case .ask, .exchange, .unsupported, .alive: break
      }
    }
  }

  /// In which quarters it was so.
  func when(_ action: PeerDetector.Action) -> [Int] {
    trace.filter { $0.action == action }.map(\.quarter)
  }
  func count(_ action: PeerDetector.Action) -> Int { when(action).count }
}
