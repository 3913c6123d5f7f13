// The watchers: what the kernel multicasts. Subscribe first, then dump (KernelRequests), then merge:
// an event that is older than the dump is seen twice, none is missed.
import CShims
import TunnelCore

/// The kernel buffer asked for; the default holds 166 SA deletions
/// (docs/facts/kernel.md, "Receive buffer").
private let receiveBytes: Int32 = 8 << 20

/// New, changed, deleted and expired SAs and policies. The receive buffer is wiped after every datagram.
public struct XfrmEvents: ~Copyable {
  private let socket: NetlinkSocket
  /// Events that were read, of interest or not.
  public private(set) var count: UInt64 = 0

  /// Opens and subscribes the socket in the calling thread's network namespace.
  public init() throws(EdgeError) {
    try self.init(receiveBytes: receiveBytes)
  }

  init(receiveBytes: Int32) throws(EdgeError) {
    socket = try NetlinkSocket(watching: VPA_NETLINK_XFRM, receiveBytes: receiveBytes)
  }

  /// The descriptor, for epoll; non-blocking.
  public var fd: Int32 { socket.fd }

  /// What was not delivered since the socket was opened.
  public var drops: NetlinkDrops { socket.drops }

  /// Delivers everything queued, in the kernel's order.
  public mutating func read(_ body: (KernelEvent) -> Void) -> ReadOutcome {
    socket.readEvents(counting: &count, body)
  }
}

/// New, changed and deleted links, addresses and routes (not cached ones, not table 255, and none of
/// no interest).
public struct RouteEvents: ~Copyable {
  private let socket: NetlinkSocket
  /// Events that were read, of interest or not.
  public private(set) var count: UInt64 = 0

  /// Opens and subscribes the socket in the calling thread's network namespace.
  public init() throws(EdgeError) {
    socket = try NetlinkSocket(watching: VPA_NETLINK_ROUTE, receiveBytes: receiveBytes)
  }

  /// The descriptor, for epoll; non-blocking.
  public var fd: Int32 { socket.fd }

  /// What was not delivered since the socket was opened.
  public var drops: NetlinkDrops { socket.drops }

  /// Delivers everything queued, in the kernel's order.
  public mutating func read(
    keeping interest: RouteInterest? = nil, _ body: (KernelEvent) -> Void
  ) -> ReadOutcome {
    socket.readEvents(keeping: interest, counting: &count, body)
  }
}
