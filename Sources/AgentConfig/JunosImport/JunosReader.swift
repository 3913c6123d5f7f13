/// One change of a configuration: `set security ike gateway GW address 203.0.113.1`.
struct JunosCommand: Hashable {
  enum Verb: String, CaseIterable {
    case set
    case delete
    case deactivate
    case activate
  }

  var verb: Verb
  /// From the top of the hierarchy. Empty: everything.
  var words: [String]
  /// Counted from 1.
  var line: Int
}

/// What a text says.
struct JunosStatements {
  var commands: [JunosCommand] = []
  /// Changes that are not followed: `rename`, `copy`, `insert`, `replace`, `wildcard`.
  var unfollowed: [JunosCommand] = []
  /// What was passed over, having nothing to do with tunnels.
  var skipped: [JunosSyntaxError] = []
}

/// Reads a configuration in set form, in curly form (`show configuration`) or in both, and gives
/// the commands that would make it. What surrounds it in a terminal's log is passed over: prompts,
/// banners like `[edit security]`, other commands. So is what is wrong in sections that have nothing
/// to do with tunnels.
struct JunosReader {
  var scanner: JunosScanner
  var pending: JunosToken?
  private(set) var found = JunosStatements()
  /// Levels that `edit` entered, each from the top.
  var levels: [[String]] = [[]]
  /// Blocks open, each with the path of its statement.
  private(set) var blocks: [Block] = []
  /// The words of the statement that is being read, as far as it is.
  private var current: [String] = []

  struct Block {
    var path: [String]
    var verb: JunosCommand.Verb
    var line: Int
  }

  /// The nesting that is read; Junos itself stays under 20.
  private static let maxDepth = 64

  /// Reads all of `text`.
  static func read(_ text: String) throws(JunosSyntaxError) -> JunosStatements {
    var reader = JunosReader(scanner: JunosScanner(text: text))
    var isAtEnd = false
    while !isAtEnd {
      let start = reader.scanner
      reader.current = []
      do {
        if let token = try reader.next() { try reader.readItem(token) } else { isAtEnd = true }
      } catch {
        try reader.passOver(error, from: start)
      }
    }
    if let block = reader.blocks.last {
      throw JunosSyntaxError(line: block.line, reason: "'{' without '}': \(junosText(block.path))")
    }
    return reader.found
  }

  private init(scanner: JunosScanner) { self.scanner = scanner }

  mutating func next() throws(JunosSyntaxError) -> JunosToken? {
    if let token = pending {
      pending = nil
      return token
    }
    return try scanner.next()
  }

  private mutating func readItem(_ token: JunosToken) throws(JunosSyntaxError) {
    switch token {
    case .lineEnd, .semicolon: break
    case .word(let word):
      if blocks.isEmpty, isPrompt(word) {
        try readPromptedLine()
      } else if blocks.isEmpty, lineCommands.contains(word) {
        try readLine(from: word)
      } else if blocks.isEmpty, let line = noise(from: word) {
        noteSkipped(JunosSyntaxError(line: scanner.line, reason: "not a statement: \(line)"))
        scanner.skipLine()
      } else {
        try readStatement(from: word)
      }
    case .close: try closeBlock()
    case .open where blocks.isEmpty: try skipRedundancyBanner()
    case .listOpen where blocks.isEmpty: try readEditBanner()
    case .open, .listOpen, .listClose:
      throw JunosSyntaxError(
        line: scanner.line, reason: "'\(token.written)' without a statement; \(junosForms)",
        resumption: token == .open ? .block : .here)
    }
  }

  // MARK: - Errors elsewhere

  /// Goes on behind an error in a section that has nothing to do with tunnels; throws any other.
  private mutating func passOver(
    _ error: JunosSyntaxError, from start: JunosScanner
  ) throws(JunosSyntaxError) {
    let path = (blocks.last?.path ?? level) + current
    guard !path.isEmpty, !JunosLevel.mayConcernTunnels(path) else { throw error }
    noteSkipped(error)
    switch error.resumption {
    case .here: break
    case .close: pending = .close
    case .block: blocks.append(Block(path: path, verb: .set, line: error.line))
    case .nextLine:
      pending = nil
      scanner = start
      // The line end before the statement may be what was read first.
      while case .lineEnd? = try? scanner.next() {}
      scanner.skipLine()
    }
  }

  private mutating func noteSkipped(_ error: JunosSyntaxError) { found.skipped.append(error) }

  // MARK: - Set form

  mutating func readLine(from verb: String) throws(JunosSyntaxError) {
    let line = scanner.line
    let rest = try restOfLine()
    if let verb = JunosCommand.Verb(rawValue: verb) {
      for words in try expanded(rest, line: line) { add(verb, words, line: line) }
      return
    }
    let words = try expanded(rest, line: line).first ?? []
    switch verb {
    case "edit": levels.append(level + words)
    case "exit", "quit": levels = levels.count > 1 ? levels.dropLast() : levels
    case "top":
      levels = [[]]
      if let first = words.first, lineCommands.contains(first) {
        throw JunosSyntaxError(
          line: line, reason: "'top \(first)' on one line is not supported; use two lines")
      }
    case "up":
      throw JunosSyntaxError(line: line, reason: "'up' is not supported; use top and edit")
    case "rename", "copy", "insert", "replace", "wildcard":
      found.unfollowed.append(JunosCommand(verb: .set, words: [verb] + level + words, line: line))
    default: break  // show, commit and others that change nothing
    }
  }

