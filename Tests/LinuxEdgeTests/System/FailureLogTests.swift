import Foundation
import LinuxEdge
import Testing

@Suite struct FailureLogTests {
  @Test func onlyFailuresInARowCountTogether() throws {
    let directory = "\(NSTemporaryDirectory())/vpnagent-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let log = FailureLog(runDirectory: directory)
    #expect(([100, 101, 130, 159] as [Int64]).map(log.note(at:)) == [1, 2, 3, 4])
    #expect(log.note(at: 189) == 5, "a start takes ten seconds on a slow host")
    #expect(log.note(at: 190) == 5, "and it is given up for each further one")
    #expect(log.note(at: 221) == 1, "it has run")
    #expect(log.note(at: 20) == 1, "the host was started again")
    try Data("junk".utf8).write(to: URL(fileURLWithPath: "\(directory)/failures"))
    #expect(log.note(at: 21) == 1)
  }

  @Test func whatCannotBeWrittenIsTheFirst() {
    let log = FailureLog(runDirectory: "/proc/none/vpnagent")
    #expect(([1, 2, 3] as [Int64]).map(log.note(at:)) == [1, 1, 1])
  }
}
