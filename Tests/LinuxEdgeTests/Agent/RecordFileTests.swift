import Glibc
import Testing
import TunnelCore

@testable import LinuxEdge

/// The record on disk, read back.
@Suite struct RecordFileTests {
  @Test func whoHasAnsweredIsRead() throws {
    try withFile { path in
      let file = RecordFile(path: path)
      let six = try #require(IPAddress("fd00::2"))
      let record = GateRecord(
        links: [.init(name: "vti0", withdrawn: [])],
        answered: ["to-b": [IPAddress(10, 2, 0, 1), six], "ipsec7": [IPAddress(10, 9, 0, 1)]])
      try file.save(record)
      #expect(try file.load() == record)
      let text = String(decoding: try readFile(path), as: UTF8.self)
      #expect(text.contains("\"10.2.0.1\""))
    }
  }

  @Test func aRecordFromBeforeAnswersWereKeptIsRead() throws {
    try withFile { path in
      let old = #"{"links":[{"name":"vti0","withdrawn":[]}],"version":1}"#
      try replaceFile(path, with: Array(old.utf8))
      let record = try RecordFile(path: path).load()
      #expect(record == GateRecord(links: [.init(name: "vti0", withdrawn: [])]))
    }
  }

  /// Without answers the file is what older agents wrote.
  @Test func withoutAnswersTheFileDoesNotMentionThem() throws {
    try withFile { path in
      try RecordFile(path: path).save(GateRecord())
      #expect(!String(decoding: try readFile(path), as: UTF8.self).contains("answered"))
    }
  }

  private func withFile(_ body: (String) throws -> Void) throws {
    let directory = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
    let path = "\(directory)/vpnagent-record-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    defer { unsafe unlink(path) }
    try body(path)
  }
}
