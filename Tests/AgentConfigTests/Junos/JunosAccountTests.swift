import AgentConfig
import Testing

// Statements in, statements accounted for: each one about tunnels is kept or named.

/// All fragments that are configurations, whatever becomes of them.
private let fragments = junosRows + junosCloudRows

@Test(arguments: fragments)
func everyStatementAboutTunnelsIsKeptOrNamed(row: JunosRow) {
  let statements = JunosStatement.all(in: row.text)
  let whole = outcomes(row.text, row)
  // A text that is no configuration is refused as a whole.
  if !row.errors.isEmpty, whole[1] == row.errors { return }
  let lost = statements.filter { statement in
    let isNamed = whole.contains { outcome in
      outcome.contains {
        $0.contains("# \(statement.line): ") || $0.contains(":\(statement.line): ")
      }
    }
    return !isNamed && outcomes(row.text.withoutLine(statement.line), row) == whole
      && !row.redundant.contains(statement.line)
  }
  #expect(lost.map(\.description) == [], "\(statements.count) in, \(lost.count) lost")
}

@Test func fragmentsHaveManyStatementsAboutTunnels() {
  #expect(fragments.map { JunosStatement.all(in: $0.text).count }.reduce(0, +) > 300)
}

/// What the import says of a text, strictly and leniently.
private func outcomes(_ text: String, _ row: JunosRow) -> [[String]] {
  [outcome(text, row, isLenient: false), outcome(text, row, isLenient: true)]
}

private func outcome(_ text: String, _ row: JunosRow, isLenient: Bool) -> [String] {
  do {
    let result = try importJunos(text, fileName: "f.conf", links: row.links, isLenient: isLenient)
    return result.toml.split(separator: "\n").map(String.init) + result.warnings
  } catch {
    return error.lines
  }
}

extension String {
  /// The text with an empty line in the place of one, counted from 1.
  fileprivate func withoutLine(_ number: Int) -> String {
    var lines = split(separator: "\n", omittingEmptySubsequences: false)
    lines[number - 1] = ""
    return lines.joined(separator: "\n")
  }
}

/// A statement with a line of its own, and which it is; found without the importer.
private struct JunosStatement: CustomStringConvertible {
  var line: Int
  var words: [String]

  var description: String { "\(line): \(words.joined(separator: " "))" }

  /// Those of a text that are about tunnels.
  static func all(in text: String) -> [JunosStatement] {
    var levels: [[String]] = []
    var statements: [JunosStatement] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      var words = line.split(separator: " ").map(String.init)
      if let verb = words.firstIndex(of: "set"), verb < 2 {
        statements.append(JunosStatement(line: index + 1, words: Array(words[(verb + 1)...])))
      } else if words.last == "{" {
        levels.append(words.dropLast())
      } else if words.last == "}" || words == ["}"] {
        levels = levels.dropLast()
      } else if let last = words.last, last.hasSuffix(";"), !line.contains("{"), !line.contains("}")
      {
        words[words.count - 1].removeLast()
        statements.append(JunosStatement(line: index + 1, words: levels.flatMap(\.self) + words))
      }
    }
    let networks = statements.filter(\.isOfUnit).flatMap(\.words).compactMap(network)
    return statements.filter { $0.isAboutTunnels(networks) }
  }

  private var isOfUnit: Bool {
    words.contains { $0 == "st0" || $0.hasPrefix("st0.") }
  }

  private func isAboutTunnels(_ networks: [String]) -> Bool {
    let places = words.indices.filter { $0 == 0 || words[$0 - 1] == "security" }
    let isSecurity = places.contains { ["ike", "ipsec"].contains(words[$0]) }
    let isRoute =
      words.contains("route") && words.compactMap(Self.network).contains(where: networks.contains)
    return isSecurity || isOfUnit || words.contains("ipsec-vpn") || isRoute
  }

  /// The first three octets of an address.
  private static func network(_ word: String) -> String? {
    let octets = word.prefix { $0 != "/" }.split(separator: ".")
    return octets.count == 4 && octets.allSatisfy { Int($0) != nil }
      ? octets.dropLast().joined(separator: ".") : nil
  }
}
