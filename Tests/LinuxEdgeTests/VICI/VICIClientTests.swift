import CShims
import Glibc
import Testing
import TunnelCore

@testable import LinuxEdge

/// The client against a daemon played by hand, both in one thread: nothing here ever waits.
@Suite struct VICIClientTests {
  static let answer = VICISection(texts: ["success": "yes"])

  @Test func connectsRegistersAndLists() throws {
    let daemon = try Daemon()
    let client = VICIClient(path: daemon.path, at: daemon.now)
    #expect(client.nextDeadline == daemon.now)
    #expect(try daemon.meet(client) == [.connected])
    #expect(
      daemon.registered == [
        "child-updown", "ike-updown", "child-rekey", "ike-rekey", "ike-update", "list-sa",
        "list-conn",
      ])
    #expect(client.nextDeadline == nil)

    #expect(client.request(.listSAs, at: daemon.now).isEmpty)
    #expect(try daemon.commands.take() == [.request("list-sas", VICISection())])
    let sa = try VICIPacket(decoding: VICIGolden.listSA[...])
    try daemon.commands.give(sa, sa)
    #expect(daemon.pump(client).isEmpty)
    try daemon.commands.give(.response(VICISection()))
    #expect(daemon.pump(client) == [.sas([VICIGolden.ikeSA, VICIGolden.ikeSA])])
    #expect(client.nextDeadline == nil)
  }

  @Test func oneCommandAtATime() throws {
    let daemon = try Daemon()
    let client = VICIClient(path: daemon.path, at: daemon.now)
    _ = try daemon.meet(client)
    let name = ChildName(connection: "to-b", child: "net")
    let requests: [VICIRequest] = [
      .terminateChild(id: 12), .terminateIKE(id: 3), .initiate(name),
    ]
    for request in requests { _ = client.request(request, at: daemon.now) }
    let arguments: [(String, VICISection)] = [
      ("terminate", VICISection(texts: ["child-id": "12", "timeout": "-1"])),
      ("terminate", VICISection(texts: ["ike-id": "3", "force": "yes", "timeout": "-1"])),
      ("initiate", VICISection(texts: ["child": "net", "ike": "to-b", "timeout": "-1"])),
    ]
    for (request, (command, section)) in zip(requests, arguments) {
      #expect(try daemon.commands.take() == [.request(command, section)])
      let isLast = request == requests.last
      try daemon.commands.give(
        .response(
          isLast ? VICISection(texts: ["success": "no", "errmsg": "broken"]) : Self.answer))
      #expect(
        daemon.pump(client) == [.finished(request, failure: isLast ? "broken" : nil)])
    }
    #expect(try daemon.commands.take().isEmpty)
  }

  @Test func eventsThatComeTogetherAreOneChange() throws {
    let daemon = try Daemon()
    let client = VICIClient(path: daemon.path, at: daemon.now)
    _ = try daemon.meet(client)
    let event = VICIPacket.event("child-updown", VICISection(texts: ["up": "yes"]))
    try daemon.events.give(event, event, event)
    #expect(daemon.pump(client) == [.changed])
  }

  /// Names and lists as charon 5.9.8 sends them (`vici_query.c`).
  @Test func eventsSayWhatIsDownAndWhoTookPartInAnExchange() throws {
    let daemon = try Daemon()
    let client = VICIClient(path: daemon.path, at: daemon.now)
    _ = try daemon.meet(client)
    func ike(_ state: String, queued: [String] = [], active: [String] = []) -> VICISection {
      var section = VICISection(texts: [
        "uniqueid": "7", "version": "2", "state": state, "local-host": "198.51.100.1",
        "remote-host": "203.0.113.1", "remote-port": "500",
      ])
      for (name, tasks) in [("tasks-queued", queued), ("tasks-active", active)] where !tasks.isEmpty
      {
        section.entries.append(.init(name: name, node: .list(tasks.map { Array($0.utf8) })))
      }
      return section
    }
    func event(_ name: String, up: Bool = false, _ inner: VICISection) -> VICIPacket {
      let first = up ? VICISection(texts: ["up": "yes"]).entries : []
      return .event(name, VICISection(first + [.init(name: "to-b", node: .section(inner))]))
    }
    let rekeyed = VICISection(
      [("old", "7"), ("new", "9")].map { name, id in
        .init(name: name, node: .section(VICISection(texts: ["uniqueid": id])))
      })
    try daemon.events.give(
      event("ike-updown", ike("ESTABLISHED", active: ["IKE_DPD"])),
      event("ike-updown", ike("ESTABLISHED", queued: ["IKE_DELETE"], active: ["IKE_DPD"])),
      event("ike-updown", ike("DELETING")), event("ike-updown", up: true, ike("ESTABLISHED")),
      event("child-updown", ike("ESTABLISHED")),
      event("child-updown", up: true, ike("ESTABLISHED")),
      event("child-rekey", ike("ESTABLISHED")), event("ike-rekey", rekeyed))
    var sa = IKESA(
      connection: "to-b", id: 7, isWaiting: true, local: IPAddress(198, 51, 100, 1),
      remote: IPAddress(203, 0, 113, 1), remotePort: 500)
    sa.facts.tasks = ["IKE_DPD"]
    var wanted: [VICIEvent] = [.ikeDown(sa)]
    sa.isBeingDeleted = true
    sa.facts.tasks = ["IKE_DPD", "IKE_DELETE"]
    wanted.append(.ikeDown(sa))
    (sa.state, sa.isWaiting) = ("DELETING", false)
    sa.facts.tasks = []
    wanted.append(.ikeDown(sa))
    wanted += Array(repeating: .exchanged(ikeID: 7), count: 3)
    #expect(daemon.pump(client) == wanted + [.changed])
  }

  @Test func whatADaemonDoesNotKnowIsDoneWithout() throws {
    let daemon = try Daemon()
    let client = VICIClient(path: daemon.path, at: daemon.now)
    #expect(try daemon.meet(client, confirming: .unknownEvent, list: .confirm) == [.connected])
    _ = client.request(.terminateChild(id: 1), at: daemon.now)
    try daemon.commands.give(.unknownCommand)
    let failure = "the daemon does not know this command"
    #expect(daemon.pump(client) == [.finished(.terminateChild(id: 1), failure: failure)])
  }

  @Test func aSilentDaemonIsGivenUpAndTriedAgain() throws {
    let daemon = try Daemon()
    let client = VICIClient(path: daemon.path, at: daemon.now)
    var pauses: [Duration] = []
    for _ in 0..<8 {
      #expect(client.wake(at: daemon.now).isEmpty)
      #expect(client.nextDeadline == daemon.now.advanced(by: .seconds(5)))
      daemon.now = try #require(client.nextDeadline)
      let text = "\(daemon.path): does not answer within 5.0 seconds"
      #expect(client.wake(at: daemon.now) == [.disconnected(text)])
      #expect(client.takeInterests().isEmpty)
      let next = try #require(client.nextDeadline)
      pauses.append(daemon.now.duration(to: next))
      #expect(client.request(.listSAs, at: daemon.now).isEmpty)
      daemon.now = next
    }
    for (pause, nominal) in zip(pauses, [1.0, 2, 4, 8, 15, 15, 15, 15]) {
      #expect(pause >= .seconds(nominal * 0.75) && pause <= .seconds(nominal * 1.25))
    }
  }

  @Test func aCommandWithoutAnswerEndsTheConnection() throws {
    let daemon = try Daemon()
    let client = VICIClient(path: daemon.path, at: daemon.now)
    _ = try daemon.meet(client)
    _ = client.request(.listSAs, at: daemon.now)
    daemon.now = daemon.now.advanced(by: .seconds(4))
    let sa = try VICIPacket(decoding: VICIGolden.listSA[...])
    try daemon.commands.give(sa)
    #expect(daemon.pump(client).isEmpty)
    // A list that goes on is not silent.
    #expect(client.nextDeadline == daemon.now.advanced(by: .seconds(5)))
    daemon.now = daemon.now.advanced(by: .seconds(5))
    #expect(client.wake(at: daemon.now).count == 1)
    _ = try daemon.meet(client)
    #expect(client.request(.listSAs, at: daemon.now).isEmpty)
    #expect(try daemon.commands.take().count == 1, "the new connection is free")
  }

  @Test(
    arguments: [
      [0, 0, 0, 0], [0, 0, 0, 1, 9], [0, 0, 0, 2, 7, 5], [0x48, 0x54, 0x54, 0x50],
      [0, 0, 0, 1, 5], [0, 0, 0, 1, 1],
    ] as [[UInt8]])
  func nonsenseEndsTheConnection(bytes: [UInt8]) throws {
    for isCommand in [true, false] {
      let daemon = try Daemon()
      let client = VICIClient(path: daemon.path, at: daemon.now)
      _ = try daemon.meet(client)
      try (isCommand ? daemon.commands : daemon.events)?.give(bytes: bytes)
      let events = daemon.pump(client)
      #expect(events.count == 1)
      if case .disconnected = events.first { continue }
      Issue.record("\(events)")
    }
  }

  @Test func aDaemonThatEndsIsNoticed() throws {
    let daemon = try Daemon()
    let client = VICIClient(path: daemon.path, at: daemon.now)
    _ = try daemon.meet(client)
    daemon.hangUp()
    #expect(
      daemon.pump(client) == [.disconnected("\(daemon.path): the connection was closed")])
    #expect(client.takeInterests().isEmpty)
  }

  @Test func aSocketThatIsNotThereIsNoError() throws {
    let now = monotonicNow()
    let client = VICIClient(path: "/nowhere/charon.vici", at: now)
    #expect(
      client.wake(at: now) == [.disconnected("/nowhere/charon.vici: No such file or directory")])
    #expect(client.wake(at: now).isEmpty, "not before its time")
  }

  /// However much the daemon says, one call takes a bounded part of it.
  @Test func oneCallReadsABoundedPart() throws {
    let daemon = try Daemon()
    let client = VICIClient(path: daemon.path, at: daemon.now)
    _ = try daemon.meet(client)
    let event = try VICIPacket.event("child-updown", VICISection(texts: ["up": "yes"])).encoded()
    let flood = Array(repeatElement(event, count: 5000).joined())
    daemon.events.give(whatFits: flood)
    let descriptor = try #require(client.descriptors.first)
    #expect(client.serve(descriptor, at: daemon.now) == [.changed])
    #expect(client.serve(descriptor, at: daemon.now) == [.changed], "the rest is still there")
  }
}

