/// One thing that the kernel said by netlink: an event, or an item of a dump.
public enum KernelEvent: Hashable, Sendable {
  /// An SA is new or was updated (NEWSA, UPDSA). Indirect: it is twice as large as any other event, and
  /// each event is copied as often as a probe's.
  indirect case sa(SecurityAssociation)
  /// An SA was deleted by request (DELSA), with its last counts where the kernel gave them.
  case saDeleted(SAKey, SACounts? = nil)
  /// An SA is gone by a hard expiry (EXPIRE with hard=1), of which the IKE daemon hears too;
  /// with its last counts. No `saDeleted` follows.
  case saExpired(SAKey, SACounts? = nil)
  /// All SAs of this IP protocol are gone (FLUSHSA), without a `saDeleted` each; 0 or 255 means of
  /// every protocol.
  case saFlushed(ipProtocol: UInt8)
  /// A policy is new or was updated (NEWPOLICY, UPDPOLICY).
  case policy(SecurityPolicy)
  /// A policy is gone (DELPOLICY, or POLEXPIRE with hard=1).
  case policyDeleted(index: UInt32)
  /// All policies are gone (FLUSHPOLICY), without a `policyDeleted` each. Those of sockets are not.
  case policiesFlushed
  /// A link is new or has changed.
  case link(Link)
  /// A link is gone.
  case linkDeleted(index: Int32)
  /// An address is new or has changed.
  case address(InterfaceAddress)
  /// An address is gone.
  case addressDeleted(InterfaceAddress)
  /// A route is new or replaced.
  case route(Route, RouteChange = .new)
  /// A route is gone. The kernel says nothing of IPv4 routes that go with their link or address.
  case routeDeleted(Route)
  /// A nexthop object or group is new or replaced.
  case nexthop(Nexthop)
  /// A nexthop object or group is gone. The kernel says nothing of those that go with their link.
  case nexthopDeleted(id: UInt32)
  /// A policy rule of the agent's is there.
  case rule(ProbeRule)
  /// A policy rule of the agent's is gone.
  case ruleDeleted(ProbeRule)
}
