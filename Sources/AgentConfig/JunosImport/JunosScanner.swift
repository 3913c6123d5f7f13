// How a Junos configuration becomes ours, one file a step:
//
//   JunosScanner     text       -> tokens
//   JunosReader      tokens     -> commands; the curly form becomes the set commands it stands for
//   JunosTree        commands   -> statements, by JunosSchema
//   JunosTranslator  statements -> JunosModel: what we have keys for, a note for each other one
//   JunosWriter      model      -> TOML text
//
// `importJunos` runs them and reads the result back with the agent's own reader.

/// One token of a Junos configuration, set or curly form.
enum JunosToken: Hashable {
  case word(String)
  case open
  case close
  case listOpen
  case listClose
  case semicolon
  case lineEnd

  /// As an error message shows it.
  var written: String {
    switch self {
    case .word(let word): junosText([word])
    case .open: "{"
    case .close: "}"
    case .listOpen: "["
    case .listClose: "]"
    case .semicolon: ";"
    case .lineEnd: "the end of the line"
    }
  }
}

/// Where and why a text is not a Junos configuration.
struct JunosSyntaxError: Error {
  /// Where reading goes on, if the statement has nothing to do with tunnels.
  enum Resumption {
    /// At the line after the one on which the statement began.
    case nextLine
    /// Behind what was read.
    case here
    /// At the `}` that was read.
    case close
    /// In the block that the statement opens.
    case block
  }

  /// Counted from 1.
  var line: Int
  var reason: String
  var resumption = Resumption.nextLine
}

/// Takes a text apart. Comments (`#` to the end of the line, `/* */`) are dropped, and so is what a
/// terminal puts in between: marks of a pager, backspaces, control sequences.
struct JunosScanner {
  /// The line of the token last given, counted from 1.
  private(set) var line = 1
  private let bytes: [UInt8]
  private var position: Int
  private var nextLine = 1

  init(text: String) {
    bytes = Array(text.utf8)
    position = bytes.starts(with: "\u{feff}".utf8) ? 3 : 0
  }

  private func isAt(_ text: String) -> Bool { bytes[position...].starts(with: text.utf8) }

  /// The next token; nil at the end.
  mutating func next() throws(JunosSyntaxError) -> JunosToken? {
    try skipBlanks()
    line = nextLine
    guard position < bytes.count else { return nil }
    let byte = bytes[position]
    if let sign = sign(byte) {
      position += 1
      if sign == .lineEnd { nextLine += 1 }
      return sign
    }
    return .word(byte == UInt8(ascii: "\"") ? try string() : try word())
  }

  private func sign(_ byte: UInt8) -> JunosToken? {
    switch Unicode.Scalar(byte) {
    case "\n": .lineEnd
    case "{": .open
    case "}": .close
    case "[": .listOpen
    case "]": .listClose
    case ";": .semicolon
    default: nil
    }
  }

  private mutating func skipBlanks() throws(JunosSyntaxError) {
    while position < bytes.count {
      if isAt("#") {
        while position < bytes.count, !isAt("\n") { position += 1 }
      } else if isAt("/*") {
        try skipComment()
      } else if isAt(" ") || isAt("\t") || isAt("\r") || isAt("\u{8}") {
        position += 1
      } else if !skipTerminalMark() {
        return
      }
    }
  }

  /// `---(more)---`, `---(more 45%)---`, and control sequences: ESC [ PARAMETERS LETTER.
  private mutating func skipTerminalMark() -> Bool {
    var end = position
    if isAt("---(more") {
      while end < bytes.count, bytes[end] != UInt8(ascii: ")"), bytes[end] >= 0x20 { end += 1 }
      guard bytes[end...].starts(with: ")---".utf8) else { return false }
      position = end + 4
      return true
    }
    guard isAt("\u{1b}[") else { return false }
    end += 2
    while end < bytes.count, (0x20...0x3f).contains(bytes[end]) { end += 1 }
    guard end < bytes.count, (0x40...0x7e).contains(bytes[end]) else { return false }
    position = end + 1
    return true
  }

  /// Passes what is left of the line, without looking at it.
  mutating func skipLine() {
    while position < bytes.count, !isAt("\n") { position += 1 }
  }

  /// What is left of the line; nil: a sign of the curly form is in it.
  var restOfPlainLine: String? {
    var end = position
    while end < bytes.count, bytes[end] != UInt8(ascii: "\n") {
      if "{};".utf8.contains(bytes[end]) { return nil }
      end += 1
    }
    return String(decoding: bytes[position..<end], as: UTF8.self)
  }

  private mutating func skipComment() throws(JunosSyntaxError) {
    let start = nextLine
    position += 2
    while !isAt("*/") {
      guard position < bytes.count else {
        throw JunosSyntaxError(line: start, reason: "'/*' without '*/'")
      }
      if isAt("\n") { nextLine += 1 }
      position += 1
    }
    position += 2
  }

  /// A quoted string, which may span lines; a backslash takes the next character as it is.
  private mutating func string() throws(JunosSyntaxError) -> String {
    var content: [UInt8] = []
    position += 1
    while !isAt("\"") {
      if isAt("\\") { position += 1 }
      guard position < bytes.count else {
        throw JunosSyntaxError(line: line, reason: "a string without its closing '\"'")
      }
      if isAt("\n") { nextLine += 1 }
      content.append(bytes[position])
      position += 1
    }
    position += 1
    return try decoded(content[...])
  }

  private mutating func word() throws(JunosSyntaxError) -> String {
    let start = position
    while position < bytes.count, bytes[position] > UInt8(ascii: " "), !isAt("\""),
      sign(bytes[position]) == nil
    {
      position += 1
    }
    guard position > start else {
      throw JunosSyntaxError(line: line, reason: "a control character")
    }
    return try decoded(bytes[start..<position])
  }

  private func decoded(_ bytes: ArraySlice<UInt8>) throws(JunosSyntaxError) -> String {
    guard !bytes.contains(0) else {
      throw JunosSyntaxError(line: line, reason: "a control character")
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