/// strongSwan's side, played by hand.
private final class Daemon {
  let path: String
  var now = monotonicNow()
  private let listener: Descriptor
  private(set) var registered: [String] = []
  private(set) var events: Peer!
  private(set) var commands: Peer!

  init() throws {
    let directory = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
    path = "\(directory)/vpnagent-test-\(getpid())-\(UInt32.random(in: 0...(.max))).vici"
    listener = try Descriptor(
      taking: unsafe vpa_unix_listen(path, 0o600), operation: "listen", object: path)
  }

  deinit { unsafe unlink(path) }

  /// Accepts the client's connections and confirms what it registers; returns what it says.
  func meet(
    _ client: VICIClient, confirming: VICIPacket = .confirm, list: VICIPacket = .confirm
  ) throws -> [VICIEvent] {
    if let due = client.nextDeadline { now = max(now, due) }
    #expect(client.wake(at: now).isEmpty)
    events = try accept()
    commands = try accept()
    var heard: [VICIEvent] = []
    while case .register(let name) = try events.take().first {
      registered.append(name)
      #expect(heard.isEmpty)
      try events.give(confirming)
      heard += pump(client)
    }
    while case .register(let name) = try commands.take().first {
      registered.append(name)
      try commands.give(list)
      heard += pump(client)
    }
    return heard
  }

