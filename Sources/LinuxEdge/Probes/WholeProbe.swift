import CShims
import Glibc
import TunnelCore

/// What became of a probe that nobody may fragment.
enum WholeOutcome: Hashable {
  /// It left.
  case sent
  /// The kernel knows that it is too long: the longest packet it takes, IP header included.
  case tooLong(limit: Int)
  /// Not taken for another reason: errno.
  case notSent(Int32)

  private init(_ result: Int32, _ mtu: UInt32) {
    switch -result {
    case 0: self = .sent
    case EMSGSIZE where mtu > 0: self = .tooLong(limit: Int(mtu))
    case let errno: self = .notSent(errno)
    }
  }

  /// Sends a probe through its link.
  static func send(_ probe: OutgoingProbe, _ identifier: UInt16) -> WholeOutcome {
    var message = vpa_probe_out(whole: probe)
    var mtu: UInt32 = 0
    let result = unsafe vpa_probe_send_whole_by_link(identifier, probe.payload, &message, &mtu)
    return WholeOutcome(result, mtu)
  }

  /// Sends a probe by a set's own socket.
  static func send(_ probe: OutgoingProbe, by fd: Int32, _ identifier: UInt16) -> WholeOutcome {
    var message = vpa_probe_out(whole: probe)
    var mtu: UInt32 = 0
    let result = unsafe vpa_probe_send_whole(fd, identifier, probe.payload, &message, &mtu)
    return WholeOutcome(result, mtu)
  }
}

extension vpa_probe_out {
  fileprivate init(whole probe: OutgoingProbe) {
    self.init(
      source: probe.source.map { vpa_ip($0) } ?? vpa_ip(),
      destination: vpa_ip(probe.destination), link_index: probe.linkIndex, payload_offset: 0,
      payload_length: UInt16(clamping: probe.payload.count), sequence: probe.sequence, result: 0)
  }
}
