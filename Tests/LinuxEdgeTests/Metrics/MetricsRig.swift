import CShims
import Glibc
import TunnelCore

@testable import LinuxEdge

/// A server, its loop, and how long the loop was ever busy with it.
final class MetricsRig {
  let path: String
  let server: MetricsServer
  private var reactor: Reactor
  private(set) var longest = Duration.zero
  /// Whether figures are there as soon as somebody waits for them.
  var hasFigures = true

  init(_ limits: HTTPServer.Limits = .init(), bytes: [UInt8] = Array("vpnagent_test 1\n".utf8))
    throws
  {
    path = MetricsRig.scratch()
    let counter = Counter()
    server = MetricsServer(Log(threshold: .error), limits: limits) {
      vpns throws(MetricsPieces.UnknownTunnel) in
      if let name = vpns.first(where: { $0.hasPrefix("no-") }) { throw .init(name: name) }
      counter.count += 1
      return counter.pieces(of: vpns, bytes)
    }
    reactor = try Reactor()
    self.counter = counter
    try listen(on: .unix(path))
  }

  deinit { server.close() }

  private final class Counter {
    var count = 0
    /// Pieces without bytes, before those with some.
    var empty = 0
    var made = 0

    func pieces(of vpns: [String], _ bytes: [UInt8]) -> ControlServer.Pieces {
      let all = [UInt8](vpns.joined(separator: " ").utf8) + bytes
      var (left, empty) = (all[...], empty)
      return {
        self.made += 1
        if empty > 0 {
          empty -= 1
          return []
        }
        defer { left = left.dropFirst(65536) }
        return left.isEmpty ? nil : Array(left.prefix(65536))
      }
    }
  }
  private let counter: Counter
  /// How many pieces without bytes come before those with some.
  func setEmpty(_ count: Int) { counter.empty = count }
  /// Pieces that were made.
  var pieces: Int { counter.made }
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
      if hasFigures { server.figuresAreRead() }
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

  /// A path that nobody has.
  static func scratch() -> String {
    let directory = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
    return "\(directory)/vpnagent-metrics-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).sock"
  }
}
