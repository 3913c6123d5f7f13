import TunnelCore

/// `run --dry-run`: what would have been done is logged, and the core is told what it would have
/// heard. Probes and reads are not its business; they are performed.
struct DryRun {
  private let log: Log
  /// The last plan of each link, so that one that the kernel does not show as done is said once.
  private var plans: [String: [GateStep]] = [:]

  init(_ log: Log) { self.log = log }

  /// What takes the place of an effect; nil: it changes nothing and is to be performed. `notify` is
  /// what would be run for an alarm.
  mutating func events(insteadOf effect: Effect, notify: String?) -> [Event]? {
    guard effect.changesSystem else { return nil }
    switch effect {
    case .tell(.alarm(let alarm)): say(alarm.level, "\(alarm)", notify)
    case .tell(.massAlarm(let alarm)): say(alarm.level, "\(alarm)", notify)
    case .tell(.recordAlarm(let alarm)): say(alarm.level, "\(alarm)", notify)
    case .gate(.change(let plan)): note(plan)
    case .gate(.makeLink(let name, let ifID)):
      say("-", "create link \(name) for the probes of SAs with if_id \(ifID)")
      return [.ownLinkFailed(ifID: ifID, message: "dry run")]
    case .gate(.removeLink(let index)):
      say("-", "remove the agent's link with index \(index)")
    case .sa(.clear(_, let tunnel, let sas)):
      for sa in sas { say(tunnel, "clear \(sa.key)") }
    case .sa(.delete(_, let tunnel, let sas)):
      for sa in sas { say(tunnel, "delete \(sa.key)") }
    case .sa(.rekey(let sa)): say("-", "rekey \(sa.key)")
    case .negotiate(.trigger(_, let packet)):
      say("-", "trigger negotiation by a packet to \(packet.destination)")
    case .negotiate(.run(let tunnel, let words)):
      say("-", "run \(words.joined(separator: " "))")
      return [.commandEnded(tunnel, .exited(0))]
    case .daemon(let request):
      say("-", "vici: \(request)")
      return [.vici(.finished(request, failure: nil))]
    case .probe, .gate, .sa, .peer, .badSPI, .tell: say("-", "\(effect)")
    }
    return []
  }

  private mutating func note(_ plan: GatePlan) {
    // The record alone is of no interest to anybody.
    guard !plan.steps.isEmpty, plans[plan.link] != plan.steps else { return }
    plans[plan.link] = plan.steps
    say("-", "link=\(plan.link) \(plan.steps.map(\.description).joined(separator: ", "))")
  }

  /// An alarm, and the program that would be run for it.
  private func say(_ level: LogLevel, _ alarm: String, _ notify: String?) {
    log(level, "-", "dry run: \(alarm)")
    if let notify { say("-", "run \(notify)") }
  }

  private func say(_ tunnel: String, _ what: String) {
    log(.info, tunnel, "dry run: would \(what)")
  }
}
