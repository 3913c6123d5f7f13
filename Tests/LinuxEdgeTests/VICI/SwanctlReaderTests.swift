import Doctor
import Testing
import TunnelCore

@testable import LinuxEdge

/// list-conns, list-sas, list-policies and swanctl.conf together.
@Suite struct SwanctlReaderTests {
  private static func value(_ name: String, _ text: String) -> VICISection.Entry {
    .init(name: name, node: .value(Array(text.utf8)))
  }

  private static func list(_ name: String, _ texts: String...) -> VICISection.Entry {
    .init(name: name, node: .list(texts.map { Array($0.utf8) }))
  }

  private static func section(_ name: String, _ entries: VICISection.Entry...) -> VICISection.Entry
  {
    .init(name: name, node: .section(VICISection(entries)))
  }

  private static let connection = VICISection([
    list("local_addrs", "%any"), list("remote_addrs", "203.0.113.1", "b.example"),
    value("dpd_delay", "30"),
    section(
      "children",
      section(
        "net", value("mode", "TUNNEL"), value("close_action", "none"),
        list("local-ts", "0.0.0.0/0"), list("remote-ts", "10.2.0.0/16")),
      section("other", value("mode", "TUNNEL"))),
  ])

  private static let sa = VICISection([
    value("remote-host", "203.0.113.1"), value("initiator", "yes"),
    section(
      "child-sas", section("net-1", value("name", "net"), value("if-id-out", "0000002a"))),
  ])

  private func read(
    sas: [(String, VICISection)] = [], traps: Set<String> = [], conf: String? = nil
  ) -> SwanctlModel.Connection {
    let file = conf.map { StrongSwanSettings(path: "x", text: $0) { _, _ in [] } }
    return SwanctlReader(sas: sas.map { ($0.0, $0.1) }, traps: traps, file: file)
      .connection("to-b", Self.connection)
  }

  @Test func whatVICITells() {
    let read = read(sas: [("to-b", Self.sa)], traps: ["to-b/other"])
    let expected = SwanctlModel.Connection(
      name: "to-b", local: ["%any"], remote: ["203.0.113.1", "b.example"],
      currentRemote: IPAddress(203, 0, 113, 1), isInitiator: true, dpdDelay: 30,
      children: [
        .init(name: "net", local: ["0.0.0.0/0"], remote: ["10.2.0.0/16"], ifID: 42),
        .init(name: "other", startAction: "trap"),
      ])
    #expect(read == expected)
  }

  @Test func whatTheFileTells() {
    let conf = """
      connections { to-b { children {
        net { mark_out = 0x2a/0xffffffff
          start_action = start }
        other { if_id_out = %unique } } } }
      """
    let children = read(conf: conf).children
    #expect(children.map(\.mark) == [42, nil])
    #expect(children.map(\.ifID) == [nil, nil])
    #expect(children.map(\.startAction) == ["start", "none"])
  }

  @Test func whatTheConnectionTells() {
    let conf = """
      connections { to-b { if_id_in = 100
        if_id_out = 100
        mark_out = 7
        children {
          net { start_action = trap
            mark_out = 0 }
          other { if_id_out = %unique } } } }
      """
    let children = read(conf: conf).children
    #expect(children.map(\.ifID) == [100, nil])
    #expect(children.map(\.mark) == [nil, 7])
  }

  @Test func whatAReferenceTells() {
    let conf = """
      child-defaults { start_action = start
        if_id_out = 1 }
      conn-defaults { version = 2
        children { other { start_action = trap } } }
      connections {
        to-b : conn-defaults { remote_addrs = 203.0.113.16
          children { net : child-defaults { local_ts = 0.0.0.0/0 } } } }
      """
    let children = read(conf: conf).children
    #expect(children.map(\.startAction) == ["start", "trap"])
    #expect(children.map(\.ifID) == [1, nil])
  }

  @Test(
    arguments: [
      ("42", 42), ("0x2a", 42), ("42/0xff", 42), ("%unique", nil), ("", nil), ("-1", nil),
    ] as [(String, UInt32?)])
  func numbers(text: String, number: UInt32?) {
    #expect(SwanctlReader.number(text) == number)
  }
}
