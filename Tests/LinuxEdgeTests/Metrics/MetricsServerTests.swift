import CShims
import Glibc
import Testing
import TunnelCore

@testable import LinuxEdge

private let argumentError = "not an argument; expected: vpn=NAME, repeated for more\n"

/// Metrics over HTTP, driven by a loop as the agent's is. No client may make the loop wait.
@Suite struct MetricsServerTests {
  private static func request(_ method: String = "GET", _ path: String = "/metrics") -> String {
    "\(method) \(path) HTTP/1.1\r\nHost: vpnagent\r\n\r\n"
  }

  // MARK: Pages

  @Test func metricsArePlainText() throws {
    let rig = try MetricsRig()
    let answer = try #require(try rig.ask(Self.request()))
    #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
    #expect(answer.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"))
    #expect(answer.contains("Connection: close\r\n"))
    #expect(answer.hasSuffix("\r\n\r\nvpnagent_test 1\n"))
    let head = try #require(try rig.ask(Self.request("HEAD")))
    #expect(head.contains("Content-Length: 16\r\n") && head.hasSuffix("\r\n\r\n"))
    #expect(rig.server.scrapes == 2)
    #expect(rig.server.connections == 0)
  }

  @Test(arguments: [
    ("GET", "/", "HTTP/1.1 200 OK", "metrics are at /metrics\n"),
    ("GET", "/metrics/", "HTTP/1.1 404 Not Found", "not found: metrics are at /metrics\n"),
    ("GET", "/../etc/passwd", "HTTP/1.1 404 Not Found", "not found: metrics are at /metrics\n"),
    ("POST", "/metrics", "HTTP/1.1 405 Method Not Allowed", "only GET and HEAD\n"),
    ("DELETE", "/", "HTTP/1.1 405 Method Not Allowed", "only GET and HEAD\n"),
  ])
  func otherRequests(method: String, path: String, status: String, end: String) throws {
    let rig = try MetricsRig()
    let answer = try #require(try rig.ask(Self.request(method, path)))
    #expect(answer.hasPrefix("\(status)\r\n"))
    #expect(answer.hasSuffix(end))
    #expect(answer.contains("\r\nAllow: GET, HEAD\r\n") == status.contains("405"))
    #expect(rig.made == 0)
  }

