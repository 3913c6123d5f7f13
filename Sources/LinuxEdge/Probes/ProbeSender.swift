import TunnelCore

/// Sends the core's probes in batches and tells replies to them from everything else.
struct ProbeSender: ~Copyable {
  private var ipv4: ProbeSocket
  private var ipv6: ProbeSocket
  private let mac: SipHash
  private var waiting: [ProbeRequest] = []

  /// Opens the raw sockets; the key of the MAC lives as long as this.
  ///
  /// - Throws: EPERM without CAP_NET_RAW.
  init() throws(EdgeError) {
    let identifier = UInt16(truncatingIfNeeded: try randomNumber())
    // Locals first: a throwing init must not leave a descriptor half owned.
    let ipv4 = try ProbeSocket(family: .ipv4, identifier: identifier)
    let ipv6 = try ProbeSocket(family: .ipv6, identifier: identifier)
    mac = SipHash(key: (try randomNumber(), try randomNumber()))
    self.ipv4 = ipv4
    self.ipv6 = ipv6
  }

  /// For the reactor.
  var descriptors: [Int32] { [ipv4.fd, ipv6.fd] }

  /// Puts a probe into the next batch.
  mutating func enqueue(_ probe: ProbeRequest) {
    waiting.append(probe)
  }

  /// Sends the batch; returns what the kernel did not take.
  mutating func flush() -> [Event] {
    guard !waiting.isEmpty else { return [] }
    let batch = waiting
    waiting.removeAll(keepingCapacity: true)
    let now = monotonicNow()
    return [IPAddress.Family.ipv4, .ipv6].flatMap { family in
      let probes = batch.filter { $0.destination.family == family }
      return send(probes, family, at: now)
    }
  }

  private func send(
    _ probes: [ProbeRequest], _ family: IPAddress.Family, at now: Instant
  ) -> [Event] {
    guard !probes.isEmpty else { return [] }
    let packets = probes.map { probe in
      OutgoingProbe(
        destination: probe.destination, source: probe.source, linkIndex: probe.linkIndex,
        sequence: UInt16(truncatingIfNeeded: probe.sequence),
        payload: ProbePayload(monitor: probe.monitor, sequence: probe.sequence, sentAt: now)
          .encoded(messageSize: probe.size, mac: mac))
    }
    let errors = family == .ipv4 ? ipv4.send(packets) : ipv6.send(packets)
    return zip(probes, errors).compactMap { probe, errno in
      errno == 0
        ? nil : .probeNotSent(probe.monitor, sequence: probe.sequence, errno: errno)
    }
  }

  /// Replies that wait on a socket, right MAC only.
  mutating func receive(from descriptor: Int32) -> [ProbeReply] {
    let now = monotonicNow()
    var replies: [ProbeReply] = []
    func take(_ packet: IncomingProbe) {
      guard let payload = ProbePayload(authenticating: packet.payload, mac: mac) else { return }
      replies.append(
        ProbeReply(
          monitor: payload.monitor, sequence: payload.sequence,
          arrivedAt: now.advanced(by: .zero - packet.age), linkIndex: packet.linkIndex))
    }
    if descriptor == ipv4.fd { ipv4.receive(take) } else { ipv6.receive(take) }
    return replies
  }
}
