import Glibc
import TunnelCore

/// Serves the agent's metrics over HTTP, where the configuration says.
///
/// The text is made at most once a second, and all that read it meanwhile share one copy. Who asks for
/// another one waits until the figures in it were read (`isWaiting`, then `figuresAreRead`); then it is
/// made in pieces between turns of the loop. A place that cannot be had is no obstacle to tunnels: it is
/// logged once and tried again.
final class MetricsServer {
  /// From one text to the next.
  static let freshness = Duration.seconds(1)
  /// From one try to listen to the next.
  static let retryPause = Duration.seconds(10)
  /// Tunnels that one request may name.
  static let mostVPNs = 64

  private let log: Log
  private let limits: HTTPServer.Limits
  /// Makes a text in pieces: nil after the last, empty while more is to be done. Of the tunnels of these
  /// names; of everything when there is none.
  typealias Source = (_ vpns: [String]) throws(MetricsPieces.UnknownTunnel) -> ControlServer.Pieces

  private let source: Source
  private var address: MetricsAddress?
  private var server: HTTPServer?
  private var retryAt: Instant?
  /// Texts that are being made, or are fresh.
  private var texts: [Text] = []
  /// Requests for the metrics that were answered.
  private(set) var scrapes: UInt64 = 0

  /// One text and its page.
  private final class Text {
    let vpns: [String]
    let next: ControlServer.Pieces
    /// Whether what it shows was read.
    var hasFigures = false
    var pieces: [[UInt8]] = []
    /// Once it is whole.
    var page: HTTPPage?
    /// When it was.
    var madeAt: Instant?

    init(_ vpns: [String], _ next: @escaping ControlServer.Pieces) {
      self.vpns = vpns
      self.next = next
    }
  }

  /// A server that does not listen yet; `source` makes what it serves.
  init(_ log: Log, limits: HTTPServer.Limits = .init(), source: @escaping Source) {
    self.log = log
    self.limits = limits
    self.source = source
  }

  /// When `wake` is due.
  var nextDeadline: Instant? {
    // At once while a text is being made.
    let texts = texts.lazy.filter(\.hasFigures)
      .map { $0.madeAt?.advanced(by: Self.freshness) ?? Instant(nanoseconds: 0) }
    return (server?.nextDeadline ?? retryAt).orEarlier(texts.min())
  }

  /// Whether somebody waits for figures.
  var isWaiting: Bool { texts.contains { !$0.hasFigures } }

  /// The texts that somebody waits for can be made.
  func figuresAreRead() {
    for text in texts { text.hasFigures = true }
  }

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
    attendTexts(at: now)
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
    (server, retryAt, address, texts) = (nil, nil, nil, [])
  }

  private func open(at now: Instant) -> Result<Int32, EdgeError>? {
    guard let address else { return nil }
    do {
      let server = try HTTPServer(on: address, limits: limits) { [unowned self] in
        page($0)
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

  private static func bad(_ text: String) -> HTTPPage? { plain(400, text + "\n") }

  private func page(_ request: HTTPRequest) -> HTTPAnswer {
    func answer(_ page: HTTPPage?) -> HTTPAnswer { page.map { .page($0) } ?? .close }
    guard ["GET", "HEAD"].contains(request.method) else { return answer(refused) }
    switch request.path {
    case "/metrics":
      var vpns: [String] = []
      for argument in request.arguments {
        guard argument.name == "vpn", let name = argument.value, !name.isEmpty else {
          return answer(
            Self.bad("?\(argument.name): not an argument; expected: vpn=NAME, repeated for more"))
        }
        if !vpns.contains(name) { vpns.append(name) }
      }
      guard vpns.count <= Self.mostVPNs else {
        return answer(
          Self.bad("/metrics: \(vpns.count) times vpn=NAME; expected: at most \(Self.mostVPNs)"))
      }
      return metrics(of: vpns)
    case "/": return answer(home)
    default: return answer(unknown)
    }
  }

  private func metrics(of vpns: [String]) -> HTTPAnswer {
    if let text = texts.first(where: { $0.vpns == vpns }) {
      // Without memory for the page the text is whole and has none.
      guard let page = text.page else { return text.madeAt == nil ? .later : .close }
      scrapes += 1
      return .page(page)
    }
    do {
      texts.append(Text(vpns, try source(vpns)))
      return .later
    } catch {
      return Self.plain(404, "no tunnel is called \(error.name)\n").map { .page($0) } ?? .close
    }
  }

  /// Makes a piece of each text, gives out those that are whole, and forgets those that are old.
  private func attendTexts(at now: Instant) {
    texts.removeAll { $0.madeAt.map { $0.advanced(by: Self.freshness) <= now } ?? false }
    var isAnyWhole = false
    for text in texts where text.hasFigures && text.page == nil {
      if let piece = text.next() {
        text.pieces.append(piece)
        continue
      }
      text.page = HTTPPage(status: 200, type: Exposition.contentType, PiecedText(text.pieces))
      (text.pieces, text.madeAt) = ([], now)
      isAnyWhole = true
    }
    guard isAnyWhole else { return }
    server?.wake(at: now)
    texts.removeAll { $0.madeAt != nil && $0.page == nil }
  }
}
