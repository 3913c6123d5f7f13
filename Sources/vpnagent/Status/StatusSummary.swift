import LinuxEdge
import TunnelCore

/// How all tunnels are, in one line: `37 up, 2 verifying, 1 down, 3 links held; active; strongSwan ok`.
struct StatusSummary {
  private let status: AgentStatus
  /// How many tunnels are in each state.
  private let counts: [String: Int]
  /// How many links are out of service.
  let heldLinks: Int

  init(_ status: AgentStatus) {
    self.status = status
    counts = Dictionary(status.tunnels.map { ($0.state, 1) }, uniquingKeysWith: +)
    let out: Set = [GateDemand.held.rawValue, GateDemand.down.rawValue]
    heldLinks = Set(status.tunnels.filter { out.contains($0.gate) }.compactMap(\.link)).count
  }

  var line: String { "\(tunnels); \(status.role); \(daemon)" }

  /// How many tunnels are in which state, and how many links are held.
  var tunnels: String {
    let states = ["up", "verifying", "down", "absent", "idle", "standby", "unmonitored"]
    let others = counts.keys.filter { !states.contains($0) }.sorted()
    let words = (states + others).compactMap { state in counts[state].map { "\($0) \(state)" } }
    let links = heldLinks == 1 ? "1 link held" : "\(heldLinks) links held"
    return words.isEmpty ? "no tunnels" : (words + [links]).joined(separator: ", ")
  }

  /// How the agent gets tunnels cleared and negotiated.
  var daemon: String {
    if status.controlObstacle != nil { return "strongSwan does not answer" }
    return status.control == "vici" ? "strongSwan ok" : "control: \(status.control)"
  }
}

extension AgentStatus {
  /// The tunnels, the worst first: those that are equally well keep their order.
  var worstFirst: [TunnelStatus] {
    let ranked = tunnels.enumerated().map { (TunnelHealth($1), $0, $1) }
    return ranked.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.2)
  }

  /// Without tunnels that are as they should be.
  var problems: AgentStatus {
    var some = self
    some.tunnels = tunnels.filter(\.isProblem)
    return some
  }
}

extension TunnelStatus {
  /// Whether somebody should look at it; single lost probes are none.
  fileprivate var isProblem: Bool {
    switch TunnelHealth(self) {
    case .down, .verifying: true
    case .losing, .up, .standby, .unmonitored: state == "unmonitored" || degraded != nil
    }
  }
}
