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
  var meters: [SASetKey: TrafficMeter] = [:]
  /// Whether counters were read before: what they had until then is not new.
  var hasRead = false
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
  var lastObstacle: Int32?
}

/// All that the core keeps for dead peer detection.
struct DPDView: Sendable {
  var watches: [DetectorID: PeerWatch] = [:]
  /// Detectors by the peer's address.
  var ofPeer: [IPAddress: [DetectorID]] = [:]
  var answers: [IPAddress: IKEPingReplies] = [:]
  /// Peers that are dead within two intervals, unless they give a sign of life.
  var failing: Set<IPAddress> = []
  /// The IKE SAs with gateways that the daemon listed last; empty without a list.
  var ikeSAs: [IKESA] = []
  /// IKE SAs that the daemon gave up, to be judged by its next list.
  var fallen: [FallenIKE] = []
  /// What was last said of strongSwan's own DPD, by the peer's address.
  var complaints: [IPAddress: String] = [:]
  /// Gateways by their addresses.
  private(set) var gateways: [IPAddress: String] = [:]
  /// Those addresses, sorted.
  private var addresses: [IPAddress] = []
  /// Which address of a gateway is in use or tried, where that is not the first.
  var currentAddress: [String: IPAddress] = [:]
  private var lastID = 0

  init(_ configuration: Configuration) {
    know(configuration)
  }

  /// Takes the gateways of a configuration.
  mutating func know(_ configuration: Configuration) {
    gateways = [:]
    for gateway in configuration.gateways.values {
      for address in gateway.addresses { gateways[address] = gateway.name }
    }
    addresses = gateways.keys.sorted()
    currentAddress = currentAddress.filter { gateways[$0.value] == $0.key }
    complaints = complaints.filter { gateways[$0.key] != nil }
  }

  /// Addresses of gateways in a prefix, found without looking at all of them.
  func peers(in prefix: IPPrefix) -> ArraySlice<IPAddress> {
    var (low, high) = (0, addresses.count)
    while low < high {
      let middle = (low + high) / 2
      if addresses[middle] < prefix.address { low = middle + 1 } else { high = middle }
    }
    return addresses[low...].prefix { prefix.contains($0) }
  }

  mutating func add(_ key: PeerKey, gateway: String, at now: Instant) -> DetectorID {
    lastID += 1
    let id = DetectorID(rawValue: lastID)
    watches[id] = PeerWatch(id: id, key: key, gateway: gateway, at: now)
    ofPeer[key.remote, default: []].append(id)
    return id
  }

  mutating func remove(_ id: DetectorID) {
    guard let watch = watches.removeValue(forKey: id) else { return }
    ofPeer[watch.key.remote]?.removeAll { $0 == id }
    guard ofPeer[watch.key.remote]?.isEmpty == true else { return }
    ofPeer[watch.key.remote] = nil
    failing.remove(watch.key.remote)
    guard answers[watch.key.remote]?.wasDead == true else { return }
    answers[watch.key.remote]?.isSupported = false
    answers[watch.key.remote]?.wasDead = false
  }
}
