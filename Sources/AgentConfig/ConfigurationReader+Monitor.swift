import TunnelCore

let monitorKeys =
  [
    "optimized", "interval", "threshold", "timeout", "probe-source", "source-interface",
    "destination-ip", "accept-clear-reply", "path-mtu", "verify-path",
  ] + reactionKeys

/// Keys of `[vpn-monitor-options]`.
let monitorDefaultKeys = ["interval", "threshold", "path-mtu"] + reactionKeys

/// The setting of a key that takes true, false or a table.
private enum Switch {
  case off
  case on
  case table(Section)
}

extension ConfigurationReader {
  /// `[vpn-monitor-options]`.
  mutating func monitorDefaults(_ item: Item?) -> Monitor {
    var monitor = Monitor()
    if let section = complaints.section(
      item, keys: monitorDefaultKeys, home: homeOfMonitorDefault)
    {
      readTiming(section, into: &monitor)
      readReaction(section, into: &monitor)
      monitor.findsPathMTU = complaints.boolean(section["path-mtu"]) == true
    }
    return monitor
  }

  /// `vpn-monitor` of a VPN; nil: off.
  mutating func monitor(_ item: Item?, defaults: Monitor) -> Monitor? {
    guard let item,
      let setting = setting(
        item, keys: monitorKeys, home: { homeOfMonitorKey($0, at: item.path) })
    else { return nil }
    var monitor = defaults
    switch setting {
    case .off: return nil
    case .on: break
    case .table(let section): readMonitor(section, into: &monitor)
    }
    let patience = monitor.interval * monitor.threshold
    if patience < .seconds(1) {
      complaints.warn(
        path: item.path,
        "threshold \(monitor.threshold) x interval \(monitor.interval) is \(patience), "
          + "faster than IKE can renegotiate; recommended: at least 1 second")
    }
    return monitor
  }

  private mutating func readMonitor(_ section: Section, into monitor: inout Monitor) {
    if complaints.boolean(section["optimized"]) == true { monitor.mode = .optimized }
    readTiming(section, into: &monitor)
    monitor.timeout = complaints.seconds(section["timeout"], atLeast: 0.05)
    if let value: Monitor.ProbeSource = complaints.choice(section["probe-source"]) {
      monitor.probeSource = value
    }
    monitor.sourceInterface = complaints.interfaceName(section["source-interface"])
    monitor.destinations = destinations(section["destination-ip"])
    monitor.acceptsClearReply = complaints.boolean(section["accept-clear-reply"]) == true
    if let value = complaints.boolean(section["path-mtu"]) { monitor.findsPathMTU = value }
    monitor.verifyPath = verifyPath(section["verify-path"])
    readReaction(section, into: &monitor)
  }

  private mutating func readTiming(_ section: Section, into monitor: inout Monitor) {
    if let value = complaints.seconds(section["interval"], atLeast: 0.1) {
      monitor.interval = value
    }
    if let value = complaints.integer(
      section["threshold"], in: 1...65536, unit: "consecutive lost probes")
    {
      monitor.threshold = value
    }
  }

  private mutating func verifyPath(_ item: Item?) -> Monitor.VerifyPath? {
    guard let item, let setting = setting(item, keys: ["destination-ip", "packet-size"]) else {
      return nil
    }
    var verifyPath = Monitor.VerifyPath()
    switch setting {
    case .off: return nil
    case .on: break
    case .table(let section):
      verifyPath.destinations = destinations(section["destination-ip"])
      if let value = complaints.integer(
        section["packet-size"], in: 64...1350, unit: "bytes of the whole ICMP message")
      {
        verifyPath.packetSize = value
      }
    }
    return verifyPath
  }

  /// `destination-ip`: an address, or several for several SA sets.
  private mutating func destinations(_ item: Item?) -> [IPAddress] {
    guard let item else { return [] }
    if case .string = item.value { return [complaints.hostAddress(item)].compactMap(\.self) }
    guard case .array = item.value, let items = complaints.elements(item, of: "addresses") else {
      complaints.refuseType(item, wanted: "an address or an array of addresses")
      return []
    }
    if items.isEmpty { complaints.refuse(item, "must contain at least one address") }
    var found: [IPAddress] = []
    for item in items {
      guard let address = complaints.hostAddress(item) else { continue }
      if found.contains(address) {
        complaints.refuse(item, "already in this array; list each address once")
      }
      found.append(address)
    }
    return found
  }

  private mutating func setting(
    _ item: Item, keys: [String], home: (String) -> String? = { _ in nil }
  ) -> Switch? {
    switch item.value {
    case .boolean(let isOn): return isOn ? .on : .off
    case .table: return complaints.section(item, keys: keys, home: home).map { .table($0) }
    default:
      complaints.refuseType(item, wanted: "true, false or a table")
      return nil
    }
  }
}
