import CShims
import Glibc
import TunnelCore

/// A socket of the shim, closed (and its buffer wiped) with its owner.
@safe
struct NetlinkSocket: ~Copyable {
  private let socket: OpaquePointer

  /// An event socket of the calling thread's network namespace.
  init(watching netlink: vpa_netlink_protocol, receiveBytes: Int32) throws(EdgeError) {
    var opened: OpaquePointer?
    let result = unsafe vpa_events_open(&opened, netlink, receiveBytes)
    unsafe socket = try Self.check(opened, result, "open an event socket")
  }

  /// A request socket of the calling thread's network namespace; with a timeout of 0 it does not wait.
  init(requesting netlink: vpa_netlink_protocol, timeoutMilliseconds: Int32) throws(EdgeError) {
    var opened: OpaquePointer?
    let result = unsafe vpa_requests_open(&opened, netlink, timeoutMilliseconds)
    unsafe socket = try Self.check(opened, result, "open a request socket")
  }

  private static func check(
    _ opened: OpaquePointer?, _ result: Int32, _ operation: String
  ) throws(EdgeError) -> OpaquePointer {
    guard result == 0, let socket = unsafe opened else {
      throw EdgeError(operation: operation, object: "netlink", errno: -result)
    }
    return unsafe socket
  }

  deinit {
    unsafe vpa_netlink_close(socket)
  }

  /// The descriptor, for epoll.
  var fd: Int32 { unsafe vpa_netlink_fd(socket) }

  /// What was not delivered.
  var drops: NetlinkDrops {
    let drops = unsafe vpa_netlink_drops(socket)
    return NetlinkDrops(
      foreign: drops.foreign, malformed: drops.malformed, truncated: drops.truncated,
      overruns: drops.overruns)
  }

  /// Reads an event socket to EAGAIN; routes that are of no interest are passed over.
  ///
  /// - Parameter count: goes up by one for each event, whether or not it is of interest.
  func readEvents(
    keeping interest: RouteInterest? = nil, counting count: inout UInt64,
    _ body: (KernelEvent) -> Void
  ) -> ReadOutcome {
    var event = vpa_event()
    while true {
      let result = unsafe vpa_events_next(socket, &event)
      guard result == 1 else { return result == 0 ? .drained : .overrun }
      count += 1
      if let interest, !interest.concerns(event) { continue }
      if let known = KernelEvent(event, replay: { replay() }) { body(known) }
    }
  }

  /// Sends a request and reads its reply to the end; returns 0 or -errno as the shim says. Routes
  /// that are of no interest are passed over.
  func exchange(
    _ request: [UInt8], keeping interest: RouteInterest? = nil,
    _ body: (KernelEvent) -> Void = { _ in }
  ) -> Int32 {
    var result = unsafe vpa_request_send(socket, request, request.count)
    guard result == 0 else { return result }
    var event = vpa_event()
    repeat {
      result = unsafe vpa_request_next(socket, &event)
      guard result == 1, interest?.concerns(event) ?? true else { continue }
      if let known = KernelEvent(event, replay: { replay() }) { body(known) }
    } while result == 1
    return result
  }

  /// Sends a request; returns 0 or -errno.
  func send(_ request: [UInt8]) -> Int32 { unsafe vpa_request_send(socket, request, request.count) }

  /// Reads a dump on a socket that does not wait: as many datagrams, at most. Returns 0 at its end,
  /// -EAGAIN when there is more or it has not come yet, or -errno as the shim says.
  func readDump(datagrams: Int, _ body: (vpa_event) -> Void) -> Int32 {
    var event = vpa_event()
    for _ in 0..<datagrams {
      var result: Int32
      repeat {
        result = unsafe vpa_dump_next(socket, &event)
        if result == 1 { body(event) }
      } while result == 1
      guard result == -EAGAIN else { return result }
    }
    return -EAGAIN
  }

  /// The body that makes the route or nexthop last delivered again.
  private func replay() -> [UInt8] {
    built(capacity: unsafe vpa_message_length(socket)) {
      unsafe vpa_message_replay(socket, $0, $1)
    } ?? []
  }

  /// The request that expires the SA last delivered; for use in the body of `exchange`.
  func expireRequest(hard: Bool) -> [UInt8]? {
    built(capacity: Int(VPA_REQUEST_CAPACITY)) {
      unsafe vpa_message_sa_expire(socket, $0, $1, hard)
    }
  }

  /// What the kernel wrote about the last failed request.
  var complaint: String { unsafe String(cString: vpa_request_complaint(socket)) }
}

/// What a builder of the shim writes; nil when it returns an error.
@safe
func built(
  capacity: Int = Int(VPA_REQUEST_CAPACITY), _ build: (UnsafeMutableRawPointer?, Int) -> Int32
) -> [UInt8]? {
  var length: Int32 = 0
  let bytes = unsafe [UInt8](unsafeUninitializedCapacity: capacity) {
    length = unsafe build($0.baseAddress, $0.count)
    $1 = Int(max(length, 0))
  }
  return length >= 0 ? bytes : nil
}

/// How reading an event socket ended.
public enum ReadOutcome: Hashable, Sendable {
  /// Every event was delivered.
  case drained
  /// Everything queued was delivered, but the kernel dropped events in between: dump and compare.
  case overrun
}

/// What an event socket dropped since it was opened.
public struct NetlinkDrops: Hashable, Sendable {
  /// Datagrams that did not come from the kernel.
  public var foreign: UInt64
  /// Messages that could not be decoded.
  public var malformed: UInt64
  /// Datagrams longer than the receive buffer; each is reported as an overrun.
  public var truncated: UInt64
  /// Times the kernel said that it dropped events.
  public var overruns: UInt64
}
