/// Why the agent leaves a link alone that a VPN or a template names: it is never held, set down or
/// given routes.
///
/// The text completes "link NAME is left alone: ...".
public enum LinkMisfit: Hashable, Sendable {
  /// It is no `vti`, `vti6` or `xfrm` link; its IFLA_INFO_KIND, empty for hardware.
  case noTunnel(kind: String)
  /// It is ip_vti0 or ip6_vti0, which the kernel has in each namespace.
  case fallback
  /// It is an XFRM interface of mode `external`, for all if_ids.
  case everyID
  /// Its SAs are those of another network namespace.
  case otherNamespace
  /// It is a VTI between ends that are not the gateway's.
  case otherEnds(local: IPAddress, remote: IPAddress, gateway: String)
  /// It carries SAs of a peer that is not the gateway.
  case otherPeer(IPAddress, gateway: String)
  /// The gateway's SAs are tied to another link, or to none: by an if_id, a mark, or their ends.
  case otherSAs(SASetKey, Mark?)
  /// Another VTI between the same ends takes all ESP of the peer.
  case shadowed(by: String, peer: IPAddress)
  /// The route to the tunnel's own peer goes by it.
  case leadsToPeer(IPAddress)
}

extension LinkMisfit: CustomStringConvertible {
  private static let transport: Set<String> = [
    "gre", "gretap", "ip6gre", "ip6gretap", "ipip", "sit", "ip6tnl", "vxlan", "l2tp", "geneve",
  ]

  /// Half a line.
  public var description: String {
    switch self {
    case .noTunnel(let kind) where kind.isEmpty: "it is not a VTI or XFRM interface"
    case .noTunnel(let kind) where Self.transport.contains(kind):
      "its kind is \(kind), not vti, vti6 or xfrm; links over transport-mode SAs are not monitored"
    case .noTunnel(let kind): "its kind is \(kind), not vti, vti6 or xfrm"
    case .fallback: "it is the kernel's fallback device, not a tunnel's"
    case .everyID: "it serves every if_id (mode external), not one tunnel"
    case .otherNamespace: "its SAs are in another network namespace"
    case .otherEnds(let local, let remote, let gateway):
      "it is a VTI between \(local) and \(remote), not to gateway \(gateway)"
    case .otherPeer(let peer, let gateway):
      "it carries SAs of \(peer), which is not an address of gateway \(gateway)"
    case .otherSAs(let key, _) where key.ifID != 0:
      "the SAs to \(key.remote) have if_id \(key.ifID)"
    case .otherSAs(let key, let mark?):
      "the SAs between \(key.local) and \(key.remote) have mark \(mark.value)"
    case .otherSAs(let key, nil): "the SAs are between \(key.local) and \(key.remote)"
    case .shadowed(let other, let peer):
      "\(other), a VTI between the same ends, takes all ESP from \(peer): none arrives on this link"
    case .leadsToPeer(let peer): "the route to its own peer \(peer) goes through it"
    }
  }
}

// MARK: - What a link alone says

extension Link {
  /// Why it can be no tunnel's, whatever SAs there are; nil when it can.
  public var misfit: LinkMisfit? {
    switch kind {
    case .other(let name): return .noTunnel(kind: name)
    case .vti where isFallback: return .fallback
    case .xfrm(ifID: 0): return .everyID
    case .vti, .xfrm: return hasSAsElsewhere ? .otherNamespace : nil
    }
  }

  /// Why it cannot be for SAs with this gateway; nil when it can. An XFRM interface has no ends.
  public func misfit(for gateway: Gateway) -> LinkMisfit? {
    guard case .vti(let local, let remote, _, _) = kind else { return nil }
    let isLocal = gateway.localAddress.map { local.isUnspecified || $0 == local } ?? true
    let family = local.isUnspecified ? remote.family : local.family
    let isRemote =
      remote.isUnspecified
      ? gateway.addresses.contains { $0.family == family } : gateway.addresses.contains(remote)
    return isLocal && isRemote
      ? nil : .otherEnds(local: local, remote: remote, gateway: gateway.name)
  }
}
