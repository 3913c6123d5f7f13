import CShims
import Glibc
import TunnelCore

/// An ICMP echo request to send.
public struct OutgoingProbe: Hashable, Sendable {
  /// Where it goes; of the socket's family.
  public var destination: IPAddress
  /// The source address; nil: the kernel chooses.
  public var source: IPAddress?
  /// The link it goes out through; 0: by the routes.
  public var linkIndex: Int32
  /// ICMP sequence number.
  public var sequence: UInt16
  /// What follows the ICMP header: at most 1500 bytes, but for probes that stay whole.
  public var payload: [UInt8]

  /// An echo request.
  public init(
    destination: IPAddress, source: IPAddress? = nil, linkIndex: Int32, sequence: UInt16,
    payload: [UInt8]
  ) {
    self.destination = destination
    self.source = source
    self.linkIndex = linkIndex
    self.sequence = sequence
    self.payload = payload
  }
}

/// An ICMP echo reply that was received. Nothing in it is authenticated but what `payload` proves.
public struct IncomingProbe: Hashable, Sendable {
  /// Who it says it is from.
  public var source: IPAddress
  /// The link it arrived on: the tunnel's for a decapsulated reply.
  public var linkIndex: Int32
  /// ICMP sequence number.
  public var sequence: UInt16
  /// Time since the kernel got it; never negative.
  public var age: Duration
  /// What follows the ICMP header, cut to 1500 bytes.
  public var payload: [UInt8]
}

/// One raw ICMP socket for all probes of a family. It sees nothing but echo replies with its
/// identifier.
public struct ProbeSocket: ~Copyable {
  /// The descriptor, for epoll; non-blocking.
  public let fd: Int32
  private let family: IPAddress.Family
  private let identifier: UInt16
  /// Of IPv6: what sends is bound to one link after the other, and must not receive.
  private let sender: Int32?
  private var buffer = ReplyBuffer()

  /// Opens the socket in the calling thread's network namespace.
  public init(family: IPAddress.Family, identifier: UInt16) throws(EdgeError) {
    let result =
      switch family {
      case .ipv4: vpa_probe_open_v4(identifier)
      case .ipv6: vpa_probe_open_v6(identifier)
      }
    guard result >= 0 else {
      throw EdgeError(operation: "open probe socket", object: "\(family)", errno: -result)
    }
    let sender: Int32? = family == .ipv6 ? vpa_probe_open_sender_v6() : nil
    if let sender, sender < 0 {
      close(result)
      throw EdgeError(operation: "open probe socket", object: "\(family)", errno: -sender)
    }
    fd = result
    self.family = family
    self.sender = sender
    self.identifier = identifier
  }

  deinit {
    close(fd)
    if let sender { close(sender) }
  }

  /// Sends probes; each gets its own errno, 0 when the kernel took it. A probe that was not taken
  /// (EAGAIN, ENETUNREACH, ...) was not sent: it says nothing about the path.
  public borrowing func send(_ probes: [OutgoingProbe]) -> [Int32] {
    sendProbes(probes, by: sender ?? fd, family, identifier)
  }

  /// Likewise, and empties the batch.
  borrowing func send(_ batch: inout ProbeBatch, refused: inout [Event]) {
    batch.send(by: sender ?? fd, family, identifier, refused: &refused)
  }

  /// Delivers every reply that is queued, up to a bound. Returns zero when none is left, else the age
  /// of the last one that was read: all that arrived before it were.
  @discardableResult
  public mutating func receive(_ body: (IncomingProbe) -> Void) -> Duration {
    buffer.receive(from: fd, family, identifier) { body(IncomingProbe($0, $1, $2)) }
  }

  /// Likewise, without a copy: the reply, and where in these bytes its payload begins.
  mutating func receiveInPlace(_ body: (vpa_probe_in, [UInt8], Int) -> Void) -> Duration {
    buffer.receive(from: fd, family, identifier, body)
  }
}

/// Sends probes by a probe socket; each gets its own errno, 0 when the kernel took it.
func sendProbes(
  _ probes: [OutgoingProbe], by fd: Int32, _ family: IPAddress.Family, _ identifier: UInt16
) -> [Int32] {
  var payloads: [UInt8] = []
  var list = probes.map { probe in
    let offset = payloads.count
    payloads += probe.payload
    return vpa_probe_out(
      source: probe.source.map { vpa_ip($0) } ?? vpa_ip(),
      destination: vpa_ip(probe.destination), link_index: probe.linkIndex,
      payload_offset: UInt32(offset), payload_length: UInt16(clamping: probe.payload.count),
      sequence: probe.sequence, result: 0)
  }
  _ = unsafe vpa_probe_send(
    fd, family.number, identifier, payloads, payloads.count, &list, list.count)
  return list.map { -$0.result }
}

extension IncomingProbe {
  fileprivate init(_ reply: vpa_probe_in, _ bytes: [UInt8], _ start: Int) {
    self.init(
      source: IPAddress(reply.source), linkIndex: reply.link_index, sequence: reply.sequence,
      age: .nanoseconds(reply.age_ns),
      payload: Array(bytes[start..<start + Int(reply.payload_length)]))
  }
}

/// Room for a batch of replies; sockets may share it.
struct ReplyBuffer: ~Copyable {
  private static let batch = 64
  /// Batches that are read at once, at most: others want to be read too.
  private static let batches = 64
  private static let mostErrors = 8
  private var bytes = [UInt8](repeating: 0, count: batch * Int(VPA_PROBE_PAYLOAD))
  private var replies = [vpa_probe_in](repeating: vpa_probe_in(), count: batch)

  /// Delivers every reply that is queued on a probe socket, up to a bound: the reply, and where in
  /// these bytes its payload begins. Returns zero when none is left, else the age of the last one that
  /// was read: all that arrived before it were.
  mutating func receive(
    from fd: Int32, _ family: IPAddress.Family, _ identifier: UInt16,
    _ body: (vpa_probe_in, [UInt8], Int) -> Void
  ) -> Duration {
    var taken = 0
    var age = Duration.seconds(1)
    var errors = 0
    for _ in 0..<Self.batches {
      let kept = unsafe vpa_probe_receive(
        fd, family.number, identifier, &bytes, &replies, replies.count, &taken)
      // An ICMP error waits before the replies, and is told once.
      if kept < 0 {
        errors += 1
        if errors > Self.mostErrors { return .zero }
        continue
      }
      for index in 0..<Int(kept) {
        age = .nanoseconds(replies[index].age_ns)
        body(replies[index], bytes, index * Int(VPA_PROBE_PAYLOAD))
      }
      if taken < replies.count { return .zero }
    }
    return age
  }
}
