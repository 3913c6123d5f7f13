import Glibc
import Testing

@testable import LinuxEdge
@testable import TunnelCore

/// The record on disk, read back whole, changed, damaged.
@Suite struct RecordFileTests {
  private static let six = IPAddress("fd00::2")
  private static let record = GateRecord(
    links: [
      .init(name: "vti0", withdrawn: [route(1)]), .init(name: "vti1", withdrawn: [], index: 7),
      .init(
        name: "vti2", withdrawn: [],
        groups: [
          Nexthop(id: 9, routeProtocol: 4, linkIndex: nil, members: [1, 2], message: [255])
        ],
        down: .init(
          addresses: [
            InterfaceAddress(linkIndex: 3, address: IPAddress(10, 0, 0, 1), prefixLength: 30)
          ], nexthops: [])),
    ],
    answered: [
      "to-b": [IPAddress(10, 2, 0, 1), six].compactMap { $0 }.reduce(into: []) { $0.insert($1) }
    ],
    failed: ["to-c": .monitorFailure])

  private static func route(_ third: UInt8) -> Route {
    Route(
      identity: .init(table: 254, destination: IPPrefix(IPAddress(10, third, 0, 0), length: 16)),
      linkIndex: 3, message: [third, 0, 255])
  }

  private static func save(_ record: GateRecord, _ file: inout RecordFile) throws {
    try file.save(record, over: GateRecord(), record.names)
  }

  @Test func whatIsWrittenIsRead() throws {
    try withFile { path in
      var file = RecordFile(path: path)
      try Self.save(Self.record, &file)
      let content = file.load()
      #expect(content.record == Self.record)
      #expect(content.damage == nil)
      #expect(try text(path).contains("\"10.2.0.1\""))
    }
  }

  @Test func withoutAFileNothingIsHeld() throws {
    try withFile { path in
      var file = RecordFile(path: path)
      let content = file.load()
      #expect(content.record == GateRecord())
      #expect(content.damage == nil)
    }
  }

  @Test func aChangeAddsLinesAndNoMore() throws {
    try withFile { path in
      var file = RecordFile(path: path)
      try Self.save(Self.record, &file)
      let before = try text(path)
      var next = Self.record
      next["vti1"] = nil
      next["vti9"] = .init(name: "vti9", withdrawn: [Self.route(9)])
      next.failed["to-c"] = nil
      next.answered["to-d"] = [IPAddress(10, 4, 0, 1)]
      let changes = GateRecord.Changes(
        links: ["vti0", "vti1", "vti9"], tunnels: ["to-b", "to-c", "to-d"])
      try file.save(next, over: Self.record, changes)
      let after = try text(path)
      #expect(after.hasPrefix(before))
      #expect(after.dropFirst(before.count).split(separator: "\n").count == 4)
      #expect(file.load().record == next)
      #expect(try text("\(path).copy") == after)
    }
  }

  /// What no longer counts does not pile up.
  @Test func itIsMadeAnewWhenMostOfItNoLongerCounts() throws {
    try withFile { path in
      var file = RecordFile(path: path)
      try Self.save(Self.record, &file)
      var (record, longest) = (Self.record, 0)
      for number in 0..<2000 {
        let old = record
        record["vti0"] = number % 2 == 0 ? nil : .init(name: "vti0", withdrawn: [Self.route(1)])
        try file.save(record, over: old, .init(links: ["vti0"]))
        longest = max(longest, try readFile(path).count)
      }
      #expect(longest < 80 << 10)
      #expect(file.load().record == record)
    }
  }

  @Test func aFileThatIsGoneIsMadeAnew() throws {
    try withFile { path in
      var file = RecordFile(path: path)
      try Self.save(Self.record, &file)
      unsafe unlink(path)
      var next = Self.record
      next["vti1"] = nil
      try file.save(next, over: Self.record, .init(links: ["vti1"]))
      #expect(file.load().record == next)
    }
  }

  // MARK: Damage

  @Test func aLineThatIsDamagedIsReadFromTheCopy() throws {
    try withFile { path in
      var file = RecordFile(path: path)
      try Self.save(Self.record, &file)
      try replaceFile(path, with: damaged(path))
      let content = file.load()
      #expect(content.record == Self.record)
      #expect(content.damage == nil)
      // Said by nobody, but not left so.
      #expect(file.isToBeRepaired)
      try file.save(Self.record, over: Self.record, .init())
      #expect(!file.isToBeRepaired)
      #expect(try text(path) == text("\(path).copy"))
    }
  }

  @Test func withoutACopyTheOtherLinesCount() throws {
    try withFile { path in
      var file = RecordFile(path: path)
      try Self.save(Self.record, &file)
      try replaceFile(path, with: damaged(path))
      unsafe unlink("\(path).copy")
      let content = file.load()
      #expect(content.record.links.map(\.name) == ["vti1", "vti2"])
      #expect(content.record.failed == Self.record.failed)
      #expect(content.damage == "\(path): 1 of 5 lines cannot be read")
      try file.save(content.record, over: content.record, .init())
      #expect(file.load().damage == nil)
      #expect(try !readFile("\(path).damaged").isEmpty)
    }
  }

  /// Each has what the other has not.
  @Test func twoDamagedFilesMakeOneWhole() throws {
    try withFile { path in
      var file = RecordFile(path: path)
      try Self.save(Self.record, &file)
      try replaceFile(path, with: damaged(path))
      try replaceFile("\(path).copy", with: damaged("\(path).copy", line: 3))
      #expect(file.load().record == Self.record)
      #expect(file.load().damage == nil)
      #expect(file.isToBeRepaired)
    }
  }

