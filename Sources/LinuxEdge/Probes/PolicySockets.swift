import CShims
import Glibc
import TunnelCore

/// A raw ICMP socket of one set without a link: what it sends goes through the set's SAs or not at
/// all, and it sees no reply that came otherwise. Two policies of its own hold the kernel to that.
final class PolicySocket {
  /// Between which addresses it probes, and through the SAs of which set.
  struct Path: Hashable {
    var source: IPAddress
    var destination: IPAddress
    var set: SASetKey
  }

  let path: Path
  private let descriptor: Descriptor

  /// Opens the socket in the calling thread's network namespace.
  ///
  /// - Throws: EAGAIN while the set has no SA, EADDRNOTAVAIL when the source is not ours, EMFILE.
  init(_ path: Path, identifier: UInt16) throws(EdgeError) {
    var policy = vpa_probe_policy(
      source: vpa_ip(path.source), destination: vpa_ip(path.destination),
      local: vpa_ip(path.set.local), remote: vpa_ip(path.set.remote), reqid: path.set.reqid)
    self.path = path
    descriptor = try Descriptor(
      taking: unsafe vpa_probe_open_policy(&policy, identifier), operation: "open probe socket",
      object: "\(path.destination)")
  }

  /// For epoll and the shim; non-blocking.
  var fd: Int32 { descriptor.number }
}

/// The sockets of all sets that are probed without a link, one a set. The outside sees one
/// descriptor, however many there are.
struct PolicySockets: ~Copyable {
  /// In ICMP. Not that of the sockets for links, which would see a copy of each reply.
  let identifier: UInt16
  private var reactor: Reactor
  private var sockets: [MonitorID: PolicySocket] = [:]
  private var owners: [Int32: MonitorID] = [:]
  private var buffer = ReplyBuffer()

  /// Opens no socket yet.
  init(identifier: UInt16) throws(EdgeError) {
    self.identifier = identifier
    reactor = try Reactor()
  }

  /// Readable when one of the sockets is.
  var descriptor: Int32 { reactor.descriptor }

  /// Sends a probe through the SAs of a set; returns errno, 0 when the kernel took it.
  mutating func send(
    _ probe: OutgoingProbe, of monitor: MonitorID, through set: SASetKey
  ) -> Int32 {
    guard let source = probe.source else { return EINVAL }
    let path = PolicySocket.Path(source: source, destination: probe.destination, set: set)
    do {
      let socket = try socket(of: monitor, for: path)
      return sendProbes([probe], by: socket.fd, probe.destination.family, identifier).first ?? 0
    } catch {
      return error.errno
    }
  }

  /// Sends a probe that nobody may fragment through the SAs of a set.
  mutating func sendWhole(
    _ probe: OutgoingProbe, of monitor: MonitorID, through set: SASetKey
  ) -> WholeOutcome {
    guard let source = probe.source else { return .notSent(EINVAL) }
    let path = PolicySocket.Path(source: source, destination: probe.destination, set: set)
    do {
      return WholeOutcome.send(probe, by: try socket(of: monitor, for: path).fd, identifier)
    } catch {
      return .notSent(error.errno)
    }
  }

  /// Has the kernel ask for SAs of a set that has none; returns errno, EAGAIN when it does.
  borrowing func trigger(_ probe: OutgoingProbe, through set: SASetKey) -> Int32 {
    guard let source = probe.source else { return EINVAL }
    let path = PolicySocket.Path(source: source, destination: probe.destination, set: set)
    do {
      let socket = try PolicySocket(path, identifier: identifier)
      return sendProbes([probe], by: socket.fd, probe.destination.family, identifier).first ?? 0
    } catch {
      return error.errno
    }
  }

  /// The set's socket; a new one when its path is another by now.
  private mutating func socket(
    of monitor: MonitorID, for path: PolicySocket.Path
  ) throws(EdgeError) -> PolicySocket {
    if let known = sockets[monitor], known.path == path { return known }
    close(monitor)
    if sockets.isEmpty { _ = vpa_raise_descriptor_limit() }
    let socket = try PolicySocket(path, identifier: identifier)
    try reactor.watch(socket.fd, for: .probes)
    sockets[monitor] = socket
    owners[socket.fd] = monitor
    return socket
  }

  /// Closes the set's socket, if it has one.
  mutating func close(_ monitor: MonitorID) {
    guard let socket = sockets.removeValue(forKey: monitor) else { return }
    owners[socket.fd] = nil
  }

  /// Delivers every reply that is queued: whose socket has it, through the SAs of which set, and what
  /// `ReplyBuffer.receive` delivers. Returns what that does.
  @discardableResult
  mutating func receive(
    _ body: (MonitorID, SASetKey, vpa_probe_in, [UInt8], Int) -> Void
  ) -> Duration {
    var backlog = Duration.zero
    // The reactor tells of some that are ready, and of others when those are drained.
    for _ in 0...sockets.count {
      let ready = (try? reactor.poll()) ?? []
      if ready.isEmpty { break }
      for fd in ready {
        guard let monitor = owners[fd], let socket = sockets[monitor] else { continue }
        let (set, family) = (socket.path.set, socket.path.destination.family)
        let rest = buffer.receive(from: fd, family, identifier) { body(monitor, set, $0, $1, $2) }
        backlog = max(backlog, rest)
      }
    }
    return backlog
  }
}
