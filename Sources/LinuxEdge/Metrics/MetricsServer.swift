import Glibc
import TunnelCore

/// Serves the agent's metrics over HTTP, where the configuration says.
///
/// The text is made at most once a second, and all that read it meanwhile share one copy. A place
/// that cannot be had is no obstacle to tunnels: it is logged once and tried again.
final class MetricsServer {
  /// From one text to the next.
  static let freshness = Duration.seconds(1)
  /// From one try to listen to the next.
  static let retryPause = Duration.seconds(10)

  private let log: Log
  private let limits: HTTPServer.Limits
  private let text: (Instant) -> [UInt8]
  private var address: MetricsAddress?
  private var server: HTTPServer?
  private var retryAt: Instant?
  private var current: (page: HTTPPage, at: Instant)?
  /// Requests for the metrics that were answered.
  private(set) var scrapes: UInt64 = 0

  /// A server that does not listen yet; `text` makes what it serves.
  init(_ log: Log, limits: HTTPServer.Limits = .init(), text: @escaping (Instant) -> [UInt8]) {
    self.log = log
    self.limits = limits
    self.text = text
  }

  /// When `wake` is due.
  var nextDeadline: Instant? { server?.nextDeadline ?? retryAt }

  /// Connections that are open.
  var connections: Int { server?.connections ?? 0 }

  /// What is to be watched while it listens.
  var descriptor: Int32? { server?.descriptor }

  /// Listens there from now on, nil: nowhere. Returns the descriptor to watch, if it is another.
  func listen(on wanted: MetricsAddress?, at now: Instant) -> Result<Int32, EdgeError>? {
    guard wanted != address else { return nil }
    close()
    address = wanted
    return open(at: now)
  }

  /// Does what is due. Returns a descriptor to watch where a place was found at last.
  func wake(at now: Instant) -> Int32? {
    if let due = server?.nextDeadline, due <= now { server?.run(at: now) }
    guard let due = retryAt, due <= now, case .success(let descriptor)? = open(at: now) else {
      return nil
    }
    return descriptor
  }

  /// Its descriptor is readable.
  func serve(at now: Instant) { server?.run(at: now) }

  /// Closes all connections, and takes the socket out of the file system.
  func close() {
    guard server != nil || retryAt != nil else { return }
    if server != nil, case .unix(let path) = address { _ = unsafe unlink(path) }
    (server, retryAt, address) = (nil, nil, nil)
  }

  private func open(at now: Instant) -> Result<Int32, EdgeError>? {
    guard let address else { return nil }
    do {
      let server = try HTTPServer(on: address, limits: limits) { [unowned self] in
        page($0, $1, at: monotonicNow())
      }
      self.server = server
      retryAt = nil
      server.run(at: now)
      log(.info, "-", "metrics: http on \(address)")
      return .success(server.descriptor)
    } catch {
      if retryAt == nil { log(.error, "-", "metrics: \(error); trying again") }
      retryAt = now.advanced(by: Self.retryPause)
      return .failure(error)
    }
  }

  // MARK: Pages

  private static let plain = "text/plain; charset=utf-8"
  private static func plain(_ status: UInt32, _ text: String, allow: String? = nil) -> HTTPPage? {
    HTTPPage(status: status, type: plain, allow: allow, Array(text.utf8))
  }
  private let home = plain(200, "vpnagent: metrics are at /metrics\n")
  private let unknown = plain(404, "not found: metrics are at /metrics\n")
  private let refused = plain(405, "only GET and HEAD\n", allow: "GET, HEAD")

  private func page(_ method: String, _ path: String, at now: Instant) -> HTTPPage? {
    guard method == "GET" || method == "HEAD" else { return refused }
    switch path {
    case "/metrics": return metrics(at: now)
    case "/": return home
    default: return unknown
    }
  }

  private func metrics(at now: Instant) -> HTTPPage? {
    scrapes += 1
    if let current, current.at.duration(to: now) < Self.freshness { return current.page }
    current = HTTPPage(status: 200, type: Exposition.contentType, text(now)).map { ($0, now) }
    return current?.page
  }
}
