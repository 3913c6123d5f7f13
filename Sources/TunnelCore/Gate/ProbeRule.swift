/// An IPv6 rule of the agent's, for one link.
public struct ProbeRule: Hashable, Sendable {
  /// What it does.
  public enum Purpose: Hashable, Sendable {
    /// What leaves by this link as the socket's own choice (`oif`) looks into `Route.probeTable`
    /// first. IPv6 sends nothing through a link without a route, so where there is none to a probe's
    /// destination the agent has one there, where nobody else's traffic finds it.
    case findsProbeRoutes
    /// What comes by this link (`iif`) and is for somebody else is dropped: it would be forwarded,
    /// and answered in clear. IPv4 has a setting of the link for that, IPv6 has none
    /// (net/ipv6/ip6_output.c, `ip6_forward` looks at that of all links).
    case dropsForwarded
  }

  /// FRA_PRIORITY: after the local table, before main.
  public static let priority: UInt32 = 250
  /// The link's name.
  public var link: String
  /// What it does.
  public var purpose: Purpose

  /// A rule.
  public init(link: String, purpose: Purpose = .findsProbeRoutes) {
    self.link = link
    self.purpose = purpose
  }
}

extension ProbeRule: CustomStringConvertible {
  /// As `ip rule` selects: `oif xfrm0`.
  public var description: String {
    switch purpose {
    case .findsProbeRoutes: "oif \(link)"
    case .dropsForwarded: "iif \(link)"
    }
  }
}
