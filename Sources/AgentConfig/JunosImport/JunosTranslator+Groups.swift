// What would change the configuration from elsewhere, and is not followed.
extension JunosTranslator {
  /// `apply-groups` at any level that is read, `logical-systems` and `tenants`.
  mutating func checkGroups(in node: JunosNode, at path: [String], definitions: [JunosNode]) {
    for child in node.children where !child.isInactive {
      switch child.keyword {
      case "apply-groups":
        let group = child.value ?? ""
        guard concernsTunnels(group, definitions) else { continue }
        model.notes.append(
          findings.lose(
            child.head, in: path, line: child.line,
            "groups are not expanded; use the output of 'show configuration | display inheritance "
              + "no-comments | display set'"))
      case "logical-systems", "tenants":
        guard child.contents.contains(where: Self.concernsTunnels) else { continue }
        model.notes.append(
          findings.lose(
            child.head, in: path, line: child.line,
            "not supported; use the output of 'show configuration' inside it"))
      case "groups", "apply-groups-except", "apply-macro": continue
      default: checkGroups(in: child, at: path + child.head, definitions: definitions)
      }
    }
  }

  /// Whether a group may bring statements that are read. One whose definition is not here may.
  private func concernsTunnels(_ group: String, _ definitions: [JunosNode]) -> Bool {
    if group == "junos-defaults" { return false }
    let isNode = group.hasPrefix("${node}")
    let named = definitions.filter {
      isNode ? $0.value?.hasPrefix("node") == true : $0.value == group
    }
    return named.isEmpty || named.contains { $0.contents.contains(where: Self.concernsTunnels) }
  }

  private static func concernsTunnels(_ words: [String]) -> Bool {
    let isPattern = { (word: String) in word.hasPrefix("<") }
    guard let first = words.first else { return false }
    if first == "routing-options" { return words.dropFirst().contains { $0 == "static" } }
    guard first == "security" || isPattern(first) else { return false }
    guard let second = words.dropFirst().first else { return false }
    return second == "ike" || second == "ipsec" || isPattern(second)
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
