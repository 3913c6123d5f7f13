@testable import TunnelCore

/// What is on its way between the two ends: nothing is lost or late but by the wires' settings.
struct Network {
  /// One direction.
  struct Wire: Hashable {
    var isCut = false
    var delay = Duration.milliseconds(5)
    /// Up to this much is added to each packet's delay, so that packets overtake each other.
    var jitter = Duration.zero
    /// Of a hundred packets so many are lost.
    var loss = 0
  }

  /// By the end that sends.
  var wires = [Wire(), Wire()]
  var random: SplitMix64

  /// When a packet that leaves now is there; nil: never.
  mutating func arrival(from end: Int, at now: Instant) -> Instant? {
    let wire = wires[end]
    let isLost = Int.random(in: 0..<100, using: &random) < wire.loss
    guard !wire.isCut, !isLost else { return nil }
    let jitter = wire.jitter * Double.random(in: 0..<1, using: &random)
    return now.advanced(by: wire.delay + jitter)
  }

  mutating func heal() { wires = [Wire(), Wire()] }
}

/// What goes over the network.
enum Packet: Hashable {
  case ike(IKEMessage)
  case esp(spi: UInt32, Payload)
  /// A question of dead peer detection's, or its answer, of this run of the agent's.
  case ikePing(IKEPing.Target, epoch: Int)
  case ikePong(IKEPing.Target, epoch: Int)
}

/// What is inside a tunnel packet.
enum Payload: Hashable {
  case probe(ProbeTicket)
  case reply(ProbeTicket)
  case traffic
}

/// A probe, told from all others: that of another run of the agent's is not authentic.
struct ProbeTicket: Hashable {
  var epoch: Int
  var monitor: MonitorID
  var sequence: UInt64
  var tunnel: Int
}

/// One exchange of IKEv2: INIT and AUTH are one, since what is between them matters to nobody here.
struct IKEMessage: Hashable {
  enum Request: Hashable {
    case establish(child: String, spi: UInt32, isInitialContact: Bool)
    case createChild(String, spi: UInt32, replacing: UInt32?)
    /// By the sender's inbound SPI.
    case deleteChild(spi: UInt32)
    case deleteIKE
    case liveness
  }

  enum Body: Hashable {
    case request(Request)
    /// With the responder's inbound SPI; nil: refused, or nothing to say.
    case answer(spi: UInt32?)
  }

  /// Names the IKE SA at both ends.
  var pair: UInt64
  /// Counts the requests of one end in one IKE SA.
  var number: UInt32
  var body: Body
}
