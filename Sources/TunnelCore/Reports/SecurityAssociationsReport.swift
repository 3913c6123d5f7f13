/// What `vpnagent show security-associations` shows. Keys of its JSON are stable, null ones left out.
public struct SecurityAssociationsReport: Codable, Hashable, Sendable {
  /// When the agent answered: seconds since 1970, by the host's clock.
  public var time: Double
  /// Tunnels that have SAs, in the order of `status`.
  public var tunnels: [TunnelSAs]

  /// A report.
  public init(time: Double, tunnels: [TunnelSAs]) {
    self.time = time
    self.tunnels = tunnels
  }
}

/// The SAs of one tunnel. Addresses and SPIs are text.
public struct TunnelSAs: Codable, Hashable, Sendable {
  /// The tunnel's name.
  public var name: String
  /// tunnel-id.
  public var id: Int
  /// The link; null when there is none.
  public var link: String?
  /// The gateway's name; null for a discovered tunnel.
  public var gateway: String?
  /// Our tunnel endpoint.
  public var local: String?
  /// The peer's.
  public var remote: String?
  /// Identities of the IKE SA; null while none is known.
  public var localID: String?
  /// The peer's, likewise.
  public var remoteID: String?
  /// IKE version, 1 or 2; null likewise.
  public var version: UInt8?
  /// The peer's IKE port as the daemon says it, else that of its ESP in UDP, else 500.
  public var port: UInt16
  /// Junos' letter: "-" off, "U" up, "D" down, "V" verifying.
  public var mon: String
  /// Its traffic selectors, `LOCAL === REMOTE`.
  public var selectors: [String]
  /// What happened to it, the newest first.
  public var events: [TunnelEvent]
  /// Each outbound SA behind an inbound one, the newest pair first.
  public var sas: [SAStatus]

  private enum CodingKeys: String, CodingKey {
    case name, id, link, gateway, local, remote, version, port, mon, selectors, events, sas
    case localID = "local_id"
    case remoteID = "remote_id"
  }
}

/// One kernel SA at one moment. There is no key in it.
public struct SAStatus: Codable, Hashable, Sendable {
  /// inbound or outbound.
  public var direction: String
  /// `0x` and eight digits.
  public var spi: String
  /// ESP's algorithms: `aes-gcm-128`, or `aes-cbc-128` and `hmac-sha256`.
  public var algorithms: [String]
  /// Seconds since it was made.
  public var age: Double
  /// Seconds until the kernel drops it; null: never.
  public var hardExpiry: Double?
  /// Seconds until it is to be rekeyed; null: never, or that is due.
  public var softExpiry: Double?
  /// Bytes that may pass before the kernel drops it; null: any number.
  public var bytesLeft: UInt64?
  /// Bytes that may pass before it is to be rekeyed; null: any number, or that is due.
  public var softBytesLeft: UInt64?
  /// Packets that may pass before the kernel drops it; null: any number.
  public var packetsLeft: UInt64?
  /// Packets that may pass before it is to be rekeyed; null: any number, or that is due.
  public var softPacketsLeft: UInt64?
  /// Bytes that passed.
  public var bytes: UInt64
  /// Packets that passed.
  public var packets: UInt64
  /// Seconds since the last packet passed; null when none has, and on kernels before 6.2.
  public var lastUsed: Double?
  /// What an inbound SA dropped; null for an outbound one.
  public var errors: Errors?
  /// Packets that may come out of order; 0: no anti-replay service.
  public var replayWindow: UInt32
  /// Whether it has extended sequence numbers.
  public var esn: Bool
  /// reqid.
  public var reqid: UInt32
  /// XFRM interface id; 0 when none.
  public var ifID: UInt32
  /// `0xVALUE/0xMASK`; null when none.
  public var mark: String?
  /// UDP encapsulation, `SOURCE-PORT:DESTINATION-PORT`; null when none.
  public var encap: String?

  /// ESP packets that an SA dropped.
  public struct Errors: Codable, Hashable, Sendable {
    /// Too old for the replay window.
    public var outsideWindow: UInt32
    /// Received before.
    public var replayed: UInt32
    /// Changed on their way, or encrypted with other keys.
    public var integrityFailed: UInt32

    private enum CodingKeys: String, CodingKey {
      case replayed
      case outsideWindow = "outside_window"
      case integrityFailed = "integrity_failed"
    }
  }

  private enum CodingKeys: String, CodingKey {
    case direction, spi, algorithms, age, bytes, packets, esn, reqid, mark, encap, errors
    case hardExpiry = "hard_expiry"
    case softExpiry = "soft_expiry"
    case bytesLeft = "bytes_left"
    case softBytesLeft = "soft_bytes_left"
    case packetsLeft = "packets_left"
    case softPacketsLeft = "soft_packets_left"
    case lastUsed = "last_used"
    case replayWindow = "replay_window"
    case ifID = "if_id"
  }
}

