/// What is wrong with a file: every complaint, each one line that is complete in itself.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// `FILE: KEY.PATH = VALUE: what is wrong; expected: ...`, or `FILE:LINE:COLUMN: ...` where the
  /// text is not TOML. Never empty; no line holds a line break or a control character.
  public let lines: [String]

  /// The lines, joined by line breaks.
  public var description: String { lines.joined(separator: "\n") }
}
