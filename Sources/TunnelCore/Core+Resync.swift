/// What is done about a gateway that sends with SPIs which are gone here: a negotiation from this
/// side, whose INITIAL_CONTACT makes the peer forget its stale SAs (RFC 7296 2.4).
extension Core {
  mutating func respond(to esp: CapturedESP, from gateway: String, at now: Instant) {
    let lacking = tunnels.values.filter { lacksSAs($0, of: gateway) }
    let initiating = lacking.filter { $0.vpn?.establishTunnels != .responderOnly }
    var peer = badSPI.peers[gateway] ?? BadSPI.Peer()
    peer.seen += 1
    peer.last = (esp, now)
    peer.restsAsWhole = lacking.isEmpty
    if !lacking.isEmpty { peer.awaited = Set(lacking.map(\.id)) }
    let what = "gateway=\(gateway) bad SPI \(esp.spi.hex) from \(esp.source)"
    if initiating.isEmpty {
      peer.restsUntil = now.advanced(by: BadSPI.idleRest)
      badSPI.peers[gateway] = peer
      if lacking.isEmpty {
        log(.info, "-", "\(what): every tunnel has its SAs, nothing to do")
      } else {
        complain(gateway, "\(what): \(lacking[0].name) is responder-only, waiting for the peer")
      }
      return
    }
    peer.responses += 1
    peer.restsUntil = now.advanced(by: BadSPI.responseRest)
    badSPI.peers[gateway] = peer
    let limit = configuration.respondBadSPI?.maxResponses ?? 0
    log(
      .warning, "-",
      "\(what): negotiating \(initiating.map(\.name).joined(separator: ", ")) anew, "
        + "response \(peer.responses) of \(limit)")
    for tunnel in initiating { resynchronise(tunnel, of: gateway, what, at: now) }
    if peer.responses == limit {
      complain(
        gateway, "\(what): no more responses until ESP decrypts again, or clear bad-spi-count")
    }
  }

  private mutating func resynchronise(
    _ tunnel: Tunnel, of gateway: String, _ what: String, at now: Instant
  ) {
    guard ike.isConnected, let name = tunnel.ike?.name else {
      return complain(gateway, "\(what): no way to negotiate \(tunnel.name), waiting for the peer")
    }
    effects.append(.vici(.initiate(name)))
  }

  /// Once an outage, at the level of an alarm.
  private mutating func complain(_ gateway: String, _ text: String) {
    if badSPI.peers[gateway]?.isAlarmed == false { log(.error, "-", text) }
    badSPI.peers[gateway]?.isAlarmed = true
  }

  // MARK: The end of it

  /// Asks whether the SAs that were waited for decrypt.
  mutating func readAwaited() {
    for (gateway, peer) in badSPI.peers.sorted(by: { $0.key < $1.key }) {
      let keys = peer.awaited.sorted().flatMap { tunnels[$0]?.monitors ?? [] }
        .compactMap { monitors[$0].flatMap { sas.sets[$0.key] } }.flatMap(\.inbound.keys)
      if !keys.isEmpty { effects.append(.readDecrypted(gateway: gateway, keys)) }
    }
  }

  /// Packets that an awaited tunnel's SAs have decrypted.
  mutating func take(decrypted packets: UInt64, from gateway: String) {
    guard packets > 0, badSPI.peers[gateway]?.awaited.isEmpty == false else { return }
    log(.info, "-", "gateway=\(gateway) ESP decrypts again")
    forgetResponses(gateway)
  }

  private mutating func forgetResponses(_ gateway: String) {
    badSPI.peers[gateway]?.responses = 0
    badSPI.peers[gateway]?.restsUntil = nil
    badSPI.peers[gateway]?.awaited = []
    badSPI.peers[gateway]?.isAlarmed = false
  }

  /// `clear bad-spi-count [GATEWAY]`.
  mutating func clearBadSPICount(of gateway: String?) {
    guard let gateway else { return badSPI.peers = [:] }
    badSPI.peers[gateway] = nil
  }
}
