/// Names a detector as long as it is known; never reused within a run.
public struct DetectorID: RawRepresentable, Hashable, Sendable, Comparable {
  /// Any number.
  public var rawValue: Int

  /// A detector's number.
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// Older first.
  public static func < (lhs: DetectorID, rhs: DetectorID) -> Bool { lhs.rawValue < rhs.rawValue }
}

/// Whom a detector watches: the peer of one IKE SA, or of all SAs between two endpoints while the
/// IKE daemon does not tell which is whose.
struct PeerKey: Hashable, Sendable {
  var local: IPAddress
  var remote: IPAddress
  /// The daemon's number of the IKE SA; nil while it is not known.
  var ikeID: UInt32?
}

/// One detector at work.
struct PeerWatch: Sendable {
  let id: DetectorID
  let key: PeerKey
  /// Name of the gateway.
  let gateway: String
  var detector = PeerDetector()
  /// Tell users' traffic from probes, for each set of the peer.
  private(set) var meters: [SASetKey: TrafficMeter] = [:]
  /// Whether counters were read before: what they had until then is not new.
  private var hasRead = false
  /// When they are read again.
  var tickAt: Instant

  init(id: DetectorID, key: PeerKey, gateway: String, at now: Instant) {
    self.id = id
    self.key = key
    self.gateway = gateway
    tickAt = now
  }

  /// Somebody else asks the peer: when that ends it is judged by what comes from then on.
  mutating func rest() {
    detector = PeerDetector()
    meters = [:]
    hasRead = false
  }

  /// Takes readings of the packet counters of its sets' SAs. Returns what passed each since the last
  /// one; nothing the first time.
  ///
  /// - Parameter isMine: whether an SA is of its own IKE SA.
  mutating func read(
    _ counts: [SAKey: UInt64], _ sets: [SASet], isMine: (SAID) -> Bool
  ) -> [SASetKey: PeerDetector.Traffic] {
    var traffic: [SASetKey: PeerDetector.Traffic] = [:]
    var next: [SASetKey: TrafficMeter] = [:]
    for set in sets {
      let inbound = counts.filter { set.inbound[$0.key] != nil }
      let outbound = counts.filter { set.outbound[$0.key] != nil }
      var meter = meters[set.key] ?? TrafficMeter()
      if hasRead {
        let carriers = meter.readEach(inbound: inbound, outbound: outbound)
        traffic[set.key] = PeerDetector.Traffic(
          sent: carriers.outbound.contains { isMine($0.id) },
          received: carriers.inbound.contains { isMine($0.id) })
      } else {
        meter.start(inbound.merging(outbound) { count, _ in count })
      }
      next[set.key] = meter
    }
    (meters, hasRead) = (next, true)
    return traffic
  }

  /// A probe or a reply passed a set: no traffic of users'.
  mutating func noteMeter(_ key: SASetKey, _ note: (inout TrafficMeter) -> Void) {
    guard var meter = meters.removeValue(forKey: key) else { return }
    note(&meter)
    meters[key] = meter
  }

  /// Goes on where another detector of the same peer ends.
  mutating func `continue`(_ other: PeerWatch) {
    detector = other.detector
    meters = other.meters
    hasRead = other.hasRead
    tickAt = other.tickAt
  }
}

/// What is known of one address of a peer, whatever its SAs.
struct IKEPingReplies: Hashable, Sendable {
  /// Whether its daemon has answered since it was last gone.
  var isSupported = false
  /// Whether it was found dead. It must be heard again once nobody watches it any more: until then
  /// all of its IKE SAs are judged by what is known of it.
  var wasDead = false
  /// Whether it was given time enough to answer for the first time, and did not.
  var isUnsupported = false
  var lastAskedAt: Instant?
  var lastAnswerAt: Instant?
  /// Why it could not be asked the last time: errno; nil when it could.
  var obstacle: Int32?
  /// What was said of that.
  private var lastObstacle: Int32?

  /// Its daemon answered.
  mutating func noteAnswer(at now: Instant) {
    (isSupported, isUnsupported, wasDead) = (true, false, false)
    lastAnswerAt = now
    lastObstacle = nil
  }

  /// The kernel did not send a question. Returns whether that is news.
  mutating func noteObstacle(_ errno: Int32) -> Bool {
    obstacle = errno
    defer { lastObstacle = errno }
    return lastObstacle != errno
  }
}
