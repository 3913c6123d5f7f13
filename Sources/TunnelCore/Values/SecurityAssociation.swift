/// An XFRM mark: a packet fits when `packet mark & mask == value`.
public struct Mark: Hashable, Sendable {
  /// The value (`v`), host order.
  public var value: UInt32
  /// The mask (`m`), host order; 0 means the mark is not looked at.
  public var mask: UInt32

  /// A mark with its mask.
  public init(value: UInt32, mask: UInt32) {
    self.value = value
    self.mask = mask
  }

  /// Whether packets of this mark are meant.
  func fits(_ mark: UInt32) -> Bool { mark & mask == value }
}

/// One kernel SA as the agent sees it. It never holds a key.
public struct SecurityAssociation: Hashable, Sendable {
  /// XFRM mode of the SA (include/uapi/linux/xfrm.h, XFRM_MODE_*).
  public enum Mode: Hashable, Sendable {
    /// Transport mode: never monitored.
    case transport
    /// Tunnel mode.
    case tunnel
    /// BEET mode.
    case beet
    /// A mode this version does not know.
    case other(UInt8)
  }

  /// Where the SA points, from XFRMA_SA_DIR when the kernel gives it (kernel 6.10 and later).
  public enum Direction: UInt8, Hashable, Sendable {
    /// Decrypts.
    case inbound = 1
    /// Encrypts.
    case outbound = 2
  }

  /// UDP encapsulation of ESP (RFC 3948): ports, host order.
  public struct Encapsulation: Hashable, Sendable {
    /// Source port.
    public var sourcePort: UInt16
    /// Destination port.
    public var destinationPort: UInt16

    /// A pair of ports.
    public init(sourcePort: UInt16, destinationPort: UInt16) {
      self.sourcePort = sourcePort
      self.destinationPort = destinationPort
    }
  }

  /// When the kernel asks for a rekey (soft) and drops the SA (hard); nil: never.
  public struct Lifetime: Hashable, Sendable {
    /// Seconds from `addedAt`.
    public var softSeconds: UInt64?
    /// Likewise.
    public var hardSeconds: UInt64?
    /// Bytes through the SA.
    public var softBytes: UInt64?
    /// Likewise.
    public var hardBytes: UInt64?
    /// Packets through the SA.
    public var softPackets: UInt64?
    /// Likewise.
    public var hardPackets: UInt64?

    /// Lifetimes; an SA without any lives until it is deleted.
    public init(
      softSeconds: UInt64? = nil, hardSeconds: UInt64? = nil, softBytes: UInt64? = nil,
      hardBytes: UInt64? = nil, softPackets: UInt64? = nil, hardPackets: UInt64? = nil
    ) {
      self.softPackets = softPackets
      self.hardPackets = hardPackets
      self.softSeconds = softSeconds
      self.hardSeconds = hardSeconds
      self.softBytes = softBytes
      self.hardBytes = hardBytes
    }
  }

  /// What the kernel looks the SA up by.
  public var key: SAKey
  /// The tunnel's other end of this SA.
  public var source: IPAddress
  /// The reqid that ties SAs to policies.
  public var reqid: UInt32
  /// XFRM interface id; 0 when none.
  public var ifID: UInt32
  /// Tunnel, transport, ...
  public var mode: Mode
  /// As the kernel says it; nil when it does not.
  public var direction: Direction?
  /// UDP encapsulation; nil when none.
  public var encapsulation: Encapsulation?
  /// AEAD, encryption, authentication, compression, those that it has; empty for a larval state.
  public var algorithms: [Algorithm]
  /// Whether this is a larval or acquire state: spi 0 or no algorithm. Never probed, never cleared.
  public var isLarval: Bool
  /// What it has counted, as the kernel said it last.
  public var counts: SACounts
  /// When it was made: seconds since 1970 (kernel `curlft.add_time`).
  public var addedAt: UInt64
  /// How long it lives.
  public var lifetime = Lifetime()
  /// Packets that may come out of order; 0: no anti-replay service.
  public var replayWindow: UInt32 = 0
  /// Whether it has extended sequence numbers (RFC 4304).
  public var hasExtendedSequence = false

  /// An SA; defaults are those of a tunnel-mode ESP SA that has carried nothing.
  public init(
    key: SAKey, source: IPAddress, reqid: UInt32, ifID: UInt32 = 0, mode: Mode = .tunnel,
    direction: Direction? = nil, encapsulation: Encapsulation? = nil,
    algorithms: [Algorithm] = [Algorithm(name: "rfc4106(gcm(aes))", keyBits: 160)],
    isLarval: Bool = false,
    packets: UInt64 = 0, bytes: UInt64 = 0, addedAt: UInt64 = 0
  ) {
    self.key = key
    self.source = source
    self.reqid = reqid
    self.ifID = ifID
    self.mode = mode
    self.direction = direction
    self.encapsulation = encapsulation
    self.algorithms = algorithms
    self.isLarval = isLarval
    counts = SACounts(packets: packets, bytes: bytes)
    self.addedAt = addedAt
  }

  /// Packets through the SA since it was made.
  public var packets: UInt64 {
    get { counts.packets }
    set { counts.packets = newValue }
  }
  /// Bytes through the SA since it was made.
  public var bytes: UInt64 {
    get { counts.bytes }
    set { counts.bytes = newValue }
  }
}
