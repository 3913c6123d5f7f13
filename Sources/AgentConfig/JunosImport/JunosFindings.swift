/// Collects what of a Junos configuration cannot be kept.
struct JunosFindings {
  /// As messages have it.
  let fileName: String
  /// `FILE:LINE: STATEMENT: what is wrong; expected: ...`, with the line to sort by.
  private var losses: [(line: Int, text: String, instead: String)] = []

  init(fileName: String) { self.fileName = printable(fileName) }

  /// Every loss as an error, in the file's order.
  var errors: [String] { ordered.map(\.text) }

  /// Every loss as a warning: what became of it.
  var warnings: [String] { ordered.map { "\($0.text); \($0.instead)" } }

  private var ordered: [(line: Int, text: String, instead: String)] {
    losses.enumerated()
      .sorted { ($0.element.line, $0.offset) < ($1.element.line, $1.offset) }
      .map(\.element)
  }

  /// Notes a statement that cannot be kept. What it returns is for the file, should one be written
  /// all the same.
  ///
  /// - Parameters:
  ///   - path: Where the statement stands.
  ///   - words: The statement itself.
  ///   - instead: What becomes of it in a file that is written all the same.
  mutating func lose(
    _ words: [String], in path: [String], line: Int, _ problem: String, instead: String = "left out"
  ) -> JunosNote {
    let statement = junosText(path + words)
    losses.append((line, "\(fileName):\(line): \(statement): \(problem)", instead))
    return JunosNote(line: line, statement: junosText(words), remedy: "\(instead): \(problem)")
  }
}

/// An unsigned decimal number in `range`.
func junosNumber(_ text: String?, in range: ClosedRange<Int>) -> Int? {
  guard let text, !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }),
    let number = Int(text), range.contains(number)
  else { return nil }
  return number
}
