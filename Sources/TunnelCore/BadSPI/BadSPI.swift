/// `respond-bad-spi`: ESP with an SPI that is in no SA, from a configured gateway.
public struct RespondBadSPI: Hashable, Sendable {
  /// Negotiations with one gateway until ESP decrypts again: 1...30.
  public var maxResponses: Int

  /// Junos' default is 5.
  public init(maxResponses: Int = 5) { self.maxResponses = maxResponses }
}

/// One packet of ESP that a capture saw.
public struct CapturedESP: Hashable, Sendable {
  /// Who says that he sent it. It is not authenticated.
  public var source: IPAddress
  /// Whom it is for.
  public var destination: IPAddress
  /// Its SPI, host order.
  public var spi: UInt32

  /// A packet.
  public init(source: IPAddress, destination: IPAddress, spi: UInt32) {
    self.source = source
    self.destination = destination
    self.spi = spi
  }

  /// The SA that would decrypt it.
  var sa: SAID { SAID(destination: destination, spi: spi) }
}

/// What a capture is to look at: ESP from `sources` of an SA that is not in `known`.
public struct CaptureRequest: Hashable, Sendable {
  /// Addresses of configured gateways, sorted.
  public var sources: [IPAddress]
  /// Inbound SAs of theirs, by destination. The capture may let packets of some pass.
  public var known: [SAID]
}

/// What is known of packets with unknown SPIs: when to look, what was found, what was done.
///
/// Cheap by default: a counter of the kernel's is read once a second, and a capture is open only
/// after it has risen, and at most for `captureTime` or `capturePackets`. A gateway rests after
/// each packet that was matched: it is not captured from until then, so that a flood from its
/// address costs one short capture a rest.
struct BadSPI: Sendable {
  static let pollInterval = Duration.seconds(1)
  static let captureTime = Duration.seconds(60)
  static let capturePackets = 1024
  /// A negotiation may take that long before it is asked for anew.
  static let responseRest = Duration.seconds(10)
  /// Nothing can be done about it for now.
  static let idleRest = Duration.seconds(60)

  /// One capture under way.
  struct Capture: Sendable {
    let deadline: Instant
    let gateways: [IPAddress: String]
    var packets = 0
  }

  /// What is known of one gateway.
  struct Peer: Sendable {
    /// Packets matched since the agent started, or since it was told to forget them.
    var seen = 0
    /// Negotiations since ESP last decrypted.
    var responses = 0
    var last: (esp: CapturedESP, at: Instant)?
    /// To be answered as soon as strongSwan can be asked.
    var waiting: CapturedESP?
    /// Not captured from until then.
    var restsUntil: Instant?
    /// Whether the rest is only because every tunnel had its SAs: it ends when one loses them.
    var restsAsWhole = false
    /// Tunnels whose SAs are awaited; with the first packet that they decrypt all is well.
    var awaited: Set<TunnelID> = []
    /// What was said since ESP last decrypted.
    var complaints: Set<Complaint> = []

    mutating func note(_ esp: CapturedESP, at now: Instant) {
      seen += 1
      last = (esp, now)
    }
  }

  /// Why nothing is done, each said once an outage.
  enum Complaint: Hashable, Sendable {
    case responderOnly
    case unknownAddress
    case noWay
    case exhausted
  }

  /// XfrmInNoStates as last read; nil: the next reading is the beginning.
  var count: UInt64?
  var capture: Capture?
  var peers: [String: Peer] = [:]
  /// Why packets cannot be looked at; nil while they can.
  var obstacle: String?
}
