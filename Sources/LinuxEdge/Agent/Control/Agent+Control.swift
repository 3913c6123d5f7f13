import Glibc
import TunnelCore

/// What clients of the control socket ask for. Each verb has one line here; those that change
/// something are the core's to carry out.
extension Agent {
  func obey(_ line: String, _ id: RequestID) {
    let request: ControlRequest
    do {
      request = try ControlRequest(line)
    } catch {
      return reply(id, error.json())
    }
    switch request.verb {
    case .status, .metrics, .securityAssociations: report(request, to: id)
    case .events, .statistics, .explain, .reload, .reloadCheck, .verify, .clear, .clearStatistics,
      .clearBadSPICount, .role, .interfaces, .routes, .inactiveTunnels, .ike:
      answer(request, id)
    }
  }

  /// Does what a client asks for, or says what it asks for.
  func answer(_ request: ControlRequest, _ id: RequestID) {
    let arguments = request.arguments
    switch request.verb {
    case .status where arguments.isEmpty: replyStatus(id)
    case .status: reply(id, status(of: arguments[0]))
    case .metrics: reply(id, [], further: metricsText())
    case .events: reply(id, events(of: arguments.first))
    case .statistics: reply(id, AgentStatistics(core.eventCounters).json())
    case .explain: reply(id, explanation(of: arguments[0]))
    case .reload: reload(id)
    case .reloadCheck: reply(id, checkReload().json())
    case .verify: feed(.command(.verify(tunnel: arguments[0]), id))
    case .clear: feed(.command(.clear(tunnel: arguments[0]), id))
    case .clearStatistics: feed(.command(.clearStatistics, id))
    case .clearBadSPICount:
      feed(.command(.clearBadSPICount(gateway: arguments.first), id))
    case .role: reply(id, role(arguments.first).json())
    case .securityAssociations: replySecurityAssociations(id, of: arguments.first)
    case .interfaces: replyInterfaces(id, named: arguments.first)
    case .routes: replyRoutes(id, of: arguments.first)
    case .inactiveTunnels: replyInactiveTunnels(id)
    case .ike: replyIKE(id)
    }
  }

  /// Says the role, or takes another: on disk first, so that no restart wakes a standby.
  private func role(_ word: String?) -> ControlAnswer {
    if let word {
      guard let role = Role(rawValue: word) else {
        return ControlAnswer(
          exit: ControlAnswer.usage, lines: ["role \(word): expected active or standby"])
      }
      var notes: [String] = []
      do {
        try roleFile.save(role)
        unsavedRole = nil
      } catch {
        // Two active gateways are worse than one that forgets its role at a crash.
        unsavedRole = role
        notes = ["not saved yet, trying again: \(error)"]
        log(.error, "-", "role \(role.rawValue) is not saved yet, trying again: \(error)")
      }
      feed(.role(role))
      return ControlAnswer(exit: 0, lines: [core.role.rawValue] + notes)
    }
    return ControlAnswer(exit: 0, lines: [core.role.rawValue])
  }

  /// - Parameter further: what comes after these bytes, made as it is taken.
  func reply(_ id: RequestID, _ bytes: [UInt8], further: ControlServer.Pieces? = nil) {
    if let waiting = control?.answer(id, bytes, at: monotonicNow(), further: further) {
      watch(waiting, for: .client, forWriting: true)
    }
  }

  // MARK: reload

  /// Reads the configuration file again and lives by it; changes nothing when it is not valid.
  func reload(_ id: RequestID?) {
    switch options.readConfiguration() {
    case .failure(let refusal): refuseReload(id, refusal)
    case .success(let file):
      for warning in file.warnings { log(.warning, "-", warning) }
      if let obstacle = watchRequests(file.configuration) {
        return refuseReload(id, ControlAnswer(exit: 71, lines: [obstacle]))
      }
      configPath = file.path
      notifier.adopt(file.configuration)
      configurationIsGood = true
      let obstacle = serveMetrics(on: file.configuration.metrics)
      if let id {
        notes[id] = file.warningLines + (obstacle.map { [$0] } ?? [])
      }
      feed(.command(.reload(file.configuration), id))
    }
  }

  /// What a reload would change; changes nothing.
  private func checkReload() -> ControlAnswer {
    switch options.readConfiguration() {
    case .failure(let refusal): return refusal
    case .success(let file):
      let change = ConfigurationChange(from: core.configuration, to: file.configuration)
      return ControlAnswer(
        exit: 0, lines: file.warningLines + change.lines)
    }
  }

  private func refuseReload(_ id: RequestID?, _ refusal: ControlAnswer) {
    configurationIsGood = false
    log(.error, "-", "reload: nothing changed: \(refusal.lines.joined(separator: "; "))")
    if let id { reply(id, refusal.json()) }
  }

  /// Sees echo requests from now on, or no more; returns why it cannot.
  private func watchRequests(_ configuration: Configuration) -> String? {
    if !configuration.needsRequestWatch { requestWatch = nil }
    guard configuration.needsRequestWatch, requestWatch == nil else { return nil }
    do {
      let new = try RequestWatch()
      for descriptor in new.descriptors { watch(descriptor, for: .requests) }
      requestWatch = new
      return nil
    } catch {
      return "\(error)"
    }
  }
}

extension Configuration {
  /// Whether somebody is monitored `optimized` or has dead-peer-detection, so that the peer's probes
  /// are to be told from traffic.
  var needsRequestWatch: Bool {
    allSettings.contains { $0.monitor?.mode == .optimized }
      || gateways.values.contains { $0.deadPeerDetection != nil }
  }
}
