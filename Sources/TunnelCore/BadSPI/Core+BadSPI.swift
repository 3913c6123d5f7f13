/// Hands to `BadSPI` what it reads of others, and does what comes of it.
extension Core {
  mutating func reconcileBadSPI(at now: Instant) {
    badSPI.configure(
      isOn: configuration.respondBadSPI != nil, hasStarted: hasStarted, at: now, &out)
  }

  mutating func wakeBadSPI(at now: Instant) {
    guard configuration.respondBadSPI != nil, !isEnding else { return }
    for (gateway, awaited) in badSPI.poll(at: now, &out) {
      let keys = awaited.sorted().flatMap { tunnels[$0]?.monitors ?? [] }
        .compactMap { monitors[$0].flatMap { kernel.sas.sets[$0.key] } }.flatMap(\.inbound.keys)
      if !keys.isEmpty { out.send(.badSPI(.readDecrypted(gateway: gateway, keys))) }
    }
  }

  mutating func unknownSPICountRead(_ count: UInt64, at now: Instant) {
    guard let limit = configuration.respondBadSPI?.maxResponses else { return }
    let lacking = badSPI.restingAsWhole.filter { !tunnelsLackingSAs(of: $0).isEmpty }
    badSPI.unknownSPICountRead(
      count, mayCapture: !isStandby, limit: limit, configuration.gateways.values,
      lacking: Set(lacking), kernel, at: now, &out)
  }

  mutating func espCaptured(_ packets: [CapturedESP], at now: Instant) {
    guard let (esp, gateway) = badSPI.espCaptured(packets, kernel, at: now, &out) else { return }
    hearPeer(esp.source, "it sends ESP", at: now)
    answerESP(esp, from: gateway, at: now)
  }

  /// strongSwan's connections are known: what could not be answered before is.
  mutating func answerWaiting(at now: Instant) {
    guard !isStandby else { return }
    for (esp, gateway) in badSPI.waiting(at: now) where !tunnelsLackingSAs(of: gateway).isEmpty {
      answerESP(esp, from: gateway, at: now)
    }
  }

  private mutating func answerESP(_ esp: CapturedESP, from gateway: String, at now: Instant) {
    out.counters.count(gateway: gateway) { $0.badSPIs += 1 }
    let outcome = badSPI.answer(
      esp, from: gateway, lacking: tunnelsLackingSAs(of: gateway).map(lacking),
      limit: configuration.respondBadSPI?.maxResponses ?? 0, at: now, &out)
    switch outcome {
    case .negotiate(let ids):
      out.counters.count(gateway: gateway) { $0.responses += 1 }
      for id in ids { negotiate(id, at: now) }
    case .wait:
      lists.wantConnections(within: BadSPI.pollInterval, at: now, &out)
      lists.wantNow(at: now, &out)
    case nil: break
    }
  }

  /// `clear bad-spi-count [GATEWAY]`.
  mutating func clearBadSPICount(of gateway: String?) -> Answer {
    if let gateway, configuration.gateways[gateway] == nil {
      return Answer(isDone: false, lines: ["\(gateway): no such gateway"])
    }
    badSPI.forget(gateway)
    let what = gateway.map { "\($0): bad-spi count reset" }
    return Answer(isDone: true, lines: [what ?? "bad-spi counts of all gateways reset"])
  }

  // MARK: What it reads of others

  /// Tunnels of a gateway's without a pair of SAs in the kernel. Their state says less: it stays up for
  /// a moment when SAs go.
  private func tunnelsLackingSAs(of gateway: String) -> [Tunnel] {
    (tunnelIndex.ofGateway[gateway] ?? []).compactMap { tunnels[$0] }.filter { tunnel in
      !tunnel.monitors.contains { id in
        monitors[id].flatMap { kernel.sas.sets[$0.key]?.isComplete } ?? false
      }
    }
  }

  /// Whether a tunnel can be negotiated, and by whom. One whose peer is behind NAT, say, strongSwan has
  /// no address for.
  private func lacking(_ tunnel: Tunnel) -> BadSPI.Lacking {
    var isAwaited = false
    var obstacle: String?
    if !lists.isConnected {
      obstacle = tunnel.vpn?.renegotiateCommand == nil ? "strongSwan does not answer" : nil
    } else {
      switch childName(of: tunnel) {
      case .failure(let reason): obstacle = reason.description
      case .success(let name):
        // Of a daemon that has just started its connections may be missing still.
        let connection = daemon.connection(named: name.connection)
        isAwaited = connection?.hasDestination == false
        obstacle = connection == nil ? "strongSwan has no connection \(name.connection)" : nil
      }
    }
    return BadSPI.Lacking(
      id: tunnel.id, name: tunnel.name,
      isResponderOnly: tunnel.vpn?.establishTunnels == .responderOnly, isAwaited: isAwaited,
      obstacle: obstacle)
  }

  /// By VICI, else by `renegotiate-command`, of which one runs at a time.
  private mutating func negotiate(_ id: TunnelID, at now: Instant) {
    guard let tunnel = tunnels[id] else { return }
    if lists.isConnected {
      guard case .success(let name) = childName(of: tunnel) else { return }
      count(id) { $0.initiations += 1 }
      out.send(.daemon(.initiate(name)))
    } else if tunnel.command?.isRunning != true {
      tunnels[id]?.owesNegotiation = true
      tunnels[id]?.command = CommandWork(dueAt: now)
      out.timers.set(.command(id), to: now)
    }
  }
}
