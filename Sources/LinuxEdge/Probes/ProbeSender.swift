import CShims
import Glibc
import TunnelCore

/// Sends the core's probes in batches and tells replies to them from everything else.
struct ProbeSender: ~Copyable {
  private let identifier: UInt16
  private var ipv4: ProbeSocket
  private var ipv6: ProbeSocket
  private var policies: PolicySockets
  private let mac: SipHash
  /// What waits to leave by links.
  private var (batch4, batch6) = (ProbeBatch(), ProbeBatch())
  /// What waits and goes alone: by a socket of its set's, or whole.
  private var waiting: [ProbeRequest] = []
  private var replies: [ProbeReply] = []
  /// Probes that were handed over so far.
  private(set) var sent: UInt64 = 0

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
  mutating func enqueue(_ probe: ProbeRequest, at now: Instant) {
    sent &+= 1
    switch (probe.way, probe.destination.family) {
    case (.link(let index), .ipv4) where !probe.staysWhole:
      batch4.append(probe, linkIndex: index, at: now, mac)
    case (.link(let index), .ipv6) where !probe.staysWhole:
      batch6.append(probe, linkIndex: index, at: now, mac)
    case (_, _): waiting.append(probe)
    }
  }

  /// Sends the batch; returns what the kernel did not take.
  mutating func flush() -> [Event] {
    var refused: [Event] = []
    ipv4.send(&batch4, refused: &refused)
    ipv6.send(&batch6, refused: &refused)
    guard !waiting.isEmpty else { return refused }
    let now = monotonicNow()
    for probe in waiting {
      if probe.staysWhole {
        refused += [sendWhole(probe, at: now)].compactMap(\.self)
      } else if case .policy(let set) = probe.way {
        let packet = packet(probe, linkIndex: 0, at: now)
        let errno = policies.send(packet, of: probe.monitor, through: set)
        guard errno != 0 else { continue }
        refused.append(.probeNotSent(probe.monitor, sequence: probe.sequence, errno: errno))
      }
    }
    waiting.removeAll(keepingCapacity: true)
    return refused
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
      tunnel: TunnelID(rawValue: 0), monitor: MonitorID(rawValue: 0), sequence: 0,
      way: trigger.way, source: trigger.source, destination: trigger.destination, size: 64)
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

  /// A set's probes have ended. What waits would open its socket again.
  mutating func end(_ monitor: MonitorID) {
    waiting.removeAll { $0.monitor == monitor }
    policies.close(monitor)
  }

  private func packet(_ probe: ProbeRequest, linkIndex: Int32, at now: Instant) -> OutgoingProbe {
    OutgoingProbe(
      destination: probe.destination, source: probe.source, linkIndex: linkIndex,
      sequence: UInt16(truncatingIfNeeded: probe.sequence),
      payload: ProbePayload(
        tunnel: probe.tunnel, monitor: probe.monitor, sequence: probe.sequence, sentAt: now
      ).encoded(messageSize: probe.size, mac: mac))
  }

  /// Replies that wait on any, and until when all that arrived are among them.
  mutating func drain() -> (replies: [ProbeReply], drainedAt: Instant) {
    replies.removeAll(keepingCapacity: true)
    let drainedAt = min(read(from: ipv4.fd), read(from: ipv6.fd), read(from: policies.descriptor))
    return (replies, drainedAt)
  }

  /// Replies that wait on a descriptor, right MAC only.
  mutating func receive(from descriptor: Int32) -> [ProbeReply] {
    replies.removeAll(keepingCapacity: true)
    _ = read(from: descriptor)
    return replies
  }

  /// Reads them. Returns until when all that arrived there are among them.
  private mutating func read(from descriptor: Int32) -> Instant {
    let now = monotonicNow()
    let backlog: Duration
    func note(
      _ reply: vpa_probe_in, _ bytes: [UInt8], _ start: Int, _ way: ProbeWay, _ owner: MonitorID?
    ) {
      guard
        let payload = ProbePayload(
          authenticating: bytes, at: start, count: Int(reply.payload_length), mac: mac),
        payload.monitor == owner ?? payload.monitor
      else { return }
      replies.append(
        ProbeReply(
          monitor: payload.monitor, sequence: payload.sequence,
          arrivedAt: Instant(nanoseconds: now.nanoseconds - reply.age_ns), way: way))
    }
    switch descriptor {
    case ipv4.fd:
      backlog = ipv4.receiveInPlace { note($0, $1, $2, .link($0.link_index), nil) }
    case ipv6.fd:
      backlog = ipv6.receiveInPlace { note($0, $1, $2, .link($0.link_index), nil) }
    default:
      backlog = policies.receive { owner, set, reply, bytes, start in
        note(reply, bytes, start, .policy(set), owner)
      }
    }
    return now.advanced(by: .zero - backlog)
  }
}
