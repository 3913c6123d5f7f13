import TunnelCore

/// Keys of `[template.NAME]`.
let templateKeys = ["match"] + settingKeys

extension ConfigurationReader {
  /// `[template.NAME]`.
  mutating func template(_ name: String, _ item: Item, defaults: Monitor) -> Template? {
    guard let table = complaints.table(item) else { return nil }
    for key in namingKeys {
      guard let item = table[key] else { continue }
      let keys = templateKeys.joined(separator: ", ")
      complaints.refuse(item, "a template matches many tunnels; expected: \(keys)")
    }
    let rest = table.entries.filter { !namingKeys.contains($0.key) }
    guard
      let section = complaints.section(
        Item(path: item.path, value: .table(rest)), keys: templateKeys,
        home: { homeOfTunnelKey($0, at: item.path) })
    else { return nil }
    let match = match(section)
    var settings = VPN(name: name, gateway: "")
    readSettings(section, into: &settings, defaults: defaults)
    if !match.isOneLink { refuseDestinations(section) }
    return Template(name: name, match: match, settings: settings)
  }

  private mutating func match(_ section: Section) -> Template.Match {
    let keys = ["interface", "if-id", "peer"]
    guard let item = section["match"] else {
      let listed = keys.joined(separator: ", ")
      complaints.refuse(
        path: section.path(of: "match"), "missing; expected: one or more of \(listed)")
      return .init()
    }
    guard let match = complaints.section(item, keys: keys) else { return .init() }
    if match.entries.isEmpty {
      complaints.refuse(
        item, "is empty; expected: one or more of \(keys.joined(separator: ", "))")
    }
    return Template.Match(
      interface: complaints.namePattern(match["interface"]),
      ifIDs: complaints.ifIDs(match["if-id"]),
      peer: match["peer"].flatMap { complaints.prefix($0) })
  }

  /// Warns of templates that no tunnel can reach.
  mutating func checkTemplates(_ templates: [Template]) {
    for (index, template) in templates.enumerated() {
      let first = templates[..<index].first { $0.match == template.match }
      guard let first else { continue }
      complaints.warn(
        path: "template.\(writtenKey(template.name))",
        "never applies: template.\(writtenKey(first.name)) has the same match and comes first")
    }
  }

  /// One address is not behind each of many tunnels.
  private mutating func refuseDestinations(_ section: Section) {
    guard let monitor = inner("vpn-monitor", of: section) else { return }
    for table in [monitor, inner("verify-path", of: monitor)] {
      guard let item = table?["destination-ip"] else { continue }
      complaints.refuse(
        item,
        "one address cannot be behind every tunnel; use it with a match.interface "
          + "without '*' and '?', or with one match.if-id")
    }
  }

  /// A table in a table; nil where there is none, which is complained of elsewhere.
  private func inner(_ key: String, of section: Section) -> Section? {
    guard let item = section[key], case .table(let entries) = item.value else { return nil }
    return Section(path: item.path, entries: entries)
  }
}

extension Complaints {
  /// One if_id, or `LOWEST-HIGHEST`.
  fileprivate mutating func ifIDs(_ item: Item?) -> ClosedRange<UInt32>? {
    guard let item else { return nil }
    let allowed = "1...4294967295, or a range of them as \"100-4999\""
    let bounds: [UInt32?]
    switch item.value {
    case .integer(let value): bounds = [UInt32(exactly: value)]
    case .string(let text):
      bounds = text.split(separator: "-", omittingEmptySubsequences: false).map { part in
        part.utf8.allSatisfy { (48...57).contains($0) } ? UInt32(part) : nil
      }
    default:
      refuseType(item, wanted: "an integer or a string", allowed: allowed)
      return nil
    }
    guard (1...2).contains(bounds.count), let low = bounds[0], let high = bounds[bounds.count - 1],
      low > 0, low <= high
    else {
      refuse(item, "not an if_id or a range of them; expected: \(allowed)")
      return nil
    }
    return low...high
  }
}

extension Template.Match {
  /// Whether no two links can fit.
  fileprivate var isOneLink: Bool {
    interface.map { !$0.isOpen } ?? false || ifIDs?.count == 1
  }
}
