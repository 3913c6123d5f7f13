/// What passed through a tunnel's SAs since the agent first saw each of them, by the kernel's counters.
/// SAs that are gone are counted in. Packets and bytes are those inside the tunnel, probes among them.
public struct TrafficStatus: Codable, Hashable, Sendable {
  /// Packets that came in.
  public var packetsIn: UInt64
  /// Bytes of them.
  public var bytesIn: UInt64
  /// Packets that went out.
  public var packetsOut: UInt64
  /// Bytes of them.
  public var bytesOut: UInt64
  /// Seconds since the last packet came in; null when none has, and on kernels before 6.2.
  public var lastPacketIn: Double?
  /// Bits per second that came in between the last two looks at the counters; null before the second.
  public var bitsPerSecondIn: Double?
  /// Likewise, out.
  public var bitsPerSecondOut: Double?
  /// Seconds between these looks; null likewise.
  public var rateInterval: Double?
  /// ESP packets that were dropped: too old for the replay window.
  public var outsideWindow: UInt64
  /// Received before.
  public var replayed: UInt64
  /// Changed on their way, or encrypted with other keys.
  public var integrityFailed: UInt64

  private enum CodingKeys: String, CodingKey {
    case packetsIn = "packets_in"
    case bytesIn = "bytes_in"
    case packetsOut = "packets_out"
    case bytesOut = "bytes_out"
    case lastPacketIn = "last_packet_in"
    case bitsPerSecondIn = "bits_per_second_in"
    case bitsPerSecondOut = "bits_per_second_out"
    case rateInterval = "rate_interval"
    case outsideWindow = "outside_window"
    case replayed
    case integrityFailed = "integrity_failed"
  }
}

/// What the SAs that a set has now have counted since they were made.
public struct SetTrafficStatus: Codable, Hashable, Sendable {
  /// Packets through its inbound SAs.
  public var packetsIn: UInt64
  /// Bytes of them.
  public var bytesIn: UInt64
  /// Packets through its outbound SAs.
  public var packetsOut: UInt64
  /// Bytes of them.
  public var bytesOut: UInt64

  private enum CodingKeys: String, CodingKey {
    case packetsIn = "packets_in"
    case bytesIn = "bytes_in"
    case packetsOut = "packets_out"
    case bytesOut = "bytes_out"
  }

  init(_ set: SASet) {
    let (ins, outs) = (set.inbound.values, set.outbound.values)
    packetsIn = ins.reduce(0) { $0 + $1.packets }
    bytesIn = ins.reduce(0) { $0 + $1.bytes }
    packetsOut = outs.reduce(0) { $0 + $1.packets }
    bytesOut = outs.reduce(0) { $0 + $1.bytes }
  }
}

extension Core {
  /// nil before counters were read for the first time, and of a tunnel that has no counters of its own.
  func traffic(of tunnel: Tunnel, at now: Instant) -> TrafficStatus? {
    let counted = out.counters.traffic(of: tunnel.name)
    guard counterReading.readAt != nil,
      let traffic = counted ?? (tunnel.isConfigured ? TunnelTraffic() : nil)
    else { return nil }
    let rates = traffic.rates(at: counterReading.number)
    return TrafficStatus(
      packetsIn: traffic.inbound.packets, bytesIn: traffic.inbound.bytes,
      packetsOut: traffic.outbound.packets, bytesOut: traffic.outbound.bytes,
      lastPacketIn: traffic.lastIn.map { max(now.since($0).inSeconds, 0) },
      bitsPerSecondIn: rates?.inbound, bitsPerSecondOut: rates?.outbound,
      rateInterval: rates?.over.inSeconds, outsideWindow: traffic.errors.outsideWindow,
      replayed: traffic.errors.replayed, integrityFailed: traffic.errors.integrity)
  }
}
