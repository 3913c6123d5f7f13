/// `respond-bad-spi`: finding out who sends ESP that this gateway cannot decrypt.
///
/// What is done about it is in `Core+Resync`. Nothing here is authenticated: anybody can send a
/// packet from a gateway's address. So it never clears anything, and what it makes the IKE daemon do
/// is counted.
extension Core {
  /// The configuration asks for it, or no more.
  mutating func reconcileBadSPI(at now: Instant) {
    if configuration.respondBadSPI == nil {
      endCapture()
      badSPI = BadSPI()
      out.timers.set(.badSPI, to: nil)
    } else if hasStarted, out.timers.deadline(of: .badSPI) == nil {
      out.timers.set(.badSPI, to: now)
    }
  }

  /// Once a second.
  mutating func wakeBadSPI(at now: Instant) {
    guard configuration.respondBadSPI != nil, !isEnding else { return }
    if let capture = badSPI.capture, capture.deadline <= now { endCapture() }
    out.send(.readUnknownSPIs)
    readAwaited()
    out.timers.set(.badSPI, to: now.advanced(by: BadSPI.pollInterval))
  }

  /// What the kernel counted: ESP that no SA was found for, of whomever.
  mutating func unknownSPICountRead(_ count: UInt64, at now: Instant) {
    guard configuration.respondBadSPI != nil else { return }
    let last = badSPI.count
    badSPI.count = count
    guard let last, count > last, badSPI.capture == nil, !isStandby else { return }
    capture(at: now)
  }

  private mutating func capture(at now: Instant) {
    var gateways: [IPAddress: String] = [:]
    for gateway in configuration.gateways.values where mayListen(to: gateway.name, at: now) {
      for address in gateway.addresses { gateways[address] = gateway.name }
    }
    guard !gateways.isEmpty else { return }
    let known = kernel.sas.sets.values.filter { gateways[$0.key.remote] != nil }
    badSPI.capture = BadSPI.Capture(
      deadline: now.advanced(by: BadSPI.captureTime), gateways: gateways)
    out.send(
      .capture(
        CaptureRequest(
          sources: gateways.keys.sorted(),
          known: known.flatMap { $0.inbound.keys.map(\.id) }
            .sorted { ($0.destination, $0) < ($1.destination, $1) })))
  }

  private func mayListen(to gateway: String, at now: Instant) -> Bool {
    guard let peer = badSPI.peers[gateway], let limit = configuration.respondBadSPI?.maxResponses
    else { return true }
    guard peer.responses < limit else { return false }
    if peer.restsAsWhole, tunnels.values.contains(where: { lacksSAs($0, of: gateway) }) {
      return true
    }
    return peer.restsUntil.map { $0 <= now } ?? true
  }

  /// Packets from gateways' addresses, some of which may have been known SPIs after all.
  mutating func espCaptured(_ packets: [CapturedESP], at now: Instant) {
    guard let capture = badSPI.capture else { return }
    for packet in packets {
      badSPI.capture?.packets += 1
      guard let gateway = capture.gateways[packet.source], kernel.isLocal(packet.destination),
        !kernel.sas.contains(packet.sa)
      else { continue }
      endCapture()
      return respond(to: packet, from: gateway, at: now)
    }
    if badSPI.capture?.packets ?? 0 >= BadSPI.capturePackets { endCapture() }
  }

  mutating func endCapture() {
    guard badSPI.capture != nil else { return }
    badSPI.capture = nil
    badSPI.count = nil
    out.send(.endCapture)
  }

  /// The counter cannot be read, or no capture be opened.
  mutating func badSPIFailed(_ message: String) {
    if badSPI.obstacle != message { log(.error, "-", "respond-bad-spi: \(message)") }
    badSPI.obstacle = message
    badSPI.capture = nil
    badSPI.count = nil
  }

  /// Whether a tunnel of this gateway's has no pair of SAs in the kernel. Its state says less: it
  /// stays up for a moment when SAs go.
  func lacksSAs(_ tunnel: Tunnel, of gateway: String) -> Bool {
    tunnel.gateway == gateway
      && !tunnel.monitors.contains { id in
        monitors[id].flatMap { kernel.sas.sets[$0.key]?.isComplete } ?? false
      }
  }
}
