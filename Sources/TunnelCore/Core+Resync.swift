/// What is done about a gateway that sends with SPIs which are gone here: a negotiation from this
/// side, whose INITIAL_CONTACT makes the peer forget its stale SAs (RFC 7296 2.4).
extension Core {
  mutating func respond(to esp: CapturedESP, from gateway: String, at now: Instant) {
    badSPI.peers[gateway, default: BadSPI.Peer()].note(esp, at: now)
    hearPeer(esp.source, "it sends ESP", at: now)
    answer(esp, from: gateway, at: now)
  }

  /// strongSwan's connections are known: what could not be answered before is, unless it is old.
  mutating func answerWaiting(at now: Instant) {
    guard !isStandby else { return }
    for (gateway, peer) in badSPI.peers.sorted(by: { $0.key < $1.key }) {
      guard let esp = peer.waiting, let last = peer.last,
        last.at.duration(to: now) < BadSPI.captureTime,
        tunnels.values.contains(where: { lacksSAs($0, of: gateway) })
      else { continue }
      answer(esp, from: gateway, at: now)
    }
  }

  private mutating func answer(_ esp: CapturedESP, from gateway: String, at now: Instant) {
    let lacking = tunnels.values.filter { lacksSAs($0, of: gateway) }
    badSPI.peers[gateway]?.waiting = nil
    counters.count(gateway: gateway) { $0.badSPIs += 1 }
    badSPI.peers[gateway]?.restsAsWhole = lacking.isEmpty
    let what = "gateway=\(gateway) bad SPI \(esp.spi.hex) from \(esp.source)"
    guard !lacking.isEmpty else {
      badSPI.peers[gateway]?.restsUntil = now.advanced(by: BadSPI.idleRest)
      return log(.info, "-", "\(what): every tunnel has its SAs, nothing to do")
    }
    badSPI.peers[gateway]?.awaited = Set(lacking.map(\.id))
    let initiating = lacking.filter { $0.vpn?.establishTunnels != .responderOnly }
    guard !initiating.isEmpty else {
      badSPI.peers[gateway]?.restsUntil = now.advanced(by: BadSPI.idleRest)
      return complain(
        gateway, .responderOnly,
        "\(what): \(lacking[0].name) is responder-only, waiting for the peer")
    }
    let reachable = initiating.filter { !isAwaited($0) }
    guard !reachable.isEmpty else {
      badSPI.peers[gateway]?.restsUntil = now.advanced(by: BadSPI.idleRest)
      return complain(
        gateway, .unknownAddress,
        "\(what): strongSwan has no address to negotiate \(initiating[0].name) with, "
          + "waiting for the peer")
    }
    let willing = reachable.filter { obstacle(of: $0) == nil }
    guard !willing.isEmpty else {
      // Not for long: strongSwan may be starting too.
      badSPI.peers[gateway]?.waiting = esp
      wantConnections(within: BadSPI.pollInterval, at: now)
      wantListNow(at: now)
      return complain(
        gateway, .noWay,
        "\(what): \(reachable[0].name) cannot be negotiated yet: "
          + (obstacle(of: reachable[0]) ?? "-"))
    }
    resynchronise(willing, with: gateway, because: what, at: now)
  }

  private mutating func resynchronise(
    _ willing: [Tunnel], with gateway: String, because what: String, at now: Instant
  ) {
    let limit = configuration.respondBadSPI?.maxResponses ?? 0
    let responses = (badSPI.peers[gateway]?.responses ?? 0) + 1
    badSPI.peers[gateway]?.responses = responses
    counters.count(gateway: gateway) { $0.responses += 1 }
    badSPI.peers[gateway]?.restsUntil = now.advanced(by: BadSPI.responseRest)
    log(
      .warning, "-",
      "\(what): negotiating \(willing.map(\.name).joined(separator: ", ")) anew, "
        + "response \(responses) of \(limit)")
    for tunnel in willing { negotiate(tunnel, at: now) }
    guard responses >= limit else { return }
    complain(
      gateway, .exhausted,
      "\(what): no more responses until ESP decrypts again, or clear bad-spi-count")
  }

