import CShims
import TunnelCore

/// An ICMP echo request to send.
struct OutgoingProbe {
  /// The link it must leave by.
  var linkIndex: Int32
  var source: IPAddress
  var destination: IPAddress
  /// ICMP sequence number.
  var sequence: UInt16
  var payload: [UInt8]
}

/// An ICMP echo reply that arrived.
struct IncomingProbe {
  /// The link it came in by: the tunnel's own when it was decapsulated (kernel-facts: the gate).
  var linkIndex: Int32
  /// How long the kernel has had it.
  var age: Duration
  var payload: [UInt8]
}

/// A raw ICMP or ICMPv6 socket. The kernel passes on only echo replies with our identifier.
struct ProbeSocket: ~Copyable {
  private let descriptor: Descriptor
  private let family: IPAddress.Family
  private let identifier: UInt16
  private static let batch = Int(VPA_PROBE_BATCH)

  /// - Throws: EPERM without CAP_NET_RAW.
  init(family: IPAddress.Family, identifier: UInt16) throws(EdgeError) {
    self.family = family
    self.identifier = identifier
    descriptor = try Descriptor(
      taking: vpa_probe_open(family.rawValue, identifier),
      operation: "open a raw ICMP socket", object: "for IPv\(family.rawValue)")
  }

  /// For epoll.
  var fd: Int32 { descriptor.number }

  /// Sends probes; returns 0 or an errno for each.
  func send(_ probes: [OutgoingProbe]) -> [Int32] {
    var results: [Int32] = []
    for start in stride(from: 0, to: probes.count, by: Self.batch) {
      results += sendBatch(probes[start..<min(start + Self.batch, probes.count)])
    }
    return results
  }

  private func sendBatch(_ probes: ArraySlice<OutgoingProbe>) -> [Int32] {
    // One buffer holds all payloads, so that their addresses last until the kernel has them.
    let payloads = probes.flatMap(\.payload)
    var results: [Int32] = []
    unsafe payloads.withUnsafeBufferPointer { buffer in
      var offset = 0
      var list = unsafe probes.map { probe in
        var out = unsafe vpa_probe_out()
        unsafe out.source = vpa_ip(probe.source)
        unsafe out.destination = vpa_ip(probe.destination)
        unsafe out.link_index = probe.linkIndex
        unsafe out.sequence = probe.sequence
        unsafe out.payload_length = UInt16(probe.payload.count)
        unsafe out.payload = buffer.baseAddress?.advanced(by: offset)
        offset += probe.payload.count
        return unsafe out
      }
      unsafe vpa_probe_send(descriptor.number, identifier, &list, Int32(probes.count))
      results = unsafe list.map { unsafe -$0.result }
    }
    return results
  }

  /// Takes all replies that wait.
  func receive(_ body: (IncomingProbe) -> Void) {
    var list = [vpa_probe_in](repeating: vpa_probe_in(), count: Self.batch)
    while true {
      let count = unsafe vpa_probe_receive(
        descriptor.number, family.rawValue, &list, Int32(list.count))
      guard count > 0 else { return }
      for reply in list.prefix(Int(count)) {
        let payload = unsafe withUnsafeBytes(of: reply.payload) {
          unsafe Array($0.prefix(Int(reply.payload_length)))
        }
        body(
          IncomingProbe(
            linkIndex: reply.link_index, age: .nanoseconds(reply.age_ns), payload: payload))
      }
      if Int(count) < list.count { return }
    }
  }
}
