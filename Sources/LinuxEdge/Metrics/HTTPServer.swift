import CShims
import Glibc
import TunnelCore

/// What is sent for a request, shared by all connections that send it.
@safe
final class HTTPPage {
  fileprivate let page: OpaquePointer

  /// A page; `allow` names the methods that are allowed, where another was tried. nil without memory.
  init?(status: UInt32, type: String, allow: String? = nil, _ bytes: [UInt8]) {
    guard
      let page = unsafe vpa_http_page_make(status, type, allow, bytes, bytes.count)
    else { return nil }
    unsafe self.page = page
  }

  /// A page of a text that was made in pieces, and is read while it is sent.
  init?(status: UInt32, type: String, _ text: PiecedText) {
    let context = unsafe Unmanaged.passRetained(text).toOpaque()
    guard
      let page = unsafe vpa_http_page_read(
        status, type, UInt64(text.count), Self.read, Self.release, context)
    else { return nil }
    unsafe self.page = page
  }

  private static let read: vpa_http_read = { context, position, buffer, room in
    guard let context = unsafe context, let buffer = unsafe buffer else { return 0 }
    let text = unsafe Unmanaged<PiecedText>.fromOpaque(context).takeUnretainedValue()
    let bytes = text.bytes(from: Int(position), atMost: room)
    let space = unsafe UnsafeMutableBufferPointer(start: buffer, count: room)
    return unsafe space.update(fromContentsOf: bytes)
  }

  private static let release: @convention(c) (UnsafeMutableRawPointer?) -> Void = { context in
    if let context = unsafe context { unsafe Unmanaged<PiecedText>.fromOpaque(context).release() }
  }

  deinit { unsafe vpa_http_page_free(page) }
}

/// A text in pieces, one behind the other.
final class PiecedText {
  private let pieces: [[UInt8]]
  /// Where each begins.
  private let starts: [Int]
  let count: Int

  init(_ pieces: [[UInt8]]) {
    self.pieces = pieces.filter { !$0.isEmpty }
    var count = 0
    starts = self.pieces.map { piece in
      defer { count += piece.count }
      return count
    }
    self.count = count
  }

  /// Bytes of one piece from a position on; empty at the end.
  func bytes(from position: Int, atMost room: Int) -> ArraySlice<UInt8> {
    // The first piece that begins behind the position.
    var (low, high) = (0, starts.count)
    while low < high {
      let middle = (low + high) / 2
      if starts[middle] <= position { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return [] }
    let piece = pieces[low - 1]
    return piece.dropFirst(position - starts[low - 1]).prefix(room)
  }
}

/// What an HTTP client asks for.
struct HTTPRequest: Hashable {
  /// What stands behind `?`; no value without `=`.
  struct Argument: Hashable {
    var name: String
    var value: String?
  }

  var method: String
  /// Without its arguments.
  var path: String
  var arguments: [Argument] = []
}

/// What is to be done about a request.
enum HTTPAnswer {
  case page(HTTPPage)
  /// Asked again after `wake`.
  case later
  case close
}

/// An HTTP server without threads: `run` does what is ready and returns.
@safe
final class HTTPServer {
  /// Bounds of what clients can take: descriptors, memory, time.
  struct Limits {
    /// Connections at a time; more wait in the kernel's queue.
    var connections: UInt32 = 16
    /// Seconds without a byte.
    var idle: UInt32 = 10
    /// Seconds from accepted to closed, however busy a client is.
    var total: UInt32 = 30
    /// Bytes of a request's head.
    var request = 8192
  }

  private let choose: (HTTPRequest) -> HTTPAnswer
  private var server: OpaquePointer?
  /// What was chosen last: it must not go before it is queued.
  private var chosen: HTTPPage?
  /// When `run` is due though nothing is readable.
  private(set) var nextDeadline: Instant?

  /// Listens; `choose` says what a request gets.
  init(
    on address: MetricsAddress, limits: Limits = Limits(),
    choose: @escaping (HTTPRequest) -> HTTPAnswer
  ) throws(EdgeError) {
    self.choose = choose
    let listener = Self.listen(on: address)
    guard listener >= 0 else {
      throw EdgeError(operation: "listen on", object: address.description, errno: -listener)
    }
    var bounds = vpa_http_limits(
      connections: limits.connections, idle_s: limits.idle, total_s: limits.total,
      request_bytes: limits.request)
    let context = unsafe Unmanaged.passUnretained(self).toOpaque()
    let result = unsafe vpa_http_open(listener, &bounds, Self.answer, context, &server)
    guard result == 0 else {
      throw EdgeError(operation: "serve", object: address.description, errno: -result)
    }
  }

  deinit { if let server = unsafe server { unsafe vpa_http_close(server) } }

  private static let answer: vpa_http_choose = { context, request in
    guard let context = unsafe context, let request = unsafe request?.pointee.request else {
      return nil
    }
    let server = unsafe Unmanaged<HTTPServer>.fromOpaque(context).takeUnretainedValue()
    switch server.choose(request) {
    case .page(let page):
      server.chosen = page
      return unsafe page.page
    case .later: return unsafe vpa_http_later()
    case .close: return nil
    }
  }

  /// Has all connections ask again that wait for a page.
  func wake(at now: Instant) {
    guard let server = unsafe server else { return }
    unsafe vpa_http_wake(server)
    run(at: now)
  }

  private static func listen(on address: MetricsAddress) -> Int32 {
    switch address {
    case .tcp(let ip, let port):
      var ip = vpa_ip(ip)
      return unsafe vpa_http_listen_tcp(&ip, port)
    // As open to this host as a loopback address; the folder's mode can say otherwise.
    case .unix(let path): return unsafe vpa_unix_listen(path, 0o666)
    }
  }

  /// The descriptor that is readable when there is something to do.
  var descriptor: Int32 { unsafe server.map { unsafe vpa_http_descriptor($0) } ?? -1 }

  /// Connections that are open.
  var connections: Int { unsafe server.map { unsafe Int(vpa_http_connections($0)) } ?? 0 }

  /// Does what is to be done without waiting.
  func run(at now: Instant) {
    guard let server = unsafe server else { return }
    let wait = unsafe vpa_http_run(server)
    nextDeadline = wait < 0 ? nil : now.advanced(by: .nanoseconds(wait))
  }
}

extension vpa_http_request {
  fileprivate var request: HTTPRequest? {
    guard let method = unsafe method, let path = unsafe path else { return nil }
    let arguments = unsafe UnsafeBufferPointer(start: arguments, count: argument_count)
    return HTTPRequest(
      method: unsafe String(cString: method), path: unsafe String(cString: path),
      arguments: unsafe arguments.compactMap { argument in
        guard let name = unsafe argument.name else { return nil }
        return unsafe .init(
          name: String(cString: name), value: argument.value.map { unsafe String(cString: $0) })
      })
  }
}