  /// Whether only the peer can negotiate: it is behind NAT, say, and strongSwan has no address of its.
  private func isAwaited(_ tunnel: Tunnel) -> Bool {
    guard ike.isConnected, case .success(let name) = childName(of: tunnel) else { return false }
    return connection(named: name.connection)?.hasDestination == false
  }

  /// Why a tunnel cannot be negotiated just now; nil when it can.
  private func obstacle(of tunnel: Tunnel) -> String? {
    guard ike.isConnected else {
      return tunnel.vpn?.renegotiateCommand == nil ? "strongSwan does not answer" : nil
    }
    switch childName(of: tunnel) {
    case .failure(let obstacle): return obstacle.description
    case .success(let name):
      // Of a daemon that has just started its connections may be missing still.
      return connection(named: name.connection) != nil
        ? nil : "strongSwan has no connection \(name.connection)"
    }
  }

  /// By VICI, else by `renegotiate-command`, of which one runs at a time.
  private mutating func negotiate(_ tunnel: Tunnel, at now: Instant) {
    if ike.isConnected {
      guard case .success(let name) = childName(of: tunnel) else { return }
      count(tunnel.id) { $0.initiations += 1 }
      out.send(.vici(.initiate(name)))
    } else if tunnel.command?.isRunning != true {
      tunnels[tunnel.id]?.owesNegotiation = true
      tunnels[tunnel.id]?.command = CommandWork(dueAt: now)
      out.timers.set(.command(tunnel.id), to: now)
    }
  }

  /// Once an outage, at the level of an alarm.
  private mutating func complain(
    _ gateway: String, _ complaint: BadSPI.Complaint, _ text: String
  ) {
    if badSPI.peers[gateway]?.complaints.insert(complaint).inserted == true {
      log(.error, "-", text)
    }
  }

  // MARK: The end of it

  /// Asks whether the SAs that were waited for decrypt.
  mutating func readAwaited() {
    for (gateway, peer) in badSPI.peers.sorted(by: { $0.key < $1.key }) {
      let keys = peer.awaited.sorted().flatMap { tunnels[$0]?.monitors ?? [] }
        .compactMap { monitors[$0].flatMap { kernel.sas.sets[$0.key] } }.flatMap(\.inbound.keys)
      if !keys.isEmpty { out.send(.readDecrypted(gateway: gateway, keys)) }
    }
  }

  /// Packets that an awaited tunnel's SAs have decrypted.
  mutating func decryptedCountRead(_ packets: UInt64, of gateway: String) {
    guard packets > 0, badSPI.peers[gateway]?.awaited.isEmpty == false else { return }
    log(.info, "-", "gateway=\(gateway) ESP decrypts again")
    forgetResponses(gateway)
  }

  private mutating func forgetResponses(_ gateway: String) {
    badSPI.peers[gateway]?.responses = 0
    badSPI.peers[gateway]?.waiting = nil
    badSPI.peers[gateway]?.restsUntil = nil
    badSPI.peers[gateway]?.awaited = []
    badSPI.peers[gateway]?.complaints = []
  }

  /// `clear bad-spi-count [GATEWAY]`.
  mutating func clearBadSPICount(of gateway: String?) -> Answer {
    guard let gateway else {
      badSPI.peers = [:]
      return Answer(isDone: true, lines: ["bad-spi counts of all gateways are zero"])
    }
    guard configuration.gateways[gateway] != nil else {
      return Answer(isDone: false, lines: ["\(gateway): no such gateway"])
    }
    badSPI.peers[gateway] = nil
    return Answer(isDone: true, lines: ["\(gateway): bad-spi count is zero"])
  }
}
