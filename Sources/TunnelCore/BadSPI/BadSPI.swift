/// `respond-bad-spi`: who sends ESP that this gateway cannot decrypt, and what is done about it: a
/// negotiation from this side, whose INITIAL_CONTACT makes the peer forget its stale SAs (RFC 7296
/// 2.4).
///
/// Nothing here is authenticated: anybody can send a packet from a gateway's address. So it never
/// clears anything, and what it makes the IKE daemon do is counted. Cheap by default: a counter of
/// the kernel's is read once a second, and a capture is open only after it has risen, and at most
/// for `captureTime` or `capturePackets`. A gateway rests after each packet that was matched: it is
/// not captured from until then, so that a flood from its address costs one short capture a rest.
struct BadSPI: Sendable {
  static let pollInterval = Duration.seconds(1)
  static let captureTime = Duration.seconds(60)
  static let capturePackets = 1024
  /// A negotiation may take that long before it is asked for anew.
  static let responseRest = Duration.seconds(10)
  /// Nothing can be done about it for now.
  static let idleRest = Duration.seconds(60)

  /// What is to be done about a packet.
  enum Outcome: Hashable, Sendable {
    /// These tunnels are to be negotiated.
    case negotiate([TunnelID])
    /// strongSwan's lists may say how, soon.
    case wait
  }

  /// A tunnel of a gateway's that has no pair of SAs, as far as that matters here.
  struct Lacking: Sendable {
    let id: TunnelID
    let name: String
    let isResponderOnly: Bool
    /// Whether only the peer can negotiate it: strongSwan has no address of its.
    let isAwaited: Bool
    /// Why it cannot be negotiated just now; nil when it can.
    let obstacle: String?
  }

  /// One capture under way.
  private struct Capture: Sendable {
    let deadline: Instant
    let gateways: [IPAddress: String]
    var packets = 0
  }

  /// XfrmInNoStates as last read; nil: the next reading is the beginning.
  private var count: UInt64?
  private var capture: Capture?
  private(set) var peers: [String: Peer] = [:]
  /// Why packets cannot be looked at; nil while they can.
  private var obstacle: String?

  // MARK: When to look

  /// The configuration asks for it, or no more.
  mutating func configure(isOn: Bool, hasStarted: Bool, at now: Instant, _ out: inout Outbox) {
    if !isOn {
      endCapture(&out)
      self = BadSPI()
      out.timers.set(.badSPI, to: nil)
    } else if hasStarted, out.timers.deadline(of: .badSPI) == nil {
      out.timers.set(.badSPI, to: now)
    }
  }

  /// Once a second. Returns tunnels whose SAs are waited for, by gateway: whether they decrypt is to be
  /// read.
  mutating func poll(at now: Instant, _ out: inout Outbox) -> [(gateway: String, Set<TunnelID>)] {
    if let capture, capture.deadline <= now { endCapture(&out) }
    out.send(.badSPI(.readUnknownSPIs))
    out.timers.set(.badSPI, to: now.advanced(by: Self.pollInterval))
    return peers.sorted { $0.key < $1.key }.filter { !$0.value.awaited.isEmpty }
      .map { ($0.key, $0.value.awaited) }
  }

  /// Gateways that are not captured from only because every tunnel of theirs had its SAs.
  var restingAsWhole: [String] { peers.filter(\.value.restsAsWhole).map(\.key) }

