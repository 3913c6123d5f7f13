import CShims
import Glibc
import Testing

@testable import LinuxEdge
@testable import TunnelCore

/// Clients of the control socket: patient, silent, greedy, endless.
@Suite struct ControlServerTests {
  private let start = Instant(nanoseconds: 1_000_000_000)

  private func withServer(_ body: (ControlServer) throws -> Void) throws {
    let directory = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
    let path = "\(directory)/vpnagent-control-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).sock"
    defer { _ = unsafe unlink(path) }
    try body(try ControlServer(path: path))
  }

  /// A client, and what the server calls it.
  private final class Client {
    let descriptor: Descriptor
    let number: Int32

    init(of server: ControlServer, at now: Instant) throws {
      descriptor = try Descriptor(
        taking: unsafe vpa_unix_connect_now(server.path), operation: "connect to")
      number = try #require(try server.accept(at: now))
    }

    func send(_ text: String) throws { _ = try descriptor.send(Array(text.utf8)[...]) }
  }

  private func connected(to server: ControlServer, after seconds: Double = 0) throws -> Client {
    try Client(of: server, at: at(seconds))
  }

  /// Sends a line, which is heard.
  private func ask(
    _ line: String, _ client: Client, of server: ControlServer, at now: Instant? = nil
  ) throws -> RequestID {
    try client.send("\(line)\n")
    return try #require(heard(line, from: client, of: server, at: now ?? start))
  }

  private func heard(
    _ line: String, from client: Client, of server: ControlServer, at now: Instant
  ) -> RequestID? {
    guard case .asked(let id, let heard) = server.advance(client.number, at: now), heard == line
    else { return nil }
    return id
  }

  private func at(_ seconds: Double) -> Instant { start.advanced(by: .seconds(seconds)) }

  @Test func anAnswerMayComeLater() throws {
    try withServer { server in
      let client = try connected(to: server)
      let number = client.number
      #expect(server.advance(number, at: start) == .readable)
      let id = try ask("verify to-b", client, of: server)
      #expect(server.advance(number, at: start) == .readable, "it waits")
      #expect(server.nextDeadline == nil, "nobody hurries it")
      #expect(server.answer(RequestID(rawValue: 99), [1], at: start) == nil)
      #expect(server.answer(id, Array("done".utf8), at: start) == nil)
      #expect(try client.descriptor.read() == Array("done".utf8))
      #expect(try client.descriptor.read() == [])
      #expect(server.answer(id, [1], at: start) == nil, "it is gone")
    }
  }

  @Test func anAnswerMayComeInPieces() throws {
    try withServer { server in
      let client = try connected(to: server)
      let number = client.number
      let id = try ask("status", client, of: server)
      var left = ["b", "c"]
      let further = { left.isEmpty ? nil : Array(left.removeFirst().utf8) }
      #expect(server.answer(id, Array("a".utf8), at: start, further: further) == number)
      #expect(left == ["c"], "no more than the next one is made")
      #expect(server.advance(number, at: start) == .writable)
      #expect(server.advance(number, at: start) == .closed)
      #expect(try client.descriptor.read() == Array("abc".utf8))
    }
  }

  @Test func whoDoesNotAskIsLetGo() throws {
    try withServer { server in
      let client = try connected(to: server)
      let number = client.number
      server.endTurn(at: at(4.9))
      #expect(server.advance(number, at: at(4.9)) == .readable)
      server.endTurn(at: at(5))
      #expect(server.advance(number, at: at(5)) == .closed)
      #expect(try client.descriptor.read() == [])
    }
  }

  @Test func whoDoesNotReadIsLetGo() throws {
    try withServer { server in
      let client = try connected(to: server)
      let number = client.number
      let id = try ask("status", client, of: server)
      #expect(server.answer(id, [UInt8](repeating: 7, count: 8 << 20), at: at(1)) == number)
      server.endTurn(at: at(30.9))
      #expect(server.advance(number, at: at(30.9)) == .writable)
      server.endTurn(at: at(31))
      #expect(server.advance(number, at: at(31)) == .closed)
    }
  }

  /// One that asks when all places are taken is heard: whoever has waited longest without asking goes.
  @Test func silentClientsKeepNobodyOut() throws {
    try withServer { server in
      let silent = try (0..<32).map { try connected(to: server, after: Double($0) / 100) }
      // What they have sent was not looked at yet.
      let one = try Descriptor(
        taking: unsafe vpa_unix_connect_now(server.path), operation: "connect to")
      #expect(try server.accept(at: at(0.5)) == nil)
      #expect(try one.read() == [])
      for _ in 0..<2 { server.endTurn(at: at(0.6)) }
      let client = try connected(to: server, after: 1)
      _ = try ask("status", client, of: server, at: at(1))
      #expect(try silent[0].descriptor.read() == [])
      #expect(server.advance(silent[1].number, at: at(1)) == .readable)
    }
  }