  /// Gives the client what waits on its sockets.
  func pump(_ client: VICIClient) -> [VICIEvent] {
    client.descriptors.flatMap { client.serve($0, at: now) }
  }

  /// Both ends, at once: a program that another test starts just now may hold a copy of what is only
  /// closed, until it runs.
  func hangUp() {
    for peer in [events, commands] { peer?.shutDown() }
    (events, commands) = (nil, nil)
  }

  private func accept() throws -> Peer {
    Peer(try Descriptor(taking: vpa_accept(listener.number), operation: "accept"))
  }
}

/// One accepted connection.
private final class Peer {
  private let descriptor: Descriptor
  private var framer = VICIFramer()

  init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }

  func take() throws -> [VICIPacket] {
    if let bytes = try descriptor.read() { framer.append(bytes) }
    var packets: [VICIPacket] = []
    while let packet = try framer.next() { packets.append(packet) }
    return packets
  }

  func give(_ packets: VICIPacket...) throws {
    for packet in packets { try give(bytes: try packet.encoded()) }
  }

  func give(bytes: [UInt8]) throws { #expect(try descriptor.send(bytes[...]) == bytes.count) }

  func shutDown() { shutdown(descriptor.number, Int32(SHUT_RDWR)) }

  func give(whatFits bytes: [UInt8]) { _ = try? descriptor.send(bytes[...]) }
}
