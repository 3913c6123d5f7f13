import Glibc
import Testing
import TunnelCore

@testable import LinuxEdge

/// The log before a journal that does not read, a pipe that is full, and one that is gone. Whatever waits
/// here waits for ever.
@Suite struct LogTests {
  /// A datagram socket at a path, as journald's and syslog's; read when the test says so.
  private final class Reader {
    let path: String
    let fd: Int32

    init() {
      let path = "/tmp/vpnagent-log-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).sock"
      let fd = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
      let length = socklen_t(MemoryLayout<sockaddr_un>.size)
      self.path = path
      self.fd = fd
      let bound = address
      _ = unsafe withUnsafePointer(to: bound) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(fd, $0, length) }
      }
    }

    deinit {
      close(fd)
      unsafe unlink(path)
    }

    /// What waits, of each entry its first line.
    func receive() -> [String] {
      var lines: [String] = []
      var buffer = [UInt8](repeating: 0, count: 4096)
      while true {
        let count = unsafe recv(fd, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        guard count > 0 else { return lines }
        lines.append(String(decoding: buffer.prefix { $0 != 0x0a }, as: UTF8.self))
      }
    }
  }

  /// Reads until nothing waits any more.
  private func all(of log: Log, _ read: () -> [String]) -> [String] {
    var lines = read()
    while let due = log.nextDeadline {
      log.wake(at: due)
      lines += read()
    }
    return lines
  }

  @Test func aJournalThatDoesNotReadHoldsUpNothing() {
    let journal = Reader()
    let log = Log(threshold: .info, isJournal: true, journal: journal.path, syslog: "/none")
    for number in 0..<3000 { log(.info, "to-b", "line \(number)") }
    let lines = all(of: log) { journal.receive() }
    let kept = lines.count - 1
    #expect(kept > LogOutlet.mostLines && kept < 3000)
    #expect(lines.dropLast() == (0..<kept).map { "MESSAGE=to-b line \($0)" }[...])
    #expect(
      lines.last
        == "MESSAGE=\(3000 - kept) log lines dropped here: nothing was read for a while")
    log(.info, "-", "after")
    #expect(journal.receive() == ["MESSAGE=after"])
  }

  @Test func aPipeThatNobodyReadsHoldsUpNothing() {
    var ends: [Int32] = [-1, -1]
    #expect(unsafe pipe(&ends) == 0)
    defer { for end in ends { close(end) } }
    let log = Log(
      threshold: .info, isJournal: false, journal: "/none", syslog: "/none", standardError: ends[1])
    #expect(fcntl(ends[1], F_GETFL) & O_NONBLOCK == 0, "other programs write there too")
    _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
    let text = String(repeating: "x", count: 200)
    for _ in 0..<3000 { log(.info, "to-b", text) }
    var bytes: [UInt8] = []
    _ = all(of: log) {
      var buffer = [UInt8](repeating: 0, count: 1 << 20)
      let count = unsafe read(ends[0], &buffer, buffer.count)
      bytes += buffer.prefix(max(count, 0))
      return []
    }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    #expect(lines.dropLast().allSatisfy { $0.hasSuffix("info to-b \(text)") }, "no line is cut")
    let missing = 3000 - (lines.count - 1)
    #expect(missing > 0)
    #expect(lines.last?.contains("warning \(missing) log lines dropped here") == true)
  }

  /// SIGPIPE would be the end.
  @Test func aPipeWhoseReaderIsGoneIsNoEnd() {
    var ends: [Int32] = [-1, -1]
    #expect(unsafe pipe(&ends) == 0)
    let log = Log(
      threshold: .info, isJournal: false, journal: "/none", syslog: "/none", standardError: ends[1])
    close(ends[0])
    for _ in 0..<10 { log(.info, "to-b", "line") }
    #expect(log.nextDeadline == nil)
    close(ends[1])
  }

  @Test func withoutAJournalStandardErrorHasIt() {
    var ends: [Int32] = [-1, -1]
    #expect(unsafe pipe(&ends) == 0)
    defer { for end in ends { close(end) } }
    let log = Log(
      threshold: .info, isJournal: true, journal: "/none", syslog: "/none", standardError: ends[1])
    log(.warning, "to-b", "line")
    var buffer = [UInt8](repeating: 0, count: 100)
    let count = unsafe read(ends[0], &buffer, buffer.count)
    #expect(String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self) == "<4>to-b line\n")
  }
}
