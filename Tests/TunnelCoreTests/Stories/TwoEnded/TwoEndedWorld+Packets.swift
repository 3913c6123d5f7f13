@testable import TunnelCore

/// Packets, and what effects do.
extension TwoEndedWorld {
  mutating func send(_ packet: Packet, from end: Int) {
    guard let at = network.arrival(from: end, at: now) else { return }
    put(.packet(to: 1 - end, packet), at: at)
  }

  /// Into a tunnel: through its newest SA; without one, whoever has a trap policy is asked.
  private mutating func send(_ payload: Payload, into tunnel: Int, from end: Int) {
    guard let sa = ends[end].outbound(tunnel) else {
      if ends[end].daemon.hasTraps, ends[end].daemon.isRunning, !ends[end].daemon.isEmpty {
        ends[end].daemon.initiate(TwoEndedScenario.childName(tunnel), at: now)
      }
      return
    }
    ends[end].kernel.sas[sa]?.packets += 1
    send(.esp(spi: sa.spi, payload), from: end)
  }

  mutating func sendTraffic(from end: Int) {
    for tunnel in scenario.tunnels.indices {
      let address = scenario.route(tunnel).identity.destination.address
      guard let link = ends[end].kernel.way(to: address)?.linkIndex,
        scenario.tunnel(onLink: link) == tunnel
      else { continue }
      send(.traffic, into: tunnel, from: end)
    }
  }

  mutating func receive(_ packet: Packet, at end: Int) {
    switch packet {
    case .ike(let message): ends[end].daemon.receive(message, at: now)
    case .ikePing(let target, let epoch):
      if ends[end].daemon.isRunning { send(.ikePong(target, epoch: epoch), from: end) }
    case .ikePong(let target, let epoch):
      if epoch == ends[end].epoch { feed(end, .ikePingAnswered(target)) }
    case .esp(let spi, let payload):
      guard let tunnel = ends[end].decrypt(spi) else { return }
      ends[end].daemon.hear(spi: spi, at: now)
      switch payload {
      case .traffic: break
      // The host answers, also by a link that is held: its subnet's route stays.
      case .probe(let ticket): send(.reply(ticket), into: tunnel, from: end)
      case .reply(let ticket): receive(ticket, by: tunnel, at: end)
      }
    }
  }

  private mutating func receive(_ ticket: ProbeTicket, by tunnel: Int, at end: Int) {
    guard ticket.epoch == ends[end].epoch, ends[end].core != nil else { return }
    let reply = ProbeReply(
      monitor: ticket.monitor, sequence: ticket.sequence, arrivedAt: now,
      way: .link(scenario.index(tunnel)))
    oracle.noteReply(reply, at: end)
    feed(end, .reply(reply))
  }

  // MARK: Effects

  mutating func perform(_ effect: Effect, at end: Int) -> [Event] {
    switch effect {
    case .probe(.send(let probe)): return send(probe, from: end)
    case .gate(.change(let plan)):
      let failures = ends[end].kernel.perform(plan)
      if ends[end].kernel.stepsToDeath ?? 0 < 0 { killAgent(end) }
      return failures.map { .gateFailed($0) }
    case .sa(.clear(_, _, let list)): expire(list, hard: true, at: end)
    case .sa(.rekey(let sa)): expire([sa], hard: false, at: end)
    case .sa(.delete(_, _, let list)): for sa in list { ends[end].kernel.delete(sa.key) }
    case .gate(.readRoutes):
      guard ends[end].dumpsToFail == 0 else {
        ends[end].dumpsToFail -= 1
        return [.routesNotRead("device or resource busy")]
      }
      let interest = ends[end].core?.routeInterest(nexthops: [])
      return [.routes(interest?.dump(ends[end].kernel.routes) ?? [])]
    case .sa(.readExpireListeners): return [.expireListeners(isHeard: true)]
    case .sa(.dumpCounters): return [.saCountersNotRead("nobody asks for reports here")]
    case .probe(.readCounters(let id, let keys)): return [.counters(id, ends[end].counters(keys))]
    case .peer(.readCounters(let id, let keys)):
      return [.peerCounters(id, ends[end].counters(keys))]
    case .peer(.ping(let target)): send(.ikePing(target, epoch: ends[end].epoch), from: end)
    case .daemon(let request):
      put(
        .request(end, daemonEpoch: ends[end].daemonEpoch, request),
        at: now.advanced(by: .milliseconds(1)))
    case .probe, .gate, .negotiate, .badSPI, .tell: break
    }
    return []
  }

