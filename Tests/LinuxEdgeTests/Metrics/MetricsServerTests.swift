import CShims
import Glibc
import Testing
import TunnelCore

@testable import LinuxEdge

/// Metrics over HTTP, driven by a loop as the agent's is. No client may make the loop wait.
@Suite struct MetricsServerTests {
  /// A server, its loop, and how long the loop was ever busy with it.
  private final class Rig {
    let path: String
    let server: MetricsServer
    private var reactor: Reactor
    private(set) var longest = Duration.zero
    private(set) var texts = 0
    private var clock = Duration.zero

    init(_ limits: HTTPServer.Limits = .init(), bytes: [UInt8] = Array("vpnagent_test 1\n".utf8))
      throws
    {
      path = scratch()
      let counter = Counter()
      server = MetricsServer(Log(threshold: .error), limits: limits) { _ in
        counter.count += 1
        return bytes
      }
      reactor = try Reactor()
      self.counter = counter
      try listen(on: .unix(path))
    }

    deinit { server.close() }

    private final class Counter { var count = 0 }
    private let counter: Counter
    /// Times the text was made.
    var made: Int { counter.count }

    func listen(on address: MetricsAddress?) throws {
      if let found = server.listen(on: address, at: monotonicNow()) {
        try reactor.watch(found.get(), for: .metrics)
      }
    }

    /// Runs the loop until something is so, for `seconds` at most; returns whether it is.
    @discardableResult
    func run(_ seconds: Double = 10, until isSo: () -> Bool = { false }) throws -> Bool {
      let end = monotonicNow().advanced(by: .milliseconds(Int64(seconds * 1000)))
      while !isSo() {
        let now = monotonicNow()
        if now >= end { return false }
        let next = [end, server.nextDeadline, now.advanced(by: .milliseconds(20))].compactMap(
          \.self)
        let ready = try reactor.wait(until: next.min(), now: now)
        let begun = monotonicNow()
        if !ready.isEmpty { server.serve(at: begun) }
        if let descriptor = server.wake(at: begun) {
          try reactor.watch(descriptor, for: .metrics)
        }
        longest = max(longest, begun.duration(to: monotonicNow()))
      }
      return true
    }

    /// Connects; sends what is given, reads nothing.
    func client(_ request: String = "") throws -> Descriptor {
      let client = try Descriptor(
        taking: unsafe vpa_unix_connect_now(path), operation: "connect to", object: path)
      if !request.isEmpty { _ = try client.send(Array(request.utf8)[...]) }
      return client
    }

    /// What comes for a request, to the end of the stream; nil when that does not come.
    func ask(_ request: String, within seconds: Double = 10) throws -> String? {
      let client = try client(request)
      return try rest(of: client, within: seconds).map { String(decoding: $0, as: UTF8.self) }
    }

    func rest(of client: borrowing Descriptor, within seconds: Double = 10) throws -> [UInt8]? {
      var bytes: [UInt8] = []
      let number = client.number
      var isOver = false
      try run(seconds) {
        var buffer = [UInt8](repeating: 0, count: 65536)
        while !isOver {
          let count = unsafe buffer.withUnsafeMutableBufferPointer {
            unsafe vpa_read(number, $0.baseAddress, $0.count)
          }
          if count == -Int64(EAGAIN) { break }
          if count <= 0 { isOver = true } else { bytes += buffer.prefix(Int(count)) }
        }
        return isOver
      }
      return isOver ? bytes : nil
    }
  }

  private static func scratch() -> String {
    let directory = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
    return "\(directory)/vpnagent-metrics-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).sock"
  }

  private static func request(_ method: String = "GET", _ path: String = "/metrics") -> String {
    "\(method) \(path) HTTP/1.1\r\nHost: vpnagent\r\n\r\n"
  }

  // MARK: Pages

  @Test func metricsArePlainText() throws {
    let rig = try Rig()
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
    let rig = try Rig()
    let answer = try #require(try rig.ask(Self.request(method, path)))
    #expect(answer.hasPrefix("\(status)\r\n"))
    #expect(answer.hasSuffix(end))
    #expect(answer.contains("\r\nAllow: GET, HEAD\r\n") == status.contains("405"))
    #expect(rig.made == 0)
  }

  @Test func theTextIsMadeOnceASecond() throws {
    let rig = try Rig()
    for _ in 0..<20 { _ = try #require(try rig.ask(Self.request())) }
    #expect(rig.made <= 2)
    try rig.run(1.1)
    _ = try rig.ask(Self.request())
    #expect(rig.made >= 2)
  }

  @Test func overTCP() throws {
    let rig = try Rig()
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
    let rig = try Rig(.init(connections: 4, idle: 2, total: 30))
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
    let rig = try Rig(.init(connections: 4, idle: 10, total: 2))
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
    let rig = try Rig(.init(connections: 4, idle: 10, total: 30), bytes: large)
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
    let rig = try Rig()
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
    let rig = try Rig()
    let path = Self.scratch()
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
