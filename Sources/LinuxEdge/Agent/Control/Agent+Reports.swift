import Glibc
import TunnelCore

/// Answers to clients that only look.
extension Agent {
  func status(of name: String) -> [UInt8] {
    guard let tunnel = core.status(of: name, at: monotonicNow()) else { return unknown(name) }
    return status([tunnel]).json()
  }

  func replyStatus(_ id: RequestID) {
    let pieces = ListPieces(status([]), list: "tunnels", core.tunnelIDs) { [unowned self] in
      core.status(of: $0, at: monotonicNow())
    }
    reply(id, [], further: pieces.next)
  }

  private func status(_ tunnels: [TunnelStatus]) -> AgentStatus {
    let now = monotonicNow()
    return AgentStatus(
      version: options.version, pid: getpid(), uptime: now.since(startedAt).inSeconds,
      config: configPath, control: core.control, controlObstacle: core.controlObstacle,
      kernelObstacle: kernelObstacle, recordObstacle: recordObstacle, role: core.role.rawValue,
      badSPI: core.badSPIStatus(at: now), dryRun: options.isDryRun,
      massFailure: core.massFailure(at: now), load: core.load(at: now),
      transportSAs: core.transportSACount > 0 ? core.transportSACount : nil, tunnels: tunnels)
  }

  func events(of name: String?) -> [UInt8] {
    let (now, time) = wallClock.read()
    guard let events = core.events(of: name, at: now) else { return unknown(name) }
    return AgentEvents(events: events, time: time).json()
  }

  func explanation(of name: String) -> [UInt8] {
    guard let lines = core.explanation(of: name, at: monotonicNow()) else { return unknown(name) }
    return ControlAnswer(exit: 0, lines: lines).json()
  }

  private func unknown(_ name: String?) -> [UInt8] {
    ControlAnswer(exit: 1, lines: [core.complaint(about: name ?? "-")]).json()
  }

  func replySecurityAssociations(_ id: RequestID, of name: String?) {
    let ids = name.map { core.tunnelIDs(named: $0) } ?? core.tunnelIDs
    if let name, ids.isEmpty { return reply(id, unknown(name)) }
    let (now, time) = wallClock.read()
    let frame = SecurityAssociationsReport(time: time, tunnels: [])
    let pieces = ListPieces(frame, list: "tunnels", ids) { [unowned self] in
      core.securityAssociations(of: $0, at: now, time: time)
    }
    reply(id, [], further: pieces.next)
  }

  func replyInterfaces(_ id: RequestID, named name: String?) {
    guard let name else {
      let pieces = ListPieces(
        InterfacesReport(interfaces: []), list: "interfaces", core.interfaceNames
      ) { [unowned self] in core.interface(named: $0) }
      return reply(id, [], further: pieces.next)
    }
    let link = core.interface(named: name)
    reply(id, link.map { encoded(InterfacesReport(interfaces: [$0])) } ?? unknownLink(name))
  }

  func replyRoutes(_ id: RequestID, of name: String?) {
    guard let name else {
      let pieces = ListPieces(RoutesReport(links: []), list: "links", core.routedLinks) {
        [unowned self] in core.routes(of: $0).flatMap { $0.isEmpty ? nil : $0 }
      }
      return reply(id, [], further: pieces.next)
    }
    let link = core.routes(of: name)
    reply(id, link.map { encoded(RoutesReport(links: [$0])) } ?? unknownLink(name))
  }

  func replyInactiveTunnels(_ id: RequestID) {
    let frame = InactiveTunnelsReport(total: core.tunnelCount, tunnels: [])
    let pieces = ListPieces(frame, list: "tunnels", core.tunnelIDs) { [unowned self] in
      core.inactiveTunnel($0, at: monotonicNow())
    }
    reply(id, [], further: pieces.next)
  }

  func replyIKE(_ id: RequestID) {
    let ids = core.ikeIDs
    let frame = IKEReport(
      control: core.control, controlObstacle: core.controlObstacle, sas: ids.map { _ in [] })
    guard let ids else { return reply(id, encoded(frame)) }
    let pieces = ListPieces(frame, list: "sas", ids) { [unowned self] in
      core.ikeSA($0, at: monotonicNow())
    }
    reply(id, [], further: pieces.next)
  }

  private func unknownLink(_ name: String?) -> [UInt8] {
    ControlAnswer(exit: 1, lines: ["\(name ?? "-"): no tunnel uses this link"]).json()
  }
}
