import TunnelCore

/// A column of `vpnagent status`, in the order of the table.
enum StatusColumn: Int, CaseIterable {
  case name, link, gateway, mon, state, gate, rtt, loss, history, since, event, failures, template
  case traffic

  var title: String {
    switch self {
    case .name: "TUNNEL"
    case .link: "LINK"
    case .gateway: "GATEWAY"
    case .mon: "MON"
    case .state: "STATE"
    case .gate: "GATE"
    case .rtt: "RTT"
    case .loss: "LOSS"
    case .history: "LAST PROBES"
    case .since: "SINCE"
    case .event: "LAST EVENT"
    case .failures: "FAILURES"
    case .template: "TEMPLATE"
    case .traffic: "IN/OUT bit/s"
    }
  }

  /// The least that it is cut to; nil: it is shown whole or not at all.
  var least: Int? {
    switch self {
    case .name: 12
    case .link: 6
    case .gateway: 15
    case .history: 11
    case .event: 16
    case .mon, .state, .gate, .rtt, .loss, .since, .failures, .template, .traffic: nil
    }
  }

  func fit(_ cell: String, _ width: Int) -> String {
    switch self {
    case .name, .link, .gateway: cell.squeezed(width)
    case .history: String(cell.suffix(width))
    case .event: Self.short(cell, width)
    case .mon, .state, .gate, .rtt, .loss, .since, .failures, .template, .traffic: cell
    }
  }
}

extension StatusColumn {
  /// MON is only there where it says what STATE does not; TEMPLATE and IN/OUT for those who have one.
  static func wanted(of tunnels: [TunnelStatus]) -> Set<StatusColumn> {
    var columns = Set(allCases)
    if tunnels.allSatisfy(monRepeatsState) { columns.remove(.mon) }
    if tunnels.allSatisfy({ $0.template == nil }) { columns.remove(.template) }
    if tunnels.allSatisfy({ $0.traffic?.rateInterval == nil }) { columns.remove(.traffic) }
    return columns
  }

  private static func monRepeatsState(_ tunnel: TunnelStatus) -> Bool {
    switch (tunnel.mon, tunnel.state) {
    case ("U", "up"), ("V", "verifying"), ("D", "down"), ("D", "absent"), ("-", "standby"),
      ("-", "idle"), ("?", "unmonitored"):
      true
    case (_, _): false
    }
  }

  /// What nearly all events begin with goes before what tells them apart.
  private static func short(_ event: String, _ width: Int) -> String {
    guard event.columns > width else { return event }
    let common = ["VPN monitoring ", "IPSec SA ", "IPSec SAs ", "IPSEC SA "]
    let rest = common.first(where: event.hasPrefix).map { String(event.dropFirst($0.count)) }
    return (rest ?? event).cut(width)
  }
}

/// One tunnel's line of the table, before it is laid out.
struct StatusRow {
  /// One a column.
  let cells: [String]

  static let titles = StatusRow(cells: StatusColumn.allCases.map(\.title))

  private init(cells: [String]) { self.cells = cells }

  init(_ tunnel: TunnelStatus, sparkline: Sparkline? = nil) {
    cells = StatusColumn.allCases.map { Self.cell($0, tunnel, sparkline) }
  }

  subscript(column: StatusColumn) -> String { cells[column.rawValue] }

  private static func cell(
    _ column: StatusColumn, _ tunnel: TunnelStatus, _ sparkline: Sparkline?
  ) -> String {
    switch column {
    case .name: return tunnel.name
    case .link: return tunnel.link ?? "-"
    case .gateway: return tunnel.remote ?? "-"
    case .mon: return tunnel.mon
    case .state: return state(tunnel)
    case .gate: return tunnel.gate
    // Of several sets the worst counts, as in the metrics.
    case .rtt: return living(tunnel).compactMap(\.rtt).max().map(Quantity.milliseconds) ?? "-"
    case .loss: return living(tunnel).compactMap(\.loss).max().map(Quantity.percent) ?? "-"
    case .history: return sparkline?.draw(lossiest(tunnel)?.history ?? "") ?? ""
    case .since: return Quantity.age(tunnel.since)
    case .event: return event(tunnel)
    case .failures: return tunnel.threshold == nil ? "-" : "\(tunnel.failures)"
    case .template: return tunnel.template ?? "-"
    case .traffic: return traffic(tunnel) ?? "-"
    }
  }

  private static func living(_ tunnel: TunnelStatus) -> [SetStatus] {
    tunnel.sets.filter { $0.state != "absent" }
  }

  private static func lossiest(_ tunnel: TunnelStatus) -> SetStatus? {
    let sets = living(tunnel)
    let most = sets.compactMap(\.loss).max()
    return sets.first { $0.loss == most }
  }

  /// `verifying 3/10`: probes lost in a row, of those that make the path dead.
  static func state(_ tunnel: TunnelStatus) -> String {
    guard let losses = tunnel.losses, let threshold = tunnel.threshold else { return tunnel.state }
    let counts = tunnel.state == "verifying" || losses > 0 && tunnel.state == "up"
    return counts ? "\(tunnel.state) \(losses)/\(threshold)" : tunnel.state
  }

  /// Between the last two looks; nil before the second.
  private static func traffic(_ tunnel: TunnelStatus) -> String? {
    guard let traffic = tunnel.traffic, let into = traffic.bitsPerSecondIn,
      let out = traffic.bitsPerSecondOut
    else { return nil }
    return "\(Quantity.shortRate(into))/\(Quantity.shortRate(out))"
  }

  private static func event(_ tunnel: TunnelStatus) -> String {
    guard let event = tunnel.lastEvent else { return "-" }
    let count = tunnel.lastEventCount ?? 1
    return count > 1 ? "\(event) (\(count) times)" : event
  }
}

/// How well a tunnel is, the worst first.
enum TunnelHealth: Int, Comparable {
  case down, verifying, losing, standby, up, unmonitored

  init(_ tunnel: TunnelStatus) {
    switch (tunnel.mon, tunnel.state) {
    case (_, "standby"): self = .standby
    case (_, "unmonitored"): self = .losing
    case ("-", _): self = .unmonitored
    case (_, "up"): self = tunnel.losses == 0 ? .up : .losing
    case (_, "verifying"): self = .verifying
    case (_, _): self = .down
    }
  }

  static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }

  /// A line in its colour: green, yellow, red.
  func paint(_ line: String) -> String {
    switch self {
    case .up: "\u{1b}[32m\(line)\u{1b}[0m"
    case .verifying, .losing: "\u{1b}[33m\(line)\u{1b}[0m"
    case .down: "\u{1b}[31m\(line)\u{1b}[0m"
    case .standby, .unmonitored: line
    }
  }
}
