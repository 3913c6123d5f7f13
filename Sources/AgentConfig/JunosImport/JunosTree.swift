/// A statement and those below it.
struct JunosNode {
  var keyword: String
  /// A leaf's value, or the name of a list's entry; nil: none, or missing. Empty: missing.
  var value: String?
  /// Counted from 1.
  var line: Int
  var isInactive = false
  /// For a keyword that is not known at its level: those that are.
  var allowed: [String]?
  /// Whether it stands where only some statements are read: it is kept as it is, to be named.
  var isElsewhere = false
  /// The statements below it, where they are not taken apart; `inactive:` comes first where they are.
  var contents: [[String]] = []
  var children: [JunosNode] = []

  /// The active statements below with a keyword, the first of them first.
  func all(_ keyword: String) -> [JunosNode] {
    children.filter { $0.keyword == keyword && !$0.isInactive }
  }

  /// The active statement below with a keyword.
  subscript(keyword: String) -> JunosNode? {
    children.last { $0.keyword == keyword && !$0.isInactive }
  }

  /// The statement with all below it, as one `set` command would have it.
  var words: [String] {
    head + contents.flatMap(\.self)
      + children.filter { !$0.isInactive }.flatMap(\.words)
  }

  /// The statement's own words, without those below it.
  var head: [String] { [keyword, value ?? ""].filter { !$0.isEmpty } }
}

extension JunosNode {
  /// The configuration that commands make, as statements by `JunosLevel.root`.
  static func tree(_ commands: [JunosCommand]) -> JunosNode {
    var root = JunosNode(keyword: "", line: 0)
    for command in commands {
      let words = JunosLevel.fromTheTop(command.words)[...]
      switch command.verb {
      case .set: root.set(words, in: .root, line: command.line)
      case .delete: root.change(words, in: .root, .delete)
      case .deactivate: root.change(words, in: .root, .deactivate)
      case .activate: root.change(words, in: .root, .activate)
      }
    }
    return root
  }

  /// Where a child with this keyword, and with this value unless it is nil, stands; it is made
  /// where there is none. Looked for from the end: statements of one thing stand together.
  private mutating func index(of keyword: String, _ value: String?, line: Int) -> Int {
    if let index = children.lastIndex(where: {
      $0.keyword == keyword && (value == nil || $0.value == value) && $0.allowed == nil
    }) {
      return index
    }
    children.append(JunosNode(keyword: keyword, value: value, line: line))
    return children.count - 1
  }

  private mutating func set(_ words: ArraySlice<String>, in level: JunosLevel, line: Int) {
    var words = words
    while let keyword = words.popFirst() {
      guard let shape = level[keyword] else {
        switch level.others {
        case .refused: addUnknown(keyword, words, in: level, line: line)
        case .keptIfTheyNameTunnels where !([keyword] + words).contains(where: namesTunnel): break
        case .kept, .keptIfTheyNameTunnels: addElsewhere(keyword, Array(words), line: line)
        }
        return
      }
      let index: Int
      switch shape {
      case .flag, .container, .opaque: index = self.index(of: keyword, nil, line: line)
      case .leaf:
        index = self.index(of: keyword, nil, line: line)
        (children[index].value, children[index].line) = (words.popFirst(), line)
      case .leaves, .list, .opaqueList:
        index = self.index(of: keyword, words.popFirst() ?? "", line: line)
      }
      switch shape {
      case .flag, .leaf, .leaves: continue
      case .container(let below), .list(let below):
        children[index].set(words, in: below, line: line)
      case .opaque, .opaqueList:
        children[index].add(Array(words))
      }
      return
    }
  }

  /// Adds words below. In the curly form a statement follows those of the blocks around it.
  private mutating func add(_ words: [String]) {
    if let last = contents.last, words.starts(with: last) { contents.removeLast() }
    if !words.isEmpty { contents.append(words) }
  }

  private mutating func addElsewhere(_ keyword: String, _ words: [String], line: Int) {
    let place = children.count - 1
    if let last = children.last, last.isElsewhere, last.keyword == keyword,
      words.starts(with: last.contents.first ?? [])
    {
      (children[place].contents, children[place].line) = ([words], line)
      return
    }
    children.append(
      JunosNode(keyword: keyword, line: line, isElsewhere: true, contents: [words]))
  }

  private mutating func addUnknown(
    _ keyword: String, _ words: ArraySlice<String>, in level: JunosLevel, line: Int
  ) {
    if children.last?.allowed == nil || children.last?.keyword != keyword {
      children.append(JunosNode(keyword: keyword, line: line, allowed: level.keywords))
    }
    if !words.isEmpty { children[children.count - 1].contents.append(Array(words)) }
  }

  private enum Change { case delete, deactivate, activate }

  /// Changes what a path leads to; a path that leads nowhere changes nothing, as in Junos.
  private mutating func change(_ words: ArraySlice<String>, in level: JunosLevel, _ change: Change)
  {
    guard let keyword = words.first else {
      if change == .delete { children = [] }
      return
    }
    let shape = level[keyword]
    let hasValue =
      switch shape {
      case .leaf, .leaves, .list, .opaqueList: true
      case .flag, .container, .opaque, nil: false
      }
    let value = hasValue ? words.dropFirst().first : nil
    let rest = words.dropFirst(value == nil ? 1 : 2)
    let found = children.indices.filter {
      children[$0].keyword == keyword && (value == nil || children[$0].value == value)
    }
    for index in found.reversed() {
      if rest.isEmpty {
        apply(change, at: index)
        continue
      }
      switch shape {
      case .container(let below), .list(let below): children[index].change(rest, in: below, change)
      case .opaque, .opaqueList, nil: children[index].changeContents(rest, change)
      case .flag, .leaf, .leaves: break
      }
    }
  }

  private mutating func apply(_ change: Change, at index: Int) {
    switch change {
    case .delete: children.remove(at: index)
    case .deactivate: children[index].isInactive = true
    case .activate: children[index].isInactive = false
    }
  }

  private mutating func changeContents(_ words: ArraySlice<String>, _ change: Change) {
    let inactive = ["inactive:"]
    switch change {
    case .delete: contents.removeAll { $0.starts(with: words) || $0.starts(with: inactive + words) }
    case .deactivate:
      contents = contents.map { $0.starts(with: words) ? inactive + $0 : $0 }
    case .activate:
      contents = contents.map { $0.starts(with: inactive + words) ? Array($0.dropFirst()) : $0 }
    }
  }
}
