import CShims
import Glibc
import TunnelCore

/// Probes of one family that leave together: the shim's list, and their payloads one behind the other.
/// It is used again and again, so that a probe allocates nothing.
struct ProbeBatch {
  private var requests: [ProbeRequest] = []
  private var list: [vpa_probe_out] = []
  private var payloads: [UInt8] = []

  /// Puts a probe into it, to leave by a link.
  mutating func append(
    _ probe: ProbeRequest, linkIndex: Int32, at now: Instant, _ mac: SipHash
  ) {
    let offset = payloads.count
    ProbePayload(
      tunnel: probe.tunnel, monitor: probe.monitor, sequence: probe.sequence, sentAt: now
    ).append(to: &payloads, messageSize: probe.size, mac: mac)
    requests.append(probe)
    list.append(
      vpa_probe_out(
        source: vpa_ip(probe.source), destination: vpa_ip(probe.destination),
        link_index: linkIndex, payload_offset: UInt32(offset),
        payload_length: UInt16(clamping: payloads.count - offset),
        sequence: UInt16(truncatingIfNeeded: probe.sequence), result: 0))
  }

  /// Sends them and empties the batch; adds what the kernel did not take.
  mutating func send(
    by fd: Int32, _ family: IPAddress.Family, _ identifier: UInt16, refused: inout [Event]
  ) {
    guard !list.isEmpty else { return }
    _ = unsafe vpa_probe_send(
      fd, family.number, identifier, payloads, payloads.count, &list, list.count)
    for (index, sent) in list.enumerated() where sent.result != 0 {
      let probe = requests[index]
      refused.append(
        .probeNotSent(probe.monitor, sequence: probe.sequence, errno: -sent.result))
    }
    requests.removeAll(keepingCapacity: true)
    list.removeAll(keepingCapacity: true)
    payloads.removeAll(keepingCapacity: true)
  }
}

extension IPAddress.Family {
  /// AF_INET or AF_INET6.
  var number: Int32 {
    switch self {
    case .ipv4: AF_INET
    case .ipv6: AF_INET6
    }
  }
}
