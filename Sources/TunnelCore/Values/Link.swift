/// A network link of this namespace.
public struct Link: Hashable, Sendable {
  /// What the link is, with the attributes that tie SAs to it.
  public enum Kind: Hashable, Sendable {
    /// `vti` or `vti6`: endpoints (unspecified when any) and the keys, which are marks
    /// (host order; ip_vti.c compares them with the packet mark and its whole 32 bits).
    case vti(local: IPAddress, remote: IPAddress, inputKey: UInt32, outputKey: UInt32)
    /// `xfrm` interface with its if_id.
    case xfrm(ifID: UInt32)
    /// Anything else, by its IFLA_INFO_KIND ("veth", "dummy", "" for hardware).
    case other(String)

    /// Whether SAs can be tied to it.
    public var isTunnel: Bool {
      switch self {
      case .vti, .xfrm: true
      case .other: false
      }
    }
  }

  /// RFC 2863 operational state (include/uapi/linux/if.h, IF_OPER_*).
  public enum OperationalState: UInt8, Hashable, Sendable {
    case unknown = 0
    case notPresent, down, lowerLayerDown, testing, dormant, up
  }

  /// Interface index.
  public var index: Int32
  /// Interface name.
  public var name: String
  /// What it is.
  public var kind: Kind
  /// IFF_UP: the operator's switch.
  public var isAdminUp: Bool
  /// IFLA_OPERSTATE.
  public var operationalState: OperationalState
  /// Whether IFLA_LINKMODE is IF_LINK_MODE_DORMANT.
  public var isLinkModeDormant: Bool
  /// IFLA_MTU in bytes.
  public var mtu: UInt32
  /// IFLA_LINK; of a VTI the device that it is bound to (`dev`), whose ESP it takes before others.
  public var boundTo: Int32?
  /// Index of the VRF or bridge that it belongs to; nil: none.
  public var master: Int32?
  /// Of a VRF its routing table; nil for other links.
  public var vrfTable: UInt32?
  /// Whether it was made in another network namespace and moved here (IFLA_LINK_NETNSID is there):
  /// SAs, and routes for ESP, are looked up in that one (`xi->net` in net/xfrm/xfrm_interface_core.c,
  /// `tunnel->net` in net/ipv4/ip_vti.c).
  public var hasSAsElsewhere: Bool

  /// A link.
  public init(
    index: Int32, name: String, kind: Kind, isAdminUp: Bool = true,
    operationalState: OperationalState = .unknown, isLinkModeDormant: Bool = false,
    mtu: UInt32 = 1480, boundTo: Int32? = nil, master: Int32? = nil, vrfTable: UInt32? = nil,
    hasSAsElsewhere: Bool = false
  ) {
    self.hasSAsElsewhere = hasSAsElsewhere
    self.boundTo = boundTo
    self.master = master
    self.vrfTable = vrfTable
    self.index = index
    self.name = name
    self.kind = kind
    self.isAdminUp = isAdminUp
    self.operationalState = operationalState
    self.isLinkModeDormant = isLinkModeDormant
    self.mtu = mtu
  }
}

/// An address on a link.
public struct InterfaceAddress: Hashable, Sendable {
  /// The link's index.
  public var linkIndex: Int32
  /// The address itself (IFA_LOCAL, or IFA_ADDRESS where there is no IFA_LOCAL).
  public var address: IPAddress
  /// The subnet's prefix length.
  public var prefixLength: Int
  /// The other end of a peer-addressed link (IFA_ADDRESS where it differs from IFA_LOCAL).
  public var peer: IPAddress?
  /// IFA_F_* as far as an operator sets them, and IFA_F_PERMANENT.
  public var flags: UInt32
  /// Metric of its subnet's route (IFA_RT_PRIORITY); 0: the kernel's.
  public var metric: UInt32

  /// An address on a link.
  public init(
    linkIndex: Int32, address: IPAddress, prefixLength: Int, peer: IPAddress? = nil,
    flags: UInt32 = 0x80, metric: UInt32 = 0
  ) {
    self.flags = flags
    self.metric = metric
    self.linkIndex = linkIndex
    self.address = address
    self.prefixLength = prefixLength
    self.peer = peer
  }

  /// Whether both are one address, whatever its flags and metric are by now.
  func isSame(as other: InterfaceAddress) -> Bool {
    linkIndex == other.linkIndex && address == other.address
      && prefixLength == other.prefixLength && peer == other.peer
  }

  /// Whether it does not end by itself (IFA_F_PERMANENT).
  public var isPermanent: Bool { flags & 0x80 != 0 }

  /// The only other address there can be on the link: the peer, or the other host of a
  /// /30, /31, /126 or /127; nil on any other subnet.
  public var otherEnd: IPAddress? {
    if let peer { return peer }
    let bits = address.bits
    switch address.family.bits - prefixLength {
    case 1: return IPAddress(family: address.family, bits: bits ^ 1)
    case 2 where (1...2).contains(bits & 3):
      return IPAddress(family: address.family, bits: bits ^ 3)
    default: return nil
    }
  }
}