  /// What the kernel counted: ESP that no SA was found for, of whomever.
  ///
  /// - Parameters:
  ///   - mayCapture: not in standby.
  ///   - lacking: those of `restingAsWhole` that have a tunnel without SAs now.
  mutating func unknownSPICountRead(
    _ new: UInt64, mayCapture: Bool, limit: Int, _ gateways: some Sequence<Gateway>,
    lacking: Set<String>, _ kernel: KernelState, at now: Instant, _ out: inout Outbox
  ) {
    let last = count
    count = new
    guard let last, new > last, capture == nil, mayCapture else { return }
    var sources: [IPAddress: String] = [:]
    for gateway in gateways
    where mayListen(to: gateway.name, limit, isLacking: lacking.contains(gateway.name), at: now) {
      for address in gateway.addresses { sources[address] = gateway.name }
    }
    guard !sources.isEmpty else { return }
    let known = sources.keys.flatMap { kernel.sas.keys(towards: $0) }
      .compactMap { kernel.sas.sets[$0] }.flatMap { $0.inbound.keys.map(\.id) }
    capture = Capture(deadline: now.advanced(by: Self.captureTime), gateways: sources)
    out.send(
      .badSPI(
        .capture(
          CaptureRequest(
            sources: sources.keys.sorted(),
            known: known.sorted { ($0.destination, $0) < ($1.destination, $1) }))))
  }

  private func mayListen(
    to gateway: String, _ limit: Int, isLacking: Bool, at now: Instant
  ) -> Bool {
    guard let peer = peers[gateway] else { return true }
    guard peer.responses < limit else { return false }
    if peer.restsAsWhole, isLacking { return true }
    return peer.restsUntil.map { $0 <= now } ?? true
  }

  /// Packets from gateways' addresses, some of which may have been known SPIs after all. Returns the
  /// one that is to be answered.
  mutating func espCaptured(
    _ packets: [CapturedESP], _ kernel: KernelState, at now: Instant, _ out: inout Outbox
  ) -> (CapturedESP, gateway: String)? {
    guard let capture else { return nil }
    for packet in packets {
      self.capture?.packets += 1
      guard let gateway = capture.gateways[packet.source], kernel.isLocal(packet.destination),
        !kernel.sas.contains(packet.sa)
      else { continue }
      endCapture(&out)
      peers[gateway, default: Peer()].note(packet, at: now)
      return (packet, gateway)
    }
    if self.capture?.packets ?? 0 >= Self.capturePackets { endCapture(&out) }
    return nil
  }

  mutating func endCapture(_ out: inout Outbox) {
    guard capture != nil else { return }
    capture = nil
    count = nil
    out.send(.badSPI(.endCapture))
  }

  /// The counter cannot be read, or no capture be opened.
  mutating func failed(_ message: String, _ out: inout Outbox) {
    if obstacle != message { out.log(.error, "-", "respond-bad-spi: \(message)") }
    obstacle = message
    capture = nil
    count = nil
  }

  // MARK: What is done

  /// What could not be answered before, unless it is old.
  func waiting(at now: Instant) -> [(CapturedESP, gateway: String)] {
    peers.sorted { $0.key < $1.key }.compactMap { gateway, peer in
      guard let esp = peer.waiting, let last = peer.last,
        last.at.duration(to: now) < Self.captureTime
      else { return nil }
      return (esp, gateway)
    }
  }

  mutating func answer(
    _ esp: CapturedESP, from gateway: String, lacking: [Lacking], limit: Int, at now: Instant,
    _ out: inout Outbox
  ) -> Outcome? {
    peers[gateway]?.waiting = nil
    peers[gateway]?.restsAsWhole = lacking.isEmpty
    let what = "gateway=\(gateway) bad SPI \(esp.spi.hex) from \(esp.source)"
    guard !lacking.isEmpty else {
      peers[gateway]?.restsUntil = now.advanced(by: Self.idleRest)
      out.log(.info, "-", "\(what): every tunnel has its SAs, nothing to do")
      return nil
    }
    peers[gateway]?.awaited = Set(lacking.map(\.id))
    let initiating = lacking.filter { !$0.isResponderOnly }
    guard let first = initiating.first else {
      return leaveToPeer(
        gateway, .responderOnly, "\(what): \(lacking[0].name) is responder-only", at: now, &out)
    }
    let reachable = initiating.filter { !$0.isAwaited }
    guard !reachable.isEmpty else {
      return leaveToPeer(
        gateway, .unknownAddress,
        "\(what): strongSwan has no address to negotiate \(first.name) with", at: now, &out)
    }
    let willing = reachable.filter { $0.obstacle == nil }
    guard !willing.isEmpty else {
      // Not for long: strongSwan may be starting too.
      peers[gateway]?.waiting = esp
      complain(
        gateway, .noWay,
        "\(what): \(reachable[0].name) cannot be negotiated yet: \(reachable[0].obstacle ?? "-")",
        &out)
      return .wait
    }
    resynchronise(willing, with: gateway, limit, because: what, at: now, &out)
    return .negotiate(willing.map(\.id))
  }

