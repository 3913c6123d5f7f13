import Glibc
import TunnelCore

/// Sends the core's probes in batches and tells replies to them from everything else.
struct ProbeSender: ~Copyable {
  private let identifier: UInt16
  private var ipv4: ProbeSocket
  private var ipv6: ProbeSocket
  private var policies: PolicySockets
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
    let policies = try PolicySockets(identifier: identifier ^ 1)
    mac = SipHash(key: (try randomNumber(), try randomNumber()))
    self.identifier = identifier
    self.ipv4 = ipv4
    self.ipv6 = ipv6
    self.policies = policies
  }

  /// For the reactor.
  var descriptors: [Int32] { [ipv4.fd, ipv6.fd, policies.descriptor] }

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
    var ipv4: [(ProbeRequest, OutgoingProbe)] = []
    var ipv6: [(ProbeRequest, OutgoingProbe)] = []
    var errors: [(ProbeRequest, Int32)] = []
    let (whole, others) = (batch.filter(\.staysWhole), batch.filter { !$0.staysWhole })
    for probe in others {
      switch (probe.way, probe.destination.family) {
      case (.policy(let set), _):
        let packet = packet(probe, linkIndex: 0, at: now)
        errors.append((probe, policies.send(packet, of: probe.monitor, through: set)))
      case (.link(let index), .ipv4): ipv4.append((probe, packet(probe, linkIndex: index, at: now)))
      case (.link(let index), .ipv6): ipv6.append((probe, packet(probe, linkIndex: index, at: now)))
      }
    }
    errors += zip(ipv4.map(\.0), self.ipv4.send(ipv4.map(\.1)))
    errors += zip(ipv6.map(\.0), self.ipv6.send(ipv6.map(\.1)))
    return errors.compactMap { probe, errno in
      errno == 0 ? nil : .probeNotSent(probe.monitor, sequence: probe.sequence, errno: errno)
    } + whole.compactMap { sendWhole($0, at: now) }
  }

  /// Sends a probe that nobody may fragment; returns what the kernel has against it.
  private mutating func sendWhole(_ probe: ProbeRequest, at now: Instant) -> Event? {
    let outcome: WholeOutcome
    switch probe.way {
    case .link(let index):
      outcome = WholeOutcome.send(packet(probe, linkIndex: index, at: now), identifier)
    case .policy(let set):
      let packet = packet(probe, linkIndex: 0, at: now)
      outcome = policies.sendWhole(packet, of: probe.monitor, through: set)
    }
    switch outcome {
    case .sent: return nil
    case .tooLong(let limit):
      return .probeTooLong(probe.monitor, sequence: probe.sequence, limit: limit)
    case .notSent(let errno):
      return .probeNotSent(probe.monitor, sequence: probe.sequence, errno: errno)
    }
  }

  /// Sends a packet that a trap policy takes; returns errno, 0 when the kernel has it. Nobody waits
  /// for an answer: no set has its number.
  mutating func send(_ trigger: TriggerPacket) -> Int32 {
    let probe = ProbeRequest(
      monitor: MonitorID(rawValue: 0), sequence: 0, way: trigger.way, source: trigger.source,
      destination: trigger.destination, size: 64)
    let now = monotonicNow()
    let errno: Int32
    switch (trigger.way, trigger.destination.family) {
    case (.policy(let set), _):
      errno = policies.trigger(packet(probe, linkIndex: 0, at: now), through: set)
    case (.link(let index), .ipv4):
      errno = ipv4.send([packet(probe, linkIndex: index, at: now)]).first ?? 0
    case (.link(let index), .ipv6):
      errno = ipv6.send([packet(probe, linkIndex: index, at: now)]).first ?? 0
    }
    // The kernel has asked the IKE daemon and refuses the packet.
    return errno == EAGAIN ? 0 : errno
  }

  /// A set's probes have ended.
  mutating func end(_ monitor: MonitorID) {
    policies.close(monitor)
  }

  private func packet(_ probe: ProbeRequest, linkIndex: Int32, at now: Instant) -> OutgoingProbe {
    OutgoingProbe(
      destination: probe.destination, source: probe.source, linkIndex: linkIndex,
      sequence: UInt16(truncatingIfNeeded: probe.sequence),
      payload: ProbePayload(monitor: probe.monitor, sequence: probe.sequence, sentAt: now)
        .encoded(messageSize: probe.size, mac: mac))
  }

  /// Replies that wait on any, and until when all that arrived are among them.
  mutating func drain() -> (events: [Event], drainedAt: Instant) {
    var events: [Event] = []
    var drainedAt = monotonicNow()
    for number in descriptors {
      let (replies, until) = receive(from: number)
      events += replies.map { .reply($0) }
      drainedAt = min(drainedAt, until)
    }
    return (events, drainedAt)
  }

  /// Replies that wait on a descriptor, right MAC only, and until when all that arrived there are
  /// among them.
  mutating func receive(from descriptor: Int32) -> (replies: [ProbeReply], drainedAt: Instant) {
    let now = monotonicNow()
    var replies: [ProbeReply] = []
    let backlog: Duration
    func note(_ packet: IncomingProbe, _ way: ProbeWay, _ owner: MonitorID?) {
      guard let payload = ProbePayload(authenticating: packet.payload, mac: mac),
        payload.monitor == owner ?? payload.monitor
      else { return }
      replies.append(
        ProbeReply(
          monitor: payload.monitor, sequence: payload.sequence,
          arrivedAt: now.advanced(by: .zero - packet.age), way: way))
    }
    switch descriptor {
    case ipv4.fd: backlog = ipv4.receive { note($0, .link($0.linkIndex), nil) }
    case ipv6.fd: backlog = ipv6.receive { note($0, .link($0.linkIndex), nil) }
    default:
      backlog = policies.receive { owner, set, packet in note(packet, .policy(set), owner) }
    }
    return (replies, now.advanced(by: .zero - backlog))
  }
}
