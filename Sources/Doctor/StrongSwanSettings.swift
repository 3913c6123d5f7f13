/// What a file in the syntax of strongswan.conf(5) says: sections inside sections, and values.
///
/// Included files are read where they are named. Sections of one name are one section, and the last
/// value of a name is the value. A section that refers to others (`name : other, more { ... }`, from
/// strongSwan 5.7) has what they have, where it does not say otherwise.
public struct StrongSwanSettings: Hashable, Sendable {
  /// The first file.
  public private(set) var path: String
  /// Patterns that it includes, as they stand there.
  public private(set) var includes: [String] = []
  /// What was not read or understood: one line each.
  public private(set) var complaints: [String] = []
  /// Values by their path: `charon.install_routes`.
  private var values: [[String]: String] = [:]
  /// Names inside each section, in order.
  private var names: [[String]: [String]] = [:]
  /// Sections that a section refers to, each from the top.
  private var references: [[String]: [[String]]] = [:]

  private static let mostFiles = 1000
  private static let mostReferences = 100

  /// Reads a file's text. `included` gives the files that a pattern in a file of a path stands for.
  public init(
    path: String, text: String, included: (_ pattern: String, _ path: String) -> [(String, String)]
  ) {
    self.path = path
    var count = 0
    read(text, of: path, in: [], included, &count)
  }

  /// A value; nil: it has its default.
  public subscript(_ keys: String...) -> String? { value(keys) }

  /// A value by its path.
  public func value(_ path: [String]) -> String? {
    guard let key = path.last else { return nil }
    return sections(path.dropLast()).lazy.compactMap { values[$0 + [key]] }.first
  }

  /// Names of sections and values inside a section, those that it has by reference last.
  public func names(in path: [String]) -> [String] {
    var seen: Set<String> = []
    return sections(path[...]).flatMap { names[$0] ?? [] }.filter { seen.insert($0).inserted }
  }

  /// The sections that a path stands for: itself, those it refers to, and those of the same name in
  /// the sections that its outer ones refer to.
  private func sections(_ path: ArraySlice<String>) -> [[String]] {
    var found: [[String]] = [[]]
    for name in path {
      var next: [[String]] = []
      for section in found { add(section + [name], to: &next) }
      found = next
    }
    return found
  }

  /// A section and, once each, what it refers to: strongSwan takes them in this order.
  private func add(_ section: [String], to found: inout [[String]]) {
    guard !found.contains(section), found.count < Self.mostReferences else { return }
    found.append(section)
    for other in references[section] ?? [] { add(other, to: &found) }
  }

  /// A truth value as strongSwan reads it: 1, yes, true, enabled and 0, no, false, disabled.
  public func isOn(_ keys: String..., otherwise: Bool) -> Bool {
    switch value(keys)?.lowercased() {
    case "1", "yes", "true", "enabled": true
    case "0", "no", "false", "disabled": false
    default: otherwise
    }
  }

  // MARK: Reading

  private mutating func read(
    _ text: String, of path: String, in outer: [String],
    _ included: (_ pattern: String, _ path: String) -> [(String, String)], _ count: inout Int
  ) {
    count += 1
    guard count <= Self.mostFiles else { return }
    var section = outer
    var words = StrongSwanWords(text)
    while let word = words.next() {
      switch word {
      case .include(let pattern):
        if path == self.path { includes.append(pattern) }
        for (file, text) in included(pattern, path) {
          read(text, of: file, in: section, included, &count)
        }
      case .begin(let name, let others):
        note(name, in: section)
        section.append(name)
        references[section, default: []] += others
      case .end:
        guard section.count > outer.count else {
          complaints.append("\(path): a } without a {")
          return
        }
        section.removeLast()
      case .value(let name, let value):
        note(name, in: section)
        values[section + [name]] = value
      }
    }
    if section.count > outer.count { complaints.append("\(path): a { without a }") }
  }

  private mutating func note(_ name: String, in section: [String]) {
    if names[section]?.contains(name) != true { names[section, default: []].append(name) }
  }
}

/// Cuts such a text into what it consists of.
private struct StrongSwanWords {
  enum Word {
    case include(String)
    /// A section, and those it refers to.
    case begin(String, [[String]])
    case end
    case value(String, String)
  }

  private var rest: Substring.UnicodeScalarView

  init(_ text: String) { rest = Substring(text).unicodeScalars }

  mutating func next() -> Word? {
    skip()
    guard let first = rest.first else { return nil }
    if first == "}" {
      rest.removeFirst()
      return .end
    }
    let name = token(until: "{}=:#")
    if name == "include" { return .include(value()) }
    skipBlanks()
    var others: [[String]] = []
    if rest.first == ":" {
      let text = rest.dropFirst().prefix { $0 != "{" && $0 != "\n" && $0 != "#" }
      rest = rest[text.endIndex...]
      others = String(text).split { $0 == "," || $0.isWhitespace }
        .map { $0.split(separator: ".").map(String.init) }
    }
    if rest.first == "=" {
      rest.removeFirst()
      return .value(name, value())
    }
    skip()
    if rest.first == "{" {
      rest.removeFirst()
      return .begin(name, others)
    }
    // Neither: a stray character or word.
    if name.isEmpty, !rest.isEmpty { rest.removeFirst() }
    return next()
  }

  private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
    scalar == " " || scalar == "\t" || scalar == "\r"
  }

  private mutating func skipBlanks() { rest = rest.drop(while: Self.isBlank) }

  /// White space and comments.
  private mutating func skip() {
    while let first = rest.first {
      if first == "#" {
        rest = rest.drop { $0 != "\n" }
      } else if Self.isBlank(first) || first == "\n" {
        rest.removeFirst()
      } else {
        return
      }
    }
  }

  private mutating func token(until ends: String) -> String {
    let word = rest.prefix {
      !Self.isBlank($0) && $0 != "\n" && !ends.unicodeScalars.contains($0)
    }
    rest = rest[word.endIndex...]
    return String(word)
  }

  /// What stands up to the end of the line, a comment or a brace; what is quoted may hold those.
  private mutating func value() -> String {
    skipBlanks()
    guard rest.first == "\"" else {
      let text = rest.prefix { $0 != "\n" && $0 != "#" && $0 != "}" && $0 != "{" }
      rest = rest[text.endIndex...]
      var value = String(text)
      while value.unicodeScalars.last.map(Self.isBlank) == true {
        value.unicodeScalars.removeLast()
      }
      return value
    }
    rest.removeFirst()
    var value = String.UnicodeScalarView()
    while let scalar = rest.popFirst(), scalar != "\"" {
      value.append(scalar == "\\" ? rest.popFirst() ?? scalar : scalar)
    }
    return String(value)
  }
}