  /// A turn that takes long is no client's fault.
  @Test func whoHasAskedInTimeIsHeard() throws {
    try withServer { server in
      let client = try connected(to: server)
      try client.send("status\n")
      server.endTurn(at: at(6))
      #expect(heard("status", from: client, of: server, at: at(6)) != nil)
    }
  }

  /// `printf 'verify to-b\n' | nc -NU ...`: it sends nothing more, and waits.
  @Test func whoSendsNothingMoreGetsItsAnswer() throws {
    try withServer { server in
      let client = try connected(to: server)
      let id = try ask("verify to-b", client, of: server)
      shutdown(client.descriptor.number, Int32(SHUT_WR))
      #expect(server.advance(client.number, at: start) == .ended)
      #expect(server.answer(id, Array("done".utf8), at: start) == nil)
      #expect(try client.descriptor.read() == Array("done".utf8))
    }
  }

  @Test func whoIsGoneIsForgotten() throws {
    try withServer { server in
      let number: Int32
      do {
        let client = try connected(to: server)
        try client.send("verify to-b\n")
        number = client.number
        _ = server.advance(number, at: start)
      }
      #expect(server.advance(number, at: start) == .ended)
      #expect(server.advance(number, at: start) == .closed)
    }
  }

  /// One that sends without end is read once a wake-up.
  @Test func whoSendsWithoutEndHoldsUpNothing() throws {
    try withServer { server in
      let client = try connected(to: server)
      let number = client.number
      _ = try ask("status", client, of: server)
      var sent = 0
      while true {
        let count = try client.descriptor.send([UInt8](repeating: 1, count: 4096)[...])
        if count == 0 { break }
        sent += count
      }
      #expect(sent > 64 << 10)
      #expect(server.advance(number, at: start) == .readable)
      #expect(try client.descriptor.send([UInt8](repeating: 1, count: 1 << 20)[...]) < 64 << 10)
    }
  }

  // MARK: status

  @Test(arguments: [0, 1, 31, 32, 33, 100]) func statusInPiecesIsTheWhole(count: Int) {
    let gateways = (0..<count).map { Gateway(name: "g\($0)", addresses: [IPAddress(10, 0, 0, 1)]) }
    let configuration = Configuration(
      gateways: Dictionary(gateways.map { ($0.name, $0) }) { $1 },
      vpns: (0..<count).map { VPN(name: "v\($0)", gateway: "g\($0)") })
    let core = Core(configuration: configuration, seed: 1, at: start)
    func status(_ tunnels: [TunnelStatus]) -> AgentStatus {
      AgentStatus(
        version: "1 \"tunnels\" : [", pid: 1, uptime: 1, config: nil, control: "vici",
        controlObstacle: nil, role: "active", badSPI: nil, dryRun: false, massFailure: nil,
        load: nil,
        transportSAs: nil, tunnels: tunnels)
    }
    let pieces = ListPieces(status([]), list: "tunnels", core.tunnelIDs) {
      core.status(of: $0, at: start)
    }
    var all: [UInt8] = []
    var longest = 0
    while let piece = pieces.next() {
      all += piece
      longest = max(longest, piece.count)
    }
    let whole = status(core.tunnelIDs.compactMap { core.status(of: $0, at: start) }).json()
    #expect(String(decoding: all, as: UTF8.self) == String(decoding: whole, as: UTF8.self))
    #expect(count < 100 || longest < whole.count / 2)
  }

  @Test(arguments: [0, 1, 32, 70]) func aListInPiecesIsTheWhole(count: Int) {
    struct Row: Encodable {
      var name: String
      var lines: [String]
    }
    struct Report: Encodable {
      var after = "rows"
      var rows: [Row]
      var time = 1.5
    }
    func row(_ number: Int) -> Row? {
      let lines = number % 2 == 0 ? [] : ["a"]
      return number % 3 == 1 ? nil : Row(name: "[\"rows\" : [\n\(number)", lines: lines)
    }
    let pieces = ListPieces(Report(rows: []), list: "rows", Array(0..<count), make: row)
    var all: [UInt8] = []
    while let piece = pieces.next() { all += piece }
    let whole = encoded(Report(rows: (0..<count).compactMap(row)))
    #expect(String(decoding: all, as: UTF8.self) == String(decoding: whole, as: UTF8.self))
  }
}