  @Test func theTextIsMadeOnceASecond() throws {
    let rig = try MetricsRig()
    for _ in 0..<20 { _ = try #require(try rig.ask(Self.request())) }
    #expect(rig.made <= 2)
    try rig.run(1.1)
    _ = try rig.ask(Self.request())
    #expect(rig.made >= 2)
  }

  @Test func theTextIsMadeAPieceATurnAndAllThatWaitShareIt() throws {
    let rig = try MetricsRig()
    rig.setEmpty(50)
    let waiting = [Box(try rig.client(Self.request())), Box(try rig.client(Self.request()))]
    try rig.run(5) { rig.pieces == 10 }
    #expect(rig.pieces == 10 && rig.server.scrapes == 0, "others had their turn in between")
    for client in waiting {
      let answer = try #require(try rig.rest(of: client.descriptor))
      #expect(String(decoding: answer, as: UTF8.self).hasSuffix("\r\n\r\nvpnagent_test 1\n"))
    }
    #expect(rig.made == 1 && rig.pieces == 52)
    #expect(rig.server.nextDeadline != nil, "the text is forgotten after a second")
    try rig.run(1.2)
    #expect(rig.server.nextDeadline == nil)
  }

  @Test func whoGoesWhileTheTextIsMadeHurtsNobody() throws {
    let rig = try MetricsRig()
    rig.setEmpty(50)
    do {
      let rude = try rig.client(Self.request())
      try rig.run(5) { rig.pieces == 5 }
      _ = rude.number
    }
    #expect(try rig.ask(Self.request())?.hasSuffix("vpnagent_test 1\n") == true)
    #expect(try rig.run(5) { rig.server.connections == 0 })
    rig.setEmpty(1_000_000)
    let waiting = try rig.client(Self.request("GET", "/metrics?vpn=a"))
    let before = rig.pieces
    try rig.run(5) { rig.pieces > before + 5 }
    rig.server.close()
    #expect(try waiting.read() == [], "closed with the server")
  }

  @Test(arguments: [
    ("?vpn=a", "200 OK", "\r\n\r\navpnagent_test 1\n"),
    ("?vpn=a&vpn=b%20c&vpn=a", "200 OK", "\r\n\r\na b cvpnagent_test 1\n"),
    ("?vpn=a&vpn=no-b", "404 Not Found", "no tunnel is called no-b\n"),
    ("?vpn=", "400 Bad Request", "?vpn: \(argumentError)"),
    ("?tunnel=a", "400 Bad Request", "?tunnel: \(argumentError)"),
  ])
  func someTunnelsAlone(arguments: String, status: String, end: String) throws {
    let rig = try MetricsRig()
    let answer = try #require(try rig.ask(Self.request("GET", "/metrics" + arguments)))
    #expect(answer.hasPrefix("HTTP/1.1 \(status)\r\n"))
    #expect(answer.hasSuffix(end))
    let all = try #require(try rig.ask(Self.request()))
    #expect(all.hasSuffix("\r\n\r\nvpnagent_test 1\n"), "another text")
  }

  @Test func whoAsksWaitsForFigures() throws {
    let rig = try MetricsRig()
    rig.hasFigures = false
    let clients = [try Box(rig.client(Self.request())), try Box(rig.client(Self.request("HEAD")))]
    try rig.run(0.3)
    #expect(rig.server.isWaiting && rig.server.connections == 2 && rig.pieces == 0)
    #expect(try rig.ask(Self.request("GET", "/"))?.hasPrefix("HTTP/1.1 200 OK") == true)
    rig.hasFigures = true
    let answers = try clients.map { try #require(try rig.rest(of: $0.descriptor)) }
    #expect(String(decoding: answers[0], as: UTF8.self).hasSuffix("vpnagent_test 1\n"))
    #expect(String(decoding: answers[1], as: UTF8.self).hasPrefix("HTTP/1.1 200 OK"))
    #expect(rig.made == 1 && rig.server.scrapes == 2 && !rig.server.isWaiting)
    #expect(try rig.run(5) { rig.server.connections == 0 })
  }

  /// The server ends, or moves, while somebody waits; and one who waits goes.
  @Test func waitingEndsWithTheServer() throws {
    let rig = try MetricsRig()
    rig.hasFigures = false
    let client = Box(try rig.client(Self.request()))
    try rig.run(5) { rig.server.isWaiting }
    rig.server.close()
    #expect(try client.descriptor.read() == [] && !rig.server.isWaiting)
    try rig.listen(on: .unix(rig.path))
    do {
      let rude = Box(try rig.client(Self.request()))
      try rig.run(5) { rig.server.isWaiting }
      #expect(rude.descriptor.number >= 0)
    }
    rig.hasFigures = true
    #expect(try rig.ask(Self.request())?.hasSuffix("vpnagent_test 1\n") == true)
    #expect(try rig.run(5) { rig.server.connections == 0 })
  }

  @Test func tooManyTunnelsAreNoPage() throws {
    let rig = try MetricsRig()
    func names(_ count: Int) -> String {
      "/metrics?" + (1...count).map { "vpn=\($0)" }.joined(separator: "&")
    }
    #expect(try rig.ask(Self.request("GET", names(64)))?.hasPrefix("HTTP/1.1 200 ") == true)
    let answer = try #require(try rig.ask(Self.request("GET", names(65))))
    #expect(answer.hasPrefix("HTTP/1.1 400 "))
    #expect(answer.hasSuffix("/metrics: 65 times vpn=NAME; expected: at most 64\n"))
    #expect(try rig.ask(Self.request("GET", names(500)))?.contains(" 200 ") != true)
  }

  @Test func overTCP() throws {
    let rig = try MetricsRig()
    let port = try #require(
      (0..<50).map { UInt16(20_000 + (Int(getpid()) + $0 * 977) % 20_000) }.first { port in
        (try? rig.listen(on: .tcp(IPAddress(127, 0, 0, 1), port: port))) != nil
      })
    #expect(unsafe access(rig.path, F_OK) != 0, "the socket is gone from its old place")
    let runner = ProcessRunner<Int>()
    let script = """
      exec 3<>/dev/tcp/127.0.0.1/\(port)
      printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3
      [[ $(cat <&3) == *'vpnagent_test 1' ]]
      """
    let process = try runner.start(
      1, ["bash", "-c", script], bound: .seconds(20), at: monotonicNow())
    var outcome: CommandEnd?
    try rig.run(20) {
      outcome = runner.serve(process)?.end
      return outcome != nil
    }
    #expect(outcome == .exited(0))
    try rig.listen(on: nil)
    #expect(rig.server.nextDeadline == nil)
  }

  // MARK: Clients that are slow, silent or many

  @Test func whoNeverSpeaksIsCutAndOthersWaitNoLonger() throws {
    let rig = try MetricsRig(.init(connections: 4, idle: 2, total: 30))
    var silent: [Box] = []
    for _ in 0..<4 { silent.append(Box(try rig.client())) }
    try rig.run(5) { rig.server.connections == 4 }
    #expect(rig.server.connections == 4)
    // The fifth waits in the kernel's queue until the silent ones are cut, and not longer: a full
    // server does not look at its listener by itself.
    let begun = monotonicNow()
    let answer = try rig.ask(Self.request(), within: 15)
    #expect(answer?.hasSuffix("vpnagent_test 1\n") == true)
    #expect(begun.duration(to: monotonicNow()) >= .milliseconds(900))
    try rig.run(5) { rig.server.connections == 0 }
    #expect(rig.server.connections == 0)
    #expect(rig.longest < .milliseconds(500))
  }

  private final class Box {
    let descriptor: Descriptor
    init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
  }

  @Test func whoDribblesIsCutAll() throws {
    let rig = try MetricsRig(.init(connections: 4, idle: 10, total: 2))
    let client = try rig.client("GET /metrics HTTP/1.1\r\n")
    let begun = monotonicNow()
    while begun.duration(to: monotonicNow()) < .seconds(15) {
      try rig.run(0.2)
      guard (try? client.send(Array("X".utf8)[...])) != nil else { break }
    }
    let took = begun.duration(to: monotonicNow())
    #expect(took > .milliseconds(1500) && took < .seconds(12), "\(took)")
    try rig.run(5) { rig.server.connections == 0 }
    #expect(rig.server.connections == 0)
    #expect(try rig.ask(Self.request())?.hasSuffix("vpnagent_test 1\n") == true)
  }

  @Test func whoDoesNotReadHoldsUpNobody() throws {
    let bytes = Array("vpnagent_test 1\n".utf8)
    let large = Array(repeatElement(bytes, count: 500_000).joined())
    let rig = try MetricsRig(.init(connections: 4, idle: 10, total: 30), bytes: large)
    let lazy = try rig.client(Self.request())
    try rig.run(5) { rig.server.scrapes == 1 }
    let answer = try rig.rest(of: rig.client(Self.request()))
    #expect(answer?.count ?? 0 > large.count)
    let late = try #require(try rig.rest(of: lazy))
    #expect(late.count > large.count)
    #expect(late.suffix(large.count).elementsEqual(large))
    // One that goes in the middle ends nothing but itself.
    do {
      let rude = try rig.client(Self.request())
      try rig.run(5) { rig.server.scrapes == 3 }
      _ = try rude.read()
    }
    #expect(try rig.run(10) { rig.server.connections == 0 })
  }

  @Test func whoAsksTooMuchIsRefused() throws {
    let rig = try MetricsRig()
    let long = String(repeating: "x", count: 20_000)
    let answer = try rig.ask("GET /metrics HTTP/1.1\r\nHost: h\r\nX: \(long)\r\n\r\n")
    #expect(answer?.contains(" 200 ") != true)
    #expect(try rig.run(5) { rig.server.connections == 0 })
    for junk in ["\r\n\r\n\r\n", "\0\0\0\0", "GET\r\n\r\n", "GET /metrics\r\n\r\n"] {
      let client = try rig.client(junk)
      try rig.run(0.1)
      _ = client.number
    }
    #expect(try rig.run(15) { rig.server.connections == 0 })
    #expect(try rig.ask(Self.request())?.hasSuffix("vpnagent_test 1\n") == true)
  }

  // MARK: Places

  @Test func aPlaceThatIsTakenIsTriedAgain() throws {
    let rig = try MetricsRig()
    let path = MetricsRig.scratch()
    try replaceFile(path, with: Array("a file of somebody's".utf8))
    #expect(throws: EdgeError.self) { try rig.listen(on: .unix(path)) }
    #expect(try readFile(path) == Array("a file of somebody's".utf8), "it is left alone")
    let due = try #require(rig.server.nextDeadline)
    #expect(rig.server.wake(at: due) == nil)
    _ = unsafe unlink(path)
    let next = try #require(rig.server.nextDeadline)
    let descriptor = try #require(rig.server.wake(at: next))
    #expect(rig.server.descriptor == descriptor)
    rig.server.close()
    #expect(unsafe access(path, F_OK) != 0)
  }
}