  var level: [String] { levels.last ?? [] }

  private mutating func add(_ verb: JunosCommand.Verb, _ words: [String], line: Int) {
    found.commands.append(JunosCommand(verb: verb, words: level + words, line: line))
  }

  mutating func restOfLine() throws(JunosSyntaxError) -> [JunosToken] {
    var tokens: [JunosToken] = []
    while let token = try next(), token != .lineEnd {
      tokens.append(token)
      if case .word(let word) = token { current.append(word) }
    }
    return tokens
  }

  // MARK: - Curly form

  private mutating func readStatement(from first: String) throws(JunosSyntaxError) {
    let line = scanner.line
    var tokens = [JunosToken.word(first)]
    current = statementTags[first] == nil ? [first] : []
    while let token = try next() {
      switch token {
      case .word(let word):
        tokens.append(token)
        if statementTags[word] == nil { current.append(word) }
      case .listOpen, .listClose: tokens.append(token)
      case .lineEnd: break
      case .semicolon, .open:
        try finishStatement(tokens, opens: token == .open, line: line)
        return
      case .close:
        throw JunosSyntaxError(
          line: line, reason: "no ';' after \(text(tokens))", resumption: .close)
      }
    }
    throw JunosSyntaxError(
      line: line, reason: "no ';' after \(text(tokens)); \(junosForms)", resumption: .here)
  }

  private func text(_ tokens: [JunosToken]) -> String {
    let words = tokens.compactMap { token in
      if case .word(let word) = token { word } else { nil }
    }
    return junosText(Array(words.prefix(8)))
  }

  /// A statement in full: `tag: words;` or `tag: words {`.
  private mutating func finishStatement(
    _ tokens: [JunosToken], opens: Bool, line: Int
  ) throws(JunosSyntaxError) {
    var tokens = tokens[...]
    var verb = JunosCommand.Verb.set
    var replaces = false
    while case .word(let tag)? = tokens.first, let meaning = statementTags[tag] {
      verb = meaning == .set ? verb : meaning
      replaces = replaces || tag == "replace:"
      tokens.removeFirst()
    }
    let outer = blocks.last?.path ?? []
    let paths: [[String]]
    do {
      paths = try expanded(Array(tokens), line: line)
    } catch {
      throw JunosSyntaxError(
        line: error.line, reason: error.reason, resumption: opens ? .block : .here)
    }
    for path in paths {
      if replaces { add(.delete, outer + path, line: line) }
      if verb != .delete { add(.set, outer + path, line: line) }
      if !opens, verb != .set { add(verb, outer + path, line: line) }
    }
    guard opens else { return }
    guard let path = paths.first, paths.count == 1, blocks.count < Self.maxDepth else {
      let reason =
        paths.count == 1 ? "nested deeper than \(Self.maxDepth)" : "'{' after a list or nothing"
      let resumption: JunosSyntaxError.Resumption = paths.count == 1 ? .nextLine : .block
      throw JunosSyntaxError(line: line, reason: reason, resumption: resumption)
    }
    blocks.append(Block(path: outer + path, verb: verb, line: line))
  }

  private mutating func closeBlock() throws(JunosSyntaxError) {
    guard let block = blocks.popLast() else {
      throw JunosSyntaxError(line: scanner.line, reason: "'}' closes nothing")
    }
    if block.verb != .set { add(block.verb, block.path, line: block.line) }
  }

  // MARK: - Lists

  /// `address [ A B ]` is `address A` and `address B`.
  private func expanded(
    _ tokens: [JunosToken], line: Int
  ) throws(JunosSyntaxError) -> [[String]] {
    var before: [String] = []
    var after: [String] = []
    var list: [String]?
    var isInside = false
    for token in tokens {
      switch token {
      case .word(let word):
        if isInside {
          list?.append(word)
        } else if list == nil {
          before.append(word)
        } else {
          after.append(word)
        }
      case .listOpen where list == nil && !before.isEmpty: (list, isInside) = ([], true)
      case .listClose where isInside: isInside = false
      case .semicolon, .lineEnd: break
      case .listOpen, .listClose, .open, .close:
        throw JunosSyntaxError(
          line: line, reason: "'\(token.written)' out of place after \(junosText(before))")
      }
    }
    guard !isInside else {
      throw JunosSyntaxError(line: line, reason: "'[' without ']' after \(junosText(before))")
    }
    return list.map { $0.map { before + [$0] + after } } ?? [before]
  }
}

/// What begins a line of the set form, or of a terminal's log beside it.
let lineCommands: Set = [
  "set", "delete", "deactivate", "activate", "edit", "top", "up", "exit", "quit", "rename", "copy",
  "insert", "replace", "wildcard", "annotate", "protect", "unprotect", "show", "run", "configure",
  "commit", "rollback", "load", "save", "status",
]

/// What may stand before a statement of the curly form, and what it does to the statement.
let statementTags: [String: JunosCommand.Verb] = [
  "inactive:": .deactivate, "active:": .activate, "delete:": .delete, "protect:": .set,
  "unprotect:": .set, "replace:": .set,
]

let junosForms = "expected: set lines, or the form with braces"
