// Where a key belongs that stands at another place, and names that lack their quotes.

/// Where a key at the top belongs; nil: nowhere.
func homeOfRootKey(_ key: String) -> String? {
  if key == "vpn-monitor" {
    return "[vpn.NAME.vpn-monitor]; what holds for all: [vpn-monitor-options]"
  }
  if monitorDefaultKeys.contains(key) { return "[vpn-monitor-options] or [vpn.NAME.vpn-monitor]" }
  if monitorKeys.contains(key) { return "[vpn.NAME.vpn-monitor]" }
  if vpnKeys.contains(key) { return "[vpn.NAME]" }
  return gatewayKeys.contains(key) ? "[gateway.NAME]" : nil
}

/// Where a key of `[vpn.NAME]` or `[template.NAME]` at `path` belongs.
func homeOfTunnelKey(_ key: String, at path: String) -> String? {
  if monitorKeys.contains(key) { return "[\(path).vpn-monitor]" }
  return gatewayKeys.contains(key) ? "[gateway.NAME]" : homeAtTop(key)
}

/// Where a key of `[gateway.NAME]` belongs.
func homeOfGatewayKey(_ key: String) -> String? {
  if vpnKeys.contains(key) { return "[vpn.NAME]" }
  return monitorKeys.contains(key) ? "[vpn.NAME.vpn-monitor]" : homeAtTop(key)
}

/// Where a key of `[vpn-monitor-options]` belongs.
func homeOfMonitorDefault(_ key: String) -> String? {
  monitorKeys.contains(key) ? "[vpn.NAME.vpn-monitor]" : nil
}

/// Where a key of `vpn-monitor` at `path` belongs.
func homeOfMonitorKey(_ key: String, at path: String) -> String? {
  if key == "packet-size" { return "[\(path).verify-path]" }
  let outer = path.dropLast(".vpn-monitor".count)
  return vpnKeys.contains(key) ? "[\(outer)]" : nil
}

/// Keys that stand before the first table.
private func homeAtTop(_ key: String) -> String? {
  rootKeys.contains(key) && !["gateway", "vpn", "template", "vpn-monitor-options"].contains(key)
    ? "at the top of the file, before the first [table]" : nil
}

extension TOMLNode {
  var isTable: Bool { if case .table = self { true } else { false } }

  /// What names of tables a header without quotes took apart: `203.0.113.1` of
  /// `[gateway.203.0.113.1]`. Empty: none, this table has the keys of one, or none at all.
  func names(from name: String, _ keys: [String], isSplit: Bool = false) -> [String] {
    guard case .table(let entries) = self else { return [] }
    if entries.keys.contains(where: keys.contains) || entries.isEmpty {
      return isSplit ? [name] : []
    }
    return entries.flatMap { key, value in
      value.names(from: "\(name).\(key)", keys, isSplit: true)
    }
  }
}