  private mutating func leaveToPeer(
    _ gateway: String, _ complaint: Complaint, _ why: String, at now: Instant, _ out: inout Outbox
  ) -> Outcome? {
    peers[gateway]?.restsUntil = now.advanced(by: Self.idleRest)
    complain(gateway, complaint, "\(why), waiting for the peer", &out)
    return nil
  }

  private mutating func resynchronise(
    _ willing: [Lacking], with gateway: String, _ limit: Int, because what: String,
    at now: Instant, _ out: inout Outbox
  ) {
    let responses = (peers[gateway]?.responses ?? 0) + 1
    peers[gateway]?.responses = responses
    peers[gateway]?.restsUntil = now.advanced(by: Self.responseRest)
    out.log(
      .warning, "-",
      "\(what): renegotiating \(willing.map(\.name).joined(separator: ", ")), "
        + "response \(responses) of \(limit)")
    guard responses >= limit else { return }
    complain(
      gateway, .exhausted,
      "\(what): no more responses until ESP decrypts again, or clear bad-spi-count", &out)
  }

  /// Once an outage, at the level of an alarm.
  private mutating func complain(
    _ gateway: String, _ complaint: Complaint, _ text: String, _ out: inout Outbox
  ) {
    if peers[gateway]?.complaints.insert(complaint).inserted == true { out.log(.error, "-", text) }
  }

  // MARK: The end of it

  /// Packets that an awaited tunnel's SAs have decrypted.
  mutating func decryptedCountRead(_ packets: UInt64, of gateway: String, _ out: inout Outbox) {
    guard packets > 0, peers[gateway]?.awaited.isEmpty == false else { return }
    out.log(.info, "-", "gateway=\(gateway) ESP decrypts again")
    peers[gateway]?.recover()
  }

  /// The operator has one gateway's packets forgotten, or all.
  mutating func forget(_ gateway: String?) {
    if let gateway { peers[gateway] = nil } else { peers = [:] }
  }
}

extension BadSPI {
  /// What is known of one gateway.
  struct Peer: Sendable {
    /// Packets matched since the agent started, or since it was told to forget them.
    private(set) var seen = 0
    private(set) var last: (esp: CapturedESP, at: Instant)?
    /// Negotiations since ESP last decrypted.
    fileprivate(set) var responses = 0
    /// To be answered as soon as strongSwan can be asked.
    fileprivate var waiting: CapturedESP?
    /// Not captured from until then.
    fileprivate var restsUntil: Instant?
    /// Whether the rest is only because every tunnel had its SAs: it ends when one loses them.
    fileprivate var restsAsWhole = false
    /// Tunnels whose SAs are awaited; with the first packet that they decrypt all is well.
    fileprivate var awaited: Set<TunnelID> = []
    /// What was said since ESP last decrypted.
    fileprivate var complaints: Set<Complaint> = []

    fileprivate mutating func note(_ esp: CapturedESP, at now: Instant) {
      seen += 1
      last = (esp, now)
    }

    fileprivate mutating func recover() {
      (responses, waiting, restsUntil, awaited, complaints) = (0, nil, nil, [], [])
    }
  }

  /// Why nothing is done, each said once an outage.
  enum Complaint: Hashable, Sendable {
    case responderOnly
    case unknownAddress
    case noWay
    case exhausted
  }
}
