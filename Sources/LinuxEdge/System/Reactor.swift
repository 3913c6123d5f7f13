import CShims
import TunnelCore

/// The one epoll instance. It knows descriptors and time, nothing of what they are for.
struct Reactor: ~Copyable {
  private let epoll: Descriptor
  private var ready = [Int32](repeating: -1, count: 64)

  init() throws(EdgeError) {
    epoll = try Descriptor(taking: vpa_poll_open(), operation: "make an epoll instance")
  }

  /// Watches a descriptor from now on, for reading unless told otherwise.
  func watch(_ descriptor: Int32, forWriting: Bool = false) throws(EdgeError) {
    let result = vpa_poll_watch(epoll.number, descriptor, forWriting)
    guard result == 0 else { throw EdgeError(operation: "watch a descriptor", errno: -result) }
  }

  /// Waits for descriptors, until `deadline` at most; nil waits for ever. Empty when time is up.
  mutating func wait(until deadline: Instant?, now: Instant) throws(EdgeError) -> [Int32] {
    let timeout = deadline.map { max(now.duration(to: $0).nanoseconds, 0) } ?? -1
    let count = unsafe ready.withUnsafeMutableBufferPointer {
      unsafe vpa_poll_wait(epoll.number, $0.baseAddress, Int32($0.count), timeout)
    }
    guard count >= 0 else { throw EdgeError(operation: "wait for events", errno: -count) }
    return Array(ready.prefix(Int(count)))
  }
}
