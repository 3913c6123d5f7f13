import CShims
import TunnelCore

/// The one epoll instance. It knows descriptors and time, nothing of what they are for.
struct Reactor: ~Copyable {
  private let epoll: Descriptor
  private var ready = [vpa_ready](repeating: vpa_ready(), count: 64)

  init() throws(EdgeError) {
    epoll = try Descriptor(taking: vpa_epoll_open(), operation: "make an epoll instance")
  }

  /// For another reactor: readable when a descriptor of this one is ready.
  var descriptor: Int32 { epoll.number }

  /// Descriptors that are ready now.
  mutating func poll() throws(EdgeError) -> [Int32] {
    let now = Instant(nanoseconds: 0)
    return try wait(until: now, now: now)
  }

  /// Watches a descriptor from now on, for reading unless told otherwise. It is forgotten by
  /// itself when it is closed.
  func watch(_ descriptor: Int32, forWriting: Bool = false) throws(EdgeError) {
    let result = vpa_epoll_watch(
      epoll.number, descriptor, UInt64(descriptor), !forWriting, forWriting)
    guard result == 0 else { throw EdgeError(operation: "watch a descriptor", errno: -result) }
  }

  /// Watches a descriptor no longer.
  func forget(_ descriptor: Int32) { _ = vpa_epoll_forget(epoll.number, descriptor) }

  /// Waits for descriptors, until `deadline` at most; nil waits for ever. Empty when time is up.
  mutating func wait(until deadline: Instant?, now: Instant) throws(EdgeError) -> [Int32] {
    let timeout = deadline.map { max(now.duration(to: $0).nanoseconds, 0) } ?? -1
    let count = unsafe vpa_epoll_wait(epoll.number, &ready, Int32(ready.count), timeout)
    guard count >= 0 else { throw EdgeError(operation: "wait for events", errno: -count) }
    return ready.prefix(Int(count)).map { Int32($0.tag) }
  }
}