  /// The operator has removed the file, and its copy is damaged too.
  @Test func ofADamagedCopyAloneTheOtherLinesCount() throws {
    try withFile { path in
      var file = RecordFile(path: path)
      try Self.save(Self.record, &file)
      unsafe unlink(path)
      try replaceFile("\(path).copy", with: damaged("\(path).copy"))
      try replaceFile("\(path).damaged", with: Array("kept".utf8))
      let content = file.load()
      #expect(content.record.links.map(\.name) == ["vti1", "vti2"])
      #expect(content.damage != nil)
      try file.save(content.record, over: content.record, .init())
      #expect(try text("\(path).damaged") == "kept")
      unsafe unlink("\(path).damaged")
    }
  }

  /// What is no JSON of ours is kept as well.
  @Test func whatIsNotUnderstoodIsKept() throws {
    try withFile { path in
      let text =
        #"{"links":[{"name":"vti0","withdrawn":[{"destination":"10.1.0.0/99"}]}],"version":1}"#
      try replaceFile(path, with: Array(text.utf8))
      var file = RecordFile(path: path)
      #expect(file.load().damage != nil)
      #expect(file.isToBeRepaired)
      try file.save(GateRecord(), over: GateRecord(), .init())
      #expect(try self.text("\(path).damaged") == text)
      unsafe unlink("\(path).damaged")
    }
  }

  /// Nothing is lost when what is damaged cannot be made anew.
  @Test func whatIsDamagedStaysUntilAnotherIsThere() throws {
    try withFile { path in
      var file = RecordFile(path: path)
      try Self.save(Self.record, &file)
      try replaceFile(path, with: damaged(path))
      _ = file.load()
      unsafe mkdir("\(path).new", 0o700)
      #expect(throws: EdgeError.self) {
        try file.save(Self.record, over: Self.record, .init())
      }
      unsafe rmdir("\(path).new")
      var next = RecordFile(path: path)
      #expect(next.load().record == Self.record)
      unsafe unlink(path)
      #expect(next.load().record == Self.record, "the copy has it")
      unsafe unlink("\(path).damaged")
    }
  }

  @Test(arguments: [
    "", "\n", "not a record\n", "0000000000000000 vpnagent-record 2\n", "{\"version\":1",
    #"{"links":[],"version":7}"#,
    #"{"links":[{"name":"vti0","withdrawn":[],"down":{"nexthops":[],"addresses":[{"link":1,"#
      + #""address":"10.0.0.1","length":300,"flags":0,"metric":0}]}}],"version":1}"#,
  ]) func whatIsNoRecordIsDamage(text: String) throws {
    try withFile { path in
      try replaceFile(path, with: Array(text.utf8))
      var file = RecordFile(path: path)
      let content = file.load()
      #expect(content.record == GateRecord())
      #expect(content.damage?.hasPrefix("\(path): ") == true)
    }
  }

  @Test func aDirectoryInItsPlaceIsDamage() throws {
    try withFile { path in
      unsafe mkdir(path, 0o700)
      var file = RecordFile(path: path)
      #expect(file.load().damage != nil)
      try Self.save(Self.record, &file)
      #expect(file.load().record == Self.record)
      unsafe rmdir("\(path).damaged")
    }
  }

  /// Cut at any byte: what the whole lines say, and no trap.
  @Test func cutAnywhereItIsReadAsFarAsItGoes() throws {
    try withFile { path in
      var file = RecordFile(path: path)
      try Self.save(Self.record, &file)
      unsafe unlink("\(path).copy")
      let whole = try readFile(path)
      for length in 0..<whole.count {
        try replaceFile(path, with: Array(whole.prefix(length)))
        let content = file.load()
        let lines = whole.prefix(length).count { $0 == 0x0a }
        #expect((content.damage == nil) == (lines > 0))
        #expect(content.record.links.count == min(3, max(0, lines - 1)))
      }
    }
  }

  // MARK: Version 1

  @Test func aRecordOfVersion1IsRead() throws {
    try withFile { path in
      let old = """
        {"links":[{"name":"vti0","withdrawn":[{"text":"10.1.0.0/16","table":254,"destination":"10.1.0.0/16",\
        "tos":0,"metric":0,"scope":0,"link":3,"protocol":3,"message":"0100ff"}]}],\
        "answered":{"to-b":["10.2.0.1"]},"version":1}
        """
      try replaceFile(path, with: Array(old.utf8))
      var file = RecordFile(path: path)
      let content = file.load()
      #expect(content.damage == nil)
      #expect(content.record.links.first?.withdrawn.first?.identity == Self.route(1).identity)
      #expect(content.record.answered == ["to-b": [IPAddress(10, 2, 0, 1)]])
      try file.save(content.record, over: content.record, .init())
      #expect(try text(path).contains("vpnagent-record 2"))
      #expect(file.load().record == content.record)
    }
  }

  // MARK: Files

  private func text(_ path: String) throws -> String {
    String(decoding: try readFile(path), as: UTF8.self)
  }

  /// With a wrong byte in a line.
  private func damaged(_ path: String, line: Int = 2) throws -> [UInt8] {
    var bytes = try readFile(path)
    let ends = bytes.indices.filter { bytes[$0] == 0x0a }
    bytes[ends[line - 2] + 30] ^= 1
    return bytes
  }

  private func withFile(_ body: (String) throws -> Void) throws {
    let directory = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
    let path = "\(directory)/vpnagent-record-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    defer { for end in ["", ".copy", ".new", ".damaged"] { unsafe unlink(path + end) } }
    try body(path)
  }
}
