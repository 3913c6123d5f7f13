import Testing
import TunnelCore

@testable import LinuxEdge

/// VICI's packets by golden bytes (strongSwan's README.md of the plugin), and what
/// becomes of damaged ones.
@Suite struct VICICodecTests {
  static func text(_ text: String) -> VICISection.Node { .value(Array(text.utf8)) }

  @Test func aRequestWithoutArguments() throws {
    let golden = hex(
      """
      0000000a                  | length
      00                        | request
      08 6c6973742d736173       | "list-sas"
      """)
    let packet = VICIPacket.request("list-sas", VICISection())
    #expect(try packet.encoded() == golden)
    #expect(try VICIPacket(decoding: golden[4...]) == packet)
  }

  /// The example of the plugin's README.
  static let nested = VICISection([
    .init(name: "key1", node: text("value1")),
    .init(
      name: "section1",
      node: .section(
        VICISection([
          .init(
            name: "sub-section", node: .section(VICISection(texts: ["key2": "value2"]))),
          .init(name: "list1", node: .list([Array("item1".utf8), Array("item2".utf8)])),
        ]))),
  ])
  static let nestedBytes = hex(
    """
    07 05 6576656e74                    | event "event"
    03 04 6b657931 0006 76616c756531    | key1 = value1
    01 08 73656374696f6e31              | section1 {
    01 0b 7375622d73656374696f6e        |   sub-section {
    03 04 6b657932 0006 76616c756532    |     key2 = value2
    02                                  |   }
    04 05 6c69737431                    |   list1 = [
    05 0005 6974656d31                  |     item1
    05 0005 6974656d32                  |     item2
    06                                  |   ]
    02                                  | }
    """)

  @Test func sectionsAndLists() throws {
    let packet = VICIPacket.event("event", Self.nested)
    #expect(try VICIPacket(decoding: Self.nestedBytes[...]) == packet)
    #expect(Array(try packet.encoded()[4...]) == Self.nestedBytes)
    #expect(Self.nested.section("section1")?.texts("list1") == ["item1", "item2"])
    #expect(Self.nested.section("section1")?.section("sub-section")?.text("key2") == "value2")
    #expect(Self.nested.text("section1") == nil)
  }

  @Test(
    arguments: [
      ("02", .unknownCommand), ("03 01 61", .register("a")), ("04 01 61", .unregister("a")),
      ("05", .confirm), ("06", .unknownEvent), ("01", .response(VICISection())),
    ] as [(String, VICIPacket)])
  func smallPackets(bytes: String, packet: VICIPacket) throws {
    #expect(try VICIPacket(decoding: hex(bytes)[...]) == packet)
    #expect(Array(try packet.encoded()[4...]) == hex(bytes))
  }

  @Test(
    arguments: [
      ("", .badLength(0)), ("08", .unknownType(8)), ("00", .truncated), ("03 05 61", .truncated),
      ("05 00", .misplaced(5)), ("01 02", .misplaced(2)), ("01 05 0000", .misplaced(5)),
      ("01 06", .misplaced(6)), ("01 07", .unknownType(7)), ("01 01 01 61", .unfinished),
      ("01 04 01 61", .unfinished), ("01 04 01 61 04 01 61", .misplaced(4)),
      ("01 04 01 61 02", .misplaced(2)), ("01 04 01 61 09", .unknownType(9)),
      ("01 03 01 61 ffff 61", .truncated), ("01 03 01 61 00", .truncated),
    ] as [(String, VICIError)])
  func malformed(bytes: String, error: VICIError) {
    #expect(throws: error) { _ = try VICIPacket(decoding: hex(bytes)[...]) }
  }

  @Test func sectionsAreNotNestedForEver() throws {
    let start = hex("01 01 61")
    func nested(_ depth: Int) -> [UInt8] {
      [1] + (0..<depth).flatMap { _ in start } + [UInt8](repeating: 2, count: depth)
    }
    _ = try VICIPacket(decoding: nested(VICIPacket.deepest)[...])
    for depth in [VICIPacket.deepest + 1, 1000, 100_000] {
      #expect(throws: VICIError.tooDeep) { _ = try VICIPacket(decoding: nested(depth)[...]) }
    }
  }

