import CShims
import Glibc
import TunnelCore

/// Lines and columns of a terminal.
public struct TerminalSize: Hashable, Sendable {
  /// Lines.
  public var rows: Int
  /// Columns.
  public var columns: Int

  /// A size.
  public init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
  }
}

/// The size of the terminal that a descriptor is; nil when it is none, or does not know.
public func terminalSize(_ descriptor: Int32) -> TerminalSize? {
  var size = vpa_terminal_size()
  guard unsafe vpa_terminal_read_size(descriptor, &size) == 0, size.rows > 0, size.columns > 0
  else { return nil }
  return TerminalSize(rows: Int(size.rows), columns: Int(size.columns))
}

/// Keys that mean something on a screen that scrolls.
public enum TerminalKey: Hashable, Sendable {
  case quit, up, down, pageUp, pageDown, home, end
  /// Any other.
  case other

  /// Keys in what was read, and how many bytes they took: less than all when a sequence is not
  /// whole yet.
  static func keys(in bytes: [UInt8]) -> (keys: [TerminalKey], taken: Int) {
    var keys: [TerminalKey] = []
    var rest = bytes[...]
    while let first = rest.first {
      if first == 0x1b {
        guard let length = sequenceLength(rest) else { break }
        keys.append(sequences[Array(rest.dropFirst().prefix(length - 1))] ?? .other)
        rest = rest.dropFirst(length)
      } else {
        keys.append(letters[first] ?? .other)
        rest = rest.dropFirst()
      }
    }
    return (keys, bytes.count - rest.count)
  }

  /// ESC [ parameters letter, or ESC O letter (ECMA-48, xterm's application keys).
  private static func sequenceLength(_ bytes: ArraySlice<UInt8>) -> Int? {
    let bytes = Array(bytes)
    guard bytes.count > 1 else { return nil }
    guard bytes[1] == UInt8(ascii: "[") || bytes[1] == UInt8(ascii: "O") else { return 1 }
    let end = bytes.dropFirst(2).firstIndex { (0x40...0x7e).contains($0) }
    return end.map { $0 + 1 } ?? (bytes.count > 16 ? bytes.count : nil)
  }

  private static let letters: [UInt8: TerminalKey] = [
    UInt8(ascii: "q"): .quit, UInt8(ascii: "Q"): .quit, UInt8(ascii: "k"): .up,
    UInt8(ascii: "j"): .down, UInt8(ascii: " "): .pageDown, UInt8(ascii: "b"): .pageUp,
    UInt8(ascii: "g"): .home, UInt8(ascii: "G"): .end,
  ]
  private static let sequences: [[UInt8]: TerminalKey] = [
    "[A": .up, "OA": .up, "[B": .down, "OB": .down, "[5~": .pageUp, "[6~": .pageDown,
    "[H": .home, "OH": .home, "[1~": .home, "[F": .end, "OF": .end, "[4~": .end,
  ].reduce(into: [:]) { $0[Array($1.key.utf8)] = $1.value }
}

/// The terminal as a screen of its own: entered when made, left by `leave`, which gives back what was
/// there before. Signals that would end the process come as input meanwhile.
public final class Terminal {
  /// Something happened.
  public enum Input: Hashable, Sendable {
    /// A key was typed.
    case key(TerminalKey)
    /// The size is another, or the screen has to be drawn anew.
    case resized
    /// SIGINT, SIGTERM, SIGHUP or SIGQUIT.
    case signal(Int32)
    /// The descriptor that was waited for is readable.
    case ready
  }

  /// Alternate screen, no cursor, no wrapping at the last column (xterm, ctlseqs).
  private static let enter = "\u{1b}[?1049h\u{1b}[?25l\u{1b}[?7l"
  private static let leave = "\u{1b}[0m\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l"

  private var saved = vpa_terminal_mode()
  private let signals: Descriptor
  private var typed: [UInt8] = []
  private var drawn = ""

  /// Takes standard input and output.
  public init() throws(EdgeError) {
    let numbers = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP]
    signals = try Descriptor(
      taking: unsafe vpa_signals_open(numbers, numbers.count), operation: "take signals")
    try begin()
  }

  private func begin() throws(EdgeError) {
    let result = unsafe vpa_terminal_enter(STDIN_FILENO, &saved)
    guard result == 0 else { throw EdgeError(operation: "take the terminal", errno: -result) }
    drawn = ""
    try write(Self.enter)
  }

  /// Gives the terminal back.
  public func leave() {
    try? write(Self.leave)
    _ = unsafe vpa_terminal_restore(STDIN_FILENO, &saved)
  }

  /// As it is now.
  public var size: TerminalSize {
    terminalSize(STDOUT_FILENO) ?? TerminalSize(rows: 24, columns: 80)
  }

  /// Draws a frame over the one before: in one write, nothing cleared that is drawn again.
  ///
  /// - Parameter lines: as wide as the terminal, because clearing to the end of a full line takes its
  ///   last character; no more of them than it has.
  public func draw(_ lines: [String]) throws(EdgeError) {
    let rest = lines.count < size.rows ? "\r\n\u{1b}[J" : ""
    let frame = "\u{1b}[H" + lines.joined(separator: "\r\n") + rest
    guard frame != drawn else { return }
    try write(frame)
    drawn = frame
  }

  /// Waits until something happens, or it is `deadline`.
  public func wait(
    for descriptor: Int32?, until deadline: Instant
  ) throws(EdgeError) -> [Input] {
    var waited = [STDIN_FILENO, signals.number].map { vpa_waited(fd: $0, ready: false) }
    if let descriptor { waited.append(vpa_waited(fd: descriptor, ready: false)) }
    let left = max(monotonicNow().duration(to: deadline).nanoseconds, 0)
    let milliseconds = Int32(min(left / 1_000_000 + 1, 60_000))
    let result = unsafe vpa_wait(&waited, waited.count, milliseconds)
    guard result >= 0 else { throw EdgeError(operation: "wait", errno: -result) }
    var inputs: [Input] = []
    if waited[0].ready { inputs += try keys() }
    if waited[1].ready { inputs += try news() }
    if waited.count > 2, waited[2].ready { inputs.append(.ready) }
    return inputs
  }

  private func keys() throws(EdgeError) -> [Input] {
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = unsafe vpa_read(STDIN_FILENO, &buffer, buffer.count)
    guard count > 0 else { return [.signal(SIGHUP)] }
    typed += buffer.prefix(Int(count))
    let (keys, taken) = TerminalKey.keys(in: typed)
    typed.removeFirst(taken)
    return keys.map { .key($0) }
  }

  private func news() throws(EdgeError) -> [Input] {
    var inputs: [Input] = []
    while true {
      switch vpa_signals_next(signals.number) {
      case 0: return inputs
      case SIGWINCH:
        drawn = ""
        inputs.append(.resized)
      case SIGTSTP:
        leave()
        kill(getpid(), SIGSTOP)
        try begin()
        inputs.append(.resized)
      case let number where number > 0: inputs.append(.signal(number))
      case let error: throw EdgeError(operation: "read signals", errno: -error)
      }
    }
  }

  private func write(_ text: String) throws(EdgeError) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes {
        unsafe Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        throw EdgeError(operation: "write to", object: "the terminal", errno: errno)
      }
      rest = rest.dropFirst(count)
    }
  }
}
