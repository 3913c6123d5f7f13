/// Words as a statement, on one line, for messages and comments. Secrets are left out: Junos'
/// `$9$` form is only a disguise.
func junosText(_ words: [String]) -> String {
  var text: [String] = []
  var isSecret = false
  for word in words.prefix(longest) {
    let isPlain = !word.isEmpty && word.utf8.allSatisfy { $0 > 0x20 && !junosQuoted.contains($0) }
    let isDisguised = word.first == "$" && word.split(separator: "$").first?.count == 1
    if isSecret || isDisguised {
      text.append("<secret>")
    } else {
      text.append(isPlain ? printable(word) : "\"" + printable(word, escaping: ["\""]) + "\"")
    }
    isSecret = secretKeywords.contains(word)
  }
  if words.count > longest { text.append("... (\(words.count - longest) more words)") }
  return text.joined(separator: " ")
}

/// The most words that are shown of a statement with all below it.
private let longest = 60

/// Bytes that a word has only in quotes.
private let junosQuoted = Set("\"{}[];#".utf8)

/// Statements whose value nobody may read.
private let secretKeywords: Set = [
  "ascii-text", "hexadecimal", "client-password", "password", "secret", "encrypted-password",
]