  @Test func tooLongIsNotSent() throws {
    let long = String(repeating: "x", count: 256)
    #expect(throws: VICIError.tooLongToSend) { _ = try VICIPacket.register(long).encoded() }
    let value = VICISection.Entry(
      name: "a", node: .value([UInt8](repeating: 0, count: 65_536)))
    #expect(throws: VICIError.tooLongToSend) {
      _ = try VICIPacket.response(VICISection([value])).encoded()
    }
    let most = VICISection.Entry(name: "a", node: .value([UInt8](repeating: 0, count: 65_535)))
    #expect(throws: VICIError.tooLongToSend) {
      _ = try VICIPacket.response(VICISection(Array(repeating: most, count: 9))).encoded()
    }
  }

  @Test func whatStrongSwanSent() throws {
    let packet = try VICIPacket(decoding: VICIGolden.listSA[...])
    #expect(Array(try packet.encoded()[4...]) == VICIGolden.listSA)
    guard case .event("list-sa", let message) = packet else {
      Issue.record("\(packet)")
      return
    }
    #expect(IKESA.list(in: message) == [VICIGolden.ikeSA])
    let child = message.section("to-b")?.section("child-sas")?.section("net-1")
    #expect(child?.text("state") == "INSTALLED")
    #expect(child?.texts("local-ts") == ["0.0.0.0/0", "::/0"])
  }

  @Test func itsConnections() throws {
    let packet = try VICIPacket(decoding: VICIGolden.listConn[...])
    #expect(Array(try packet.encoded()[4...]) == VICIGolden.listConn)
    guard case .event("list-conn", let message) = packet else {
      Issue.record("\(packet)")
      return
    }
    #expect(IKEConnection.list(in: message) == [VICIGolden.connection])
  }

  /// What later versions write, and what is not an address or a prefix.
  @Test func connectionsWithOtherWords() {
    let section = VICISection([
      .init(
        name: "remote_addrs", node: .list(["%any", "vpn.example", "::1"].map { Array($0.utf8) })),
      .init(name: "dpd_delay", node: Self.text("30")),
      .init(
        name: "children",
        node: .section(
          VICISection([
            .init(
              name: "c",
              node: .section(
                VICISection([
                  .init(name: "close_action", node: Self.text("start")),
                  .init(
                    name: "remote-ts",
                    node: .list(
                      ["dynamic", "10.2.0.0/16", "10.0.0.0..10.0.0.9"].map { Array($0.utf8) })),
                ])))
          ]))),
    ])
    let list = IKEConnection.list(
      in: VICISection([.init(name: "x", node: .section(section))]))
    let child = IKEConnection.Child(
      name: "c", mode: "", remote: [IPPrefix(IPAddress(10, 2, 0, 0), length: 16)],
      closeAction: "start")
    let far = IPAddress(family: .ipv6, bits: 1)
    #expect(
      list == [
        IKEConnection(name: "x", version: "", remote: [far], dpdDelay: 30, children: [child])
      ])
  }

  /// Names and addresses can be initiated to, and nothing else.
  @Test(arguments: [
    (["%any"], false), (["%any", "vpn.example"], true), (["vpn-1.example"], true),
    (["198.51.100.1"], true), (["0.0.0.0", "::"], false), (["198.51.100.0/24"], false),
    (["198.51.100.1-198.51.100.9"], false), (["%any4", "%any6"], false),
  ])
  func wherePeersAre(_ addresses: [String], _ isDestination: Bool) {
    let section = VICISection([
      .init(name: "remote_addrs", node: .list(addresses.map { Array($0.utf8) }))
    ])
    let list = IKEConnection.list(in: VICISection([.init(name: "x", node: .section(section))]))
    #expect(list.map(\.hasDestination) == [isDestination])
  }

  @Test func aChildWithoutNumbersIsLeftOut() {
    let entry = VICISection.Entry(
      name: "to-b",
      node: .section(
        VICISection([
          .init(name: "uniqueid", node: Self.text("7")),
          .init(
            name: "child-sas",
            node: .section(
              VICISection([
                .init(name: "a", node: .section(VICISection(texts: ["state": "INSTALLED"]))),
                .init(name: "b", node: .section(VICISection(texts: ["uniqueid": "-1"]))),
                .init(name: "c", node: .section(VICISection(texts: ["uniqueid": "5"]))),
                .init(name: "d", node: Self.text("5")),
              ]))),
        ])))
    let child = ChildSA(
      name: ChildName(connection: "to-b", child: "c"), ikeID: 7, childID: 5, state: .other(""),
      inbound: nil, outbound: nil)
    #expect(IKESA.list(in: VICISection([entry])).map(\.children) == [[child]])
  }

  // MARK: Damage

  @Test func everyTruncationIsAnError() {
    for golden in [Self.nestedBytes, VICIGolden.listSA, VICIGolden.listConn] {
      for length in golden.indices {
        // Cut between two elements outside all sections it is a shorter message.
        let packet = try? VICIPacket(decoding: golden[..<length])
        if let packet { #expect(try! packet.encoded().count == length + 4) }
      }
    }
    #expect(throws: VICIError.self) { _ = try VICIPacket(decoding: VICIGolden.listSA.dropLast()) }
  }

  /// Whatever the bytes, the decoder gives a packet or an error; and what it gives can be sent.
  @Test func damagedPacketsAreErrorsOrPackets() throws {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      var bytes = Bool.random(using: &random) ? Self.nestedBytes : VICIGolden.listSA
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        let index = bytes.indices.randomElement(using: &random) ?? 0
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes[index] = .random(in: 0...9, using: &random)
        case 2: bytes.remove(at: index)
        default: bytes.insert(.random(in: 0...255, using: &random), at: index)
        }
        if bytes.isEmpty { break }
      }
      guard let packet = try? VICIPacket(decoding: bytes[...]) else { continue }
      var framer = VICIFramer()
      // Names that are no UTF-8 grow when they are repaired.
      guard let again = try? packet.encoded() else { continue }
      framer.append(again)
      #expect(try framer.next() == packet)
    }
  }

  // MARK: The stream

  @Test func packetsAreCutOutOfAnyPieces() throws {
    let packets: [VICIPacket] = [
      .confirm, .event("event", Self.nested), .response(VICISection()), .unknownEvent,
    ]
    let stream = try packets.flatMap { try $0.encoded() }
    for size in [1, 2, 3, 5, 7, 64, stream.count] {
      var framer = VICIFramer()
      var found: [VICIPacket] = []
      for start in stride(from: 0, to: stream.count, by: size) {
        framer.append(Array(stream[start..<min(start + size, stream.count)]))
        while let packet = try framer.next() { found.append(packet) }
      }
      #expect(found == packets, "in pieces of \(size)")
    }
  }

  @Test func aLengthBeyondTheLimitEndsTheStream() throws {
    for length in [0, (512 << 10) + 1, 0x4745_5420, 0xffff_ffff] {
      var framer = VICIFramer()
      framer.append((0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) })
      #expect(throws: VICIError.badLength(length)) { _ = try framer.next() }
    }
  }
}
