/// What a file in the syntax of strongswan.conf(5) says: sections inside sections, and values.
///
/// Included files are read where they are named. Sections of one name are one section, and the last
/// value of a name is the value; references (`name : other`) are not followed.
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

  private static let mostFiles = 1000

  /// Reads a file's text. `included` gives the files that a pattern in a file of a path stands for.
  public init(
    path: String, text: String, included: (_ pattern: String, _ path: String) -> [(String, String)]
  ) {
    self.path = path
    var count = 0
    read(text, of: path, in: [], included, &count)
  }

  /// A value; nil: it has its default.
  public subscript(_ keys: String...) -> String? { values[keys] }

  /// A value by its path.
  public func value(_ path: [String]) -> String? { values[path] }

  /// Names of sections and values inside a section.
  public func names(in path: [String]) -> [String] { names[path] ?? [] }

  /// A truth value as strongSwan reads it: 1, yes, true, enabled and 0, no, false, disabled.
  public func isOn(_ keys: String..., otherwise: Bool) -> Bool {
    switch values[keys]?.lowercased() {
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
      case .begin(let name):
        note(name, in: section)
        section.append(name)
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
    case begin(String)
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
    if rest.first == ":" {
      // References to other sections.
      rest = rest.drop { $0 != "{" && $0 != "\n" }
    }
    if rest.first == "=" {
      rest.removeFirst()
      return .value(name, value())
    }
    skip()
    if rest.first == "{" {
      rest.removeFirst()
      return .begin(name)
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
