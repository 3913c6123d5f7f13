import CShims
import Foundation
import Glibc
import Testing

@testable import LinuxEdge

/// `status --watch` on a pseudo-terminal: what it does to the terminal, and that it puts it back.
@Suite(.serialized) struct TerminalTests {
  /// How it is ended: a key, or a signal.
  enum End: CaseIterable { case key, interrupt, terminate }

  @Test(arguments: End.allCases) func putsTheTerminalBack(end: End) throws {
    let directory = try temporaryDirectory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    var agent = try FakeAgent("crowd", in: directory)
    let terminal = try PseudoTerminal()
    let before = terminal.mode
    let program = try terminal.start(["status", "--watch", "--run-dir", directory])
    #expect(try terminal.shows("branch-09", &agent))
    #expect(terminal.printed.hasPrefix("\u{1b}[?1049h"), "the alternate screen comes first")
    #expect(terminal.mode != before, "keys come one by one")
    #expect(!terminal.printed.contains("\u{1b}[2J"), "nothing is cleared that is drawn again")
    switch end {
    case .key: terminal.type("q")
    case .interrupt: kill(program.processIdentifier, SIGINT)
    case .terminate: kill(program.processIdentifier, SIGTERM)
    }
    try #require(try terminal.ends(program, &agent))
    let status: Int32 = end == .key ? 0 : 128 + (end == .interrupt ? SIGINT : SIGTERM)
    #expect(program.terminationStatus == status)
    #expect(terminal.mode == before)
    #expect(
      terminal.printed.hasSuffix("\u{1b}[?25h\u{1b}[?1049l"), "the cursor, and the screen before")
  }

  @Test func scrollsAndFollowsTheSize() throws {
    let directory = try temporaryDirectory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    var agent = try FakeAgent("crowd", in: directory)
    let terminal = try PseudoTerminal()
    let program = try terminal.start(["status", "--watch", "--run-dir", directory])
    defer { program.terminate() }
    #expect(try terminal.shows("1-21 of 40", &agent), "24 lines where the size is not known")
    terminal.type("\u{1b}[6~")
    #expect(try terminal.shows("20-40 of 40", &agent))
    terminal.resize(rows: 10, columns: 60)
    kill(program.processIdentifier, SIGWINCH)
    #expect(try terminal.shows("20-26 of 40", &agent))
    terminal.type("q")
    #expect(try terminal.ends(program, &agent))
  }

  @Test func goesOnWhenTheAgentIsBack() throws {
    let directory = try temporaryDirectory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let terminal = try PseudoTerminal()
    let program = try terminal.start(["status", "--watch", "--run-dir", directory])
    defer { program.terminate() }
    #expect(try terminal.shows("no agent answers on"))
    var agent = try FakeAgent("fine", in: directory)
    #expect(try terminal.shows("to-b", &agent))
    terminal.type("q")
    #expect(try terminal.ends(program, &agent))
  }
}

/// A terminal for a program under test.
private final class PseudoTerminal {
  private let outside: FileHandle
  private let inside: FileHandle
  private(set) var printed = ""
  private var seen = ""

  init() throws {
    outside = try #require(FileHandle(forUpdatingAtPath: "/dev/ptmx"))
    let number = outside.fileDescriptor
    var (isLocked, name): (Int32, Int32) = (0, 0)
    // TIOCSPTLCK and TIOCGPTN of include/uapi/asm-generic/ioctls.h.
    try #require(unsafe ioctl(number, 0x4004_5431, &isLocked) == 0)
    try #require(unsafe ioctl(number, 0x8004_5430, &name) == 0)
    try #require(fcntl(number, F_SETFL, O_NONBLOCK) == 0)
    inside = try #require(FileHandle(forUpdatingAtPath: "/dev/pts/\(name)"))
  }

  /// Local modes, as `stty -a` would show them.
  var mode: tcflag_t {
    var mode = termios()
    unsafe tcgetattr(inside.fileDescriptor, &mode)
    return mode.c_lflag
  }

  func start(_ arguments: [String]) throws -> Process {
    let program = Process()
    program.executableURL = try builtProgram()
    program.arguments = arguments
    program.environment = ["LC_ALL": "C.UTF-8"]
    program.standardInput = inside
    program.standardOutput = inside
    try program.run()
    return program
  }

  func type(_ text: String) { outside.write(Data(text.utf8)) }

  func resize(rows: UInt16, columns: UInt16) {
    var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    _ = unsafe ioctl(outside.fileDescriptor, UInt(TIOCSWINSZ), &size)
  }

  /// Serves and reads until something new is on the screen; false after ten seconds.
  func shows(_ text: String, _ agent: inout FakeAgent) throws -> Bool {
    try waits {
      try agent.serve(); return self.seen.contains(text)
    }
  }

  func shows(_ text: String) throws -> Bool { try waits { self.seen.contains(text) } }

  func ends(_ program: Process, _ agent: inout FakeAgent) throws -> Bool {
    try waits {
      try agent.serve(); return !program.isRunning
    }
  }

  private func waits(_ isDone: () throws -> Bool) throws -> Bool {
    for _ in 0..<2000 {
      // What ended has printed all before it did.
      let done = try isDone()
      read()
      if done {
        seen = ""
        return true
      }
      usleep(5000)
    }
    return false
  }

  private func read() {
    var buffer = [UInt8](repeating: 0, count: 65536)
    let count = unsafe vpa_read(outside.fileDescriptor, &buffer, buffer.count)
    guard count > 0 else { return }
    let text = String(decoding: buffer.prefix(Int(count)), as: UTF8.self)
    printed += text
    seen += text
  }
}
