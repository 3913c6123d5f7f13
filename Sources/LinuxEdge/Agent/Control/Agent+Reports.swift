import Glibc
import TunnelCore

/// Answers to clients that only look.
extension Agent {
  func status(of name: String) -> [UInt8] {
    guard let tunnel = core.status(of: name, at: monotonicNow()) else { return unknown(name) }
    return status([tunnel]).json()
  }

  func replyStatus(_ id: RequestID) {
    let pieces = StatusPieces(status([]), core.tunnelIDs) { [unowned self] in
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

  func securityAssociations(of name: String?) -> [UInt8] {
    let (now, time) = wallClock.read()
    let report = core.securityAssociations(of: name, at: now, time: time)
    return report.map { encoded($0) } ?? unknown(name)
  }

  func interfaces(named name: String?) -> [UInt8] {
    core.interfaces(named: name).map { encoded($0) } ?? unknownLink(name)
  }

  func routes(of name: String?) -> [UInt8] {
    core.routes(of: name).map { encoded($0) } ?? unknownLink(name)
  }

  private func unknownLink(_ name: String?) -> [UInt8] {
    ControlAnswer(exit: 1, lines: ["\(name ?? "-"): no tunnel uses this link"]).json()
  }
}
