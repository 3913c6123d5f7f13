// What a terminal adds to a configuration: prompts, banners, what else was on the screen.
extension JunosReader {
  /// `admin@srx>` or `srx#`, at the beginning of a line; of a shell, `root@srx:~%`.
  func isPrompt(_ word: String) -> Bool {
    guard let last = word.last, word.count > 1 || last == ">" || last == "%" else { return false }
    return last == ">" || last == "#" || last == "%"
  }

  mutating func readPromptedLine() throws(JunosSyntaxError) {
    guard let token = try next() else { return }
    if case .word(let word) = token, lineCommands.contains(word) {
      try readLine(from: word)
    } else {
      pending = token
      _ = try restOfLine()
    }
  }

  /// `{primary:node0}`, `{master:0}`.
  mutating func skipRedundancyBanner() throws(JunosSyntaxError) {
    let line = scanner.line
    guard case .word(let role)? = try next(), role.contains(":"), try next() == .close else {
      throw JunosSyntaxError(line: line, reason: "'{' without a statement")
    }
  }

  /// `[edit security ike]`, which Junos prints where a user is.
  mutating func readEditBanner() throws(JunosSyntaxError) {
    let line = scanner.line
    guard case .word("edit")? = try next() else {
      throw JunosSyntaxError(line: line, reason: "'[' without a statement; \(junosForms)")
    }
    var words: [String] = []
    while case .word(let word)? = try next() { words.append(word) }
    levels = [[], words]
  }

  /// The beginning of a line that is no statement, such as what another command printed; nil: it may
  /// be one, as it begins as a configuration does, has its signs, or speaks of tunnels.
  func noise(from word: String) -> String? {
    guard !JunosLevel.beginsConfiguration(word), statementTags[word] == nil,
      let rest = scanner.restOfPlainLine
    else { return nil }
    let words = [word] + rest.split(whereSeparator: \.isWhitespace).map(String.init)
    let isAboutTunnels = words.contains { word in
      ["security", "ike", "ipsec"].contains(word) || namesTunnel(word)
    }
    return isAboutTunnels ? nil : junosText(Array(words.prefix(8)))
  }
}
