import CShims
import TunnelCore

/// Whose business a descriptor is.
enum DescriptorOwner: UInt32 {
  /// Events of SAs and policies; of links, addresses, routes and rules.
  case xfrm, routes
  case signals
  /// Echo replies; echo requests of others.
  case probes, requests
  /// Answers to IKE questions; ESP with unknown SPIs.
  case pinger, capture
  case vici
  case metrics
  /// The dump of the SAs' counters.
  case counters
  /// Ends of `renegotiate-command` and of `notify`'s programs.
  case commands, notifier
  /// The control socket, and those who came by it.
  case listener, client
}

/// A descriptor that can be read or written.
struct Ready: Hashable {
  var descriptor: Int32
  /// For whom it was watched when it became ready: that may have closed it since.
  var owner: DescriptorOwner
}

/// The one epoll instance. It knows descriptors, their owners and time, nothing of what they are for.
struct Reactor: ~Copyable {
  private let epoll: Descriptor
  private var ready = [vpa_ready](repeating: vpa_ready(), count: 64)

  init() throws(EdgeError) {
    epoll = try Descriptor(taking: vpa_epoll_open(), operation: "create an epoll instance")
  }

  /// For another reactor: readable when a descriptor of this one is ready.
  var descriptor: Int32 { epoll.number }

  /// Descriptors that are ready now.
  mutating func poll() throws(EdgeError) -> [Int32] {
    let now = Instant(nanoseconds: 0)
    return try wait(until: now, now: now).map(\.descriptor)
  }

  /// Watches a descriptor from now on, for reading unless told otherwise. It is forgotten by
  /// itself when it is closed.
  func watch(
    _ descriptor: Int32, for owner: DescriptorOwner, forWriting: Bool = false
  ) throws(EdgeError) {
    let result = set(descriptor, owner, readable: !forWriting, writable: forWriting)
    guard result == 0 else { throw EdgeError(operation: "watch a descriptor", errno: -result) }
  }

  /// Keeps a descriptor, but does not wait for it to become readable; errors wake the loop still. What epoll
  /// has once it need not be asked for again, which it may refuse.
  func mute(_ descriptor: Int32, of owner: DescriptorOwner) {
    _ = set(descriptor, owner, readable: false, writable: false)
  }

  private func set(
    _ descriptor: Int32, _ owner: DescriptorOwner, readable: Bool, writable: Bool
  ) -> Int32 {
    let tag = UInt64(owner.rawValue) << 32 | UInt64(descriptor)
    return vpa_epoll_watch(epoll.number, descriptor, tag, readable, writable)
  }

  /// Watches a descriptor no longer.
  func forget(_ descriptor: Int32) { _ = vpa_epoll_forget(epoll.number, descriptor) }

  /// Waits for descriptors, until `deadline` at most; nil waits for ever. Empty when time is up.
  mutating func wait(until deadline: Instant?, now: Instant) throws(EdgeError) -> [Ready] {
    let timeout = deadline.map { max(now.duration(to: $0).nanoseconds, 0) } ?? -1
    let count = unsafe vpa_epoll_wait(epoll.number, &ready, Int32(ready.count), timeout)
    guard count >= 0 else { throw EdgeError(operation: "wait for events", errno: -count) }
    return ready.prefix(Int(count)).compactMap { found in
      DescriptorOwner(rawValue: UInt32(found.tag >> 32)).map {
        Ready(descriptor: Int32(truncatingIfNeeded: found.tag), owner: $0)
      }
    }
  }
}
