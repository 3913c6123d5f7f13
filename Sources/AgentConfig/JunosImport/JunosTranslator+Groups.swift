// What would change the configuration from elsewhere, and is not followed.
extension JunosTranslator {
  /// `apply-groups` at any level that is read, groups that are applied nowhere, `logical-systems`
  /// and `tenants`.
  mutating func checkGroups(in root: JunosNode) {
    let definitions = root.all("groups")
    let applied = checkGroups(in: root, at: [], definitions)
    for group in definitions where !applied.contains(group.value ?? "") {
      let count = Self.tunnelStatements(group)
      guard count > 0 else { continue }
      model.notes.append(
        JunosNote(
          line: group.line, statement: junosText(group.head),
          remedy: "\(tunnelText(count)) in it, applied to nothing that is read"))
    }
    for node in root.all("logical-systems") + root.all("tenants") {
      let count = Self.tunnelStatements(node)
      guard count > 0 else { continue }
      model.notes.append(
        findings.lose(
          node.head, in: [], line: node.line,
          "not supported (\(tunnelText(count)) in it); use 'show configuration' inside it"))
    }
  }

  /// Names of the groups that are applied.
  private mutating func checkGroups(
    in node: JunosNode, at path: [String], _ definitions: [JunosNode]
  ) -> Set<String> {
    var applied: Set<String> = []
    for child in node.children where !child.isInactive {
      switch child.keyword {
      case "apply-groups":
        applied.formUnion(apply(child, at: path, definitions))
      case "groups", "logical-systems", "tenants", "apply-groups-except", "apply-macro": continue
      default:
        applied.formUnion(checkGroups(in: child, at: path + child.head, definitions))
      }
    }
    return applied
  }

  private mutating func apply(
    _ leaf: JunosNode, at path: [String], _ definitions: [JunosNode]
  ) -> [String] {
    let group = leaf.value ?? ""
    if group == "junos-defaults" { return [] }
    let isNode = group.hasPrefix("${node}")
    let named = definitions.filter {
      isNode ? $0.value?.hasPrefix("node") == true : $0.value == group
    }
    let count = named.map(Self.tunnelStatements).reduce(0, +)
    guard named.isEmpty || count > 0 else { return named.compactMap(\.value) }
    let what = named.isEmpty ? "and this one is not in the file" : "\(tunnelText(count)) in it"
    model.notes.append(
      findings.lose(
        leaf.head, in: path, line: leaf.line,
        "groups are not expanded, \(what); use 'show configuration | display inheritance "
          + "no-comments | display set'"))
    return named.compactMap(\.value)
  }

  private func tunnelText(_ count: Int) -> String {
    "\(count) \(count == 1 ? "statement" : "statements") about tunnels"
  }

  /// How many statements of a group, a logical system or a tenant would be read.
  private static func tunnelStatements(_ node: JunosNode) -> Int {
    node.contents.count { concernsTunnels(JunosLevel.fromTheTop($0)) }
  }

  private static func concernsTunnels(_ words: [String]) -> Bool {
    let isPattern = { (word: String) in word.hasPrefix("<") }
    guard let first = words.first, let second = words.dropFirst().first else { return false }
    if words.contains(where: namesTunnel) || words.starts(with: ["interfaces", "st0"]) {
      return true
    }
    switch first {
    case "routing-options", "routing-instances": return words.contains("route")
    case "interfaces": return isPattern(second) && words.contains("unit")
    case "security": return second == "ike" || second == "ipsec" || isPattern(second)
    default: return isPattern(first) && (second == "ike" || second == "ipsec")
    }
  }

  /// `rename` and others of tunnels.
  mutating func checkUnfollowed(_ commands: [JunosCommand]) {
    for command in commands {
      let concerns = command.words.contains { $0 == "ike" || $0 == "ipsec" }
      guard concerns || command.words.first == "replace" else { continue }
      model.notes.append(
        findings.lose(
          command.words, in: [], line: command.line,
          "not supported; expected: set, delete, deactivate, activate"))
    }
  }
}
