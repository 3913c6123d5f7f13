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

  deinit { unsafe vpa_http_page_free(page) }
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

  private let choose: (_ method: String, _ path: String) -> HTTPPage?
  private var server: OpaquePointer?
  /// When `run` is due though nothing is readable.
  private(set) var nextDeadline: Instant?

  /// Listens; `choose` gives the page for a request, nil closes the connection.
  init(
    on address: MetricsAddress, limits: Limits = Limits(),
    choose: @escaping (_ method: String, _ path: String) -> HTTPPage?
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

  private static let answer: vpa_http_choose = { context, method, path in
    guard let context = unsafe context, let method = unsafe method, let path = unsafe path else {
      return nil
    }
    let server = unsafe Unmanaged<HTTPServer>.fromOpaque(context).takeUnretainedValue()
    return unsafe server.choose(String(cString: method), String(cString: path))?.page
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