  private mutating func send(_ probe: ProbeRequest, from end: Int) -> [Event] {
    if let errno = ends[end].refusal {
      // Without a way it is as good as lost.
      if SendError(errno).isNoWay { oracle.noteProbe(probe, at: end, now) }
      return [.probeNotSent(probe.monitor, sequence: probe.sequence, errno: errno)]
    }
    guard case .link(let index) = probe.way, let tunnel = scenario.tunnel(onLink: index) else {
      return [.probeNotSent(probe.monitor, sequence: probe.sequence, errno: 101)]
    }
    oracle.noteProbe(probe, at: end, now)
    let ticket = ProbeTicket(
      epoch: ends[end].epoch, monitor: probe.monitor, sequence: probe.sequence, tunnel: tunnel)
    send(.probe(ticket), into: tunnel, from: end)
    return []
  }

  private mutating func expire(_ list: [SecurityAssociation], hard: Bool, at end: Int) {
    for sa in list where ends[end].kernel.sas[sa.key]?.reqid == sa.reqid {
      if hard {
        ends[end].kernel.sas[sa.key] = nil
        ends[end].kernel.queue.append(.kernel(.saExpired(sa.key)))
      }
      ends[end].daemon.expired(sa.key.spi, hard: hard, at: now)
    }
  }

  // MARK: Steps

  mutating func take(_ step: TwoEndedStep) {
    switch step {
    case .cut(let end): network.wires[end].isCut = true
    case .cutBoth: for end in 0...1 { network.wires[end].isCut = true }
    case .healNetwork: network.heal()
    case .wire(let end, let wire): network.wires[end] = wire
    case .killAgent, .killAfterSteps, .stopAgent, .role, .reload: takeAgentStep(step)
    case .crashDaemon, .restartDaemon, .renameConnection, .renameChild, .forgetChild, .rekey:
      takeDaemonStep(step)
    case .flush(let end):
      ends[end].kernel.sas = [:]
      ends[end].kernel.queue.append(.kernel(.saFlushed(ipProtocol: 0)))
    case .deleteSA(let end, let tunnel):
      if let sa = ends[end].outbound(tunnel) { ends[end].kernel.delete(sa) }
    case .failSteps(let end, let count): ends[end].kernel.stepsToFail = count
    case .failRecords(let end, let count): ends[end].kernel.recordsToFail = count
    case .lag(let end, let milliseconds): ends[end].lag = .milliseconds(milliseconds)
    case .refuseProbes(let end, let errno): ends[end].refusal = errno
    case .failDumps(let end, let count): ends[end].dumpsToFail = count
    case .swapLink(let end, let tunnel, let kind): ends[end].swapLink(tunnel, for: kind)
    case .wait(let milliseconds): pass(.milliseconds(milliseconds))
    }
  }

  private mutating func takeAgentStep(_ step: TwoEndedStep) {
    switch step {
    case .killAgent(let end, let milliseconds):
      killAgent(end)
      put(.startAgent(end), at: now.advanced(by: .milliseconds(milliseconds)))
    case .killAfterSteps(let end, let steps):
      if ends[end].core != nil { ends[end].kernel.stepsToDeath = steps }
    case .stopAgent(let end, let releases, let milliseconds):
      feed(end, .shutdown(release: releases))
      killAgent(end)
      put(.startAgent(end), at: now.advanced(by: .milliseconds(milliseconds)))
    case .role(let end, let role): setRole(end, role)
    case .reload(let end, let change): reload(end, change)
    default: break
    }
  }

  private mutating func reload(_ end: Int, _ change: TwoEndedStep.Change) {
    var new = ends[end].configuration
    for number in new.vpns.indices {
      switch change {
      case .interval(let seconds): new.vpns[number].monitor?.interval = .seconds(seconds)
      case .threshold(let count): new.vpns[number].monitor?.threshold = count
      case .verifyPath(let on): new.vpns[number].monitor?.verifyPath = on ? .init() : nil
      case .original: new = scenario.configuration(of: end)
      }
    }
    reload(end, new)
  }

  private mutating func takeDaemonStep(_ step: TwoEndedStep) {
    switch step {
    case .crashDaemon(let end, let milliseconds):
      ends[end].daemon.crash()
      endDaemon(end)
      put(.startDaemon(end), at: now.advanced(by: .milliseconds(milliseconds)))
    case .restartDaemon(let end, let milliseconds):
      ends[end].daemon.stop()
      endDaemon(end)
      put(.startDaemon(end), at: now.advanced(by: .milliseconds(milliseconds)))
    case .renameConnection(let end):
      ends[end].daemon.connection = ends[end].daemon.connection == "peer" ? "renamed" : "peer"
    case .renameChild(let end):
      // One that the operator has named stays as it is.
      if scenario.tunnels.count == 1 {
        ends[end].daemon.suffix = ends[end].daemon.suffix.isEmpty ? "-renamed" : ""
      }
    case .forgetChild(let end, let tunnel):
      ends[end].daemon.forgetChild(TwoEndedScenario.childName(tunnel))
    case .rekey(let end, let tunnel):
      let name = TwoEndedScenario.childName(tunnel)
      if let child = ends[end].daemon.find({ $0.name == name && $0.state == .installed })?.1 {
        ends[end].daemon.rekey(child.id, at: now)
      }
    default: break
    }
  }
}