extension Core {
  /// Tunnels of a name, one that the configuration names first; empty when there is none.
  public func tunnelIDs(named name: String) -> [TunnelID] { tunnelIndex.all(named: name) }

  /// SAs of a tunnel; nil when it has none.
  ///
  /// - Parameter time: seconds since 1970, which SAs' ages are counted by.
  public func securityAssociations(
    of id: TunnelID, at now: Instant, time: Double
  ) -> TunnelSAs? {
    tunnels[id].flatMap { report($0, at: now, time: time) }
  }

  private func report(_ tunnel: Tunnel, at now: Instant, time: Double) -> TunnelSAs? {
    let monitors = tunnel.monitors.compactMap { self.monitors[$0] }
    let sets = monitors.compactMap { kernel.sas.sets[$0.key] }.filter { !$0.isEmpty }
    guard !sets.isEmpty else { return nil }
    let ike = listedSAs?[tunnel.ike?.ikeID]
    let encapsulation = sets.lazy.compactMap { $0.newestOutbound?.encapsulation }.first
    return TunnelSAs(
      name: tunnel.name, id: tunnel.id.rawValue, link: tunnel.link, gateway: tunnel.gateway,
      local: tunnel.endpoints?.local.description, remote: tunnel.endpoints?.remote.description,
      localID: ike?.facts.localID, remoteID: ike?.facts.remoteID, version: ike?.version,
      port: ike?.remotePort ?? encapsulation?.destinationPort ?? 500,
      mon: isStandby ? "-" : tunnel.monLetter,
      selectors: monitors.flatMap(\.selectors).map(\.description),
      events: out.journal.events(of: tunnel.id, named: tunnel.name, at: now).reversed(),
      sas: sets.flatMap(\.inPairs).map { SAStatus($0.sa, isInbound: $0.isInbound, time: time) })
  }
}

extension SASet {
  /// Inbound and outbound in turn, the newest of each first.
  fileprivate var inPairs: [(sa: SecurityAssociation, isInbound: Bool)] {
    func newestFirst(_ sas: some Sequence<SecurityAssociation>) -> [SecurityAssociation] {
      sas.sorted { ($0.addedAt, $0.key.spi) > ($1.addedAt, $1.key.spi) }
    }
    let (ins, outs) = (newestFirst(inbound.values), newestFirst(outbound.values))
    return (0..<max(ins.count, outs.count)).flatMap { index in
      [
        index < ins.count ? (ins[index], true) : nil,
        index < outs.count ? (outs[index], false) : nil,
      ].compactMap(\.self)
    }
  }
}

extension SAStatus {
  fileprivate init(_ sa: SecurityAssociation, isInbound: Bool, time: Double) {
    let age = max(time - Double(sa.addedAt), 0)
    direction = isInbound ? "inbound" : "outbound"
    spi = sa.key.spi.hex
    algorithms = sa.algorithms.map(\.description)
    self.age = age
    hardExpiry = sa.lifetime.hardSeconds.map { max(Double($0) - age, 0) }
    softExpiry = sa.lifetime.softSeconds.map { Double($0) - age }.flatMap { $0 > 0 ? $0 : nil }
    func left(_ limit: UInt64?, _ used: UInt64) -> UInt64? { limit.map { $0 - min($0, used) } }
    let (limits, counts) = (sa.lifetime, sa.counts)
    bytesLeft = left(limits.hardBytes, counts.bytes)
    softBytesLeft = left(limits.softBytes, counts.bytes).flatMap { $0 > 0 ? $0 : nil }
    packetsLeft = left(limits.hardPackets, counts.packets)
    softPacketsLeft = left(limits.softPackets, counts.packets).flatMap { $0 > 0 ? $0 : nil }
    bytes = counts.bytes
    packets = counts.packets
    lastUsed = counts.lastUsed.map { max(time - Double($0), 0) }
    errors = isInbound ? Errors(counts.errors) : nil
    replayWindow = sa.replayWindow
    esn = sa.hasExtendedSequence
    reqid = sa.reqid
    ifID = sa.ifID
    mark = sa.key.mark.map {
      "0x\(String($0.value, radix: 16))/0x\(String($0.mask, radix: 16))"
    }
    encap = sa.encapsulation.map { "\($0.sourcePort):\($0.destinationPort)" }
  }
}

extension SAStatus.Errors {
  fileprivate init(_ errors: ESPErrors) {
    self.init(
      outsideWindow: errors.outsideWindow, replayed: errors.replayed,
      integrityFailed: errors.integrity)
  }
}
