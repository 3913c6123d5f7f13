import CShims
import TunnelCore

/// One thing that the kernel said: an event, or an item of a dump.
public enum KernelEvent: Hashable, Sendable {
  /// A new or updated SA.
  case sa(SecurityAssociation)
  /// An SA was deleted by request (XFRM_MSG_DELSA).
  case saDeleted(SAKey)
  /// An SA reached a limit. `hard`: it is gone, and no `saDeleted` follows. The SA names no
  /// algorithms here.
  case saExpired(SecurityAssociation, hard: Bool)
  /// All SAs of a protocol are gone, without a `saDeleted` each; 0 and 255 mean every protocol.
  case saFlushed(ipProtocol: UInt8)
  /// A new or updated policy.
  case policy(SecurityPolicy)
  /// A policy was deleted by request.
  case policyDeleted(index: UInt32)
  /// A policy reached a limit. `hard`: it is gone, and no `policyDeleted` follows.
  case policyExpired(index: UInt32, hard: Bool)
  /// All policies are gone, without a `policyDeleted` each. Those of sockets are not.
  case policiesFlushed
  /// A new or changed link.
  case link(Link)
  /// A link is gone.
  case linkDeleted(index: Int32)
  /// A new or changed address.
  case address(InterfaceAddress)
  /// An address is gone.
  case addressDeleted(InterfaceAddress)
  /// A new or changed route.
  case route(Route, RouteChange = .new)
  /// A route is gone. The kernel says nothing of IPv4 routes that go with their link or address.
  case routeDeleted(Route)
  /// A new or changed nexthop object or group.
  case nexthop(Nexthop)
  /// A nexthop object or group is gone. The kernel says nothing of those that go with their link.
  case nexthopDeleted(id: UInt32)
  /// A new policy rule.
  case rule(ProbeRule)
  /// A policy rule is gone.
  case ruleDeleted(ProbeRule)
}

extension KernelEvent {
  /// The shim's event; nil for a kind this version does not know. `replay` builds the body that
  /// makes a route or a nexthop again.
  init?(_ event: vpa_event, replay: () -> [UInt8]) {
    switch event.kind {
    case VPA_EVENT_SA: self = .sa(SecurityAssociation(event.sa))
    case VPA_EVENT_SA_DELETED: self = .saDeleted(SAKey(event.sa.key))
    case VPA_EVENT_SA_EXPIRED:
      self = .saExpired(SecurityAssociation(event.sa), hard: event.expired_hard)
    case VPA_EVENT_SA_FLUSHED: self = .saFlushed(ipProtocol: event.flushed_protocol)
    case VPA_EVENT_POLICY:
      guard let policy = SecurityPolicy(event.policy) else { return nil }
      self = .policy(policy)
    case VPA_EVENT_POLICY_DELETED: self = .policyDeleted(index: event.policy.index)
    case VPA_EVENT_POLICY_EXPIRED:
      self = .policyExpired(index: event.policy.index, hard: event.expired_hard)
    case VPA_EVENT_POLICIES_FLUSHED: self = .policiesFlushed
    case VPA_EVENT_LINK: self = .link(Link(event.link))
    case VPA_EVENT_LINK_DELETED: self = .linkDeleted(index: event.link.index)
    case VPA_EVENT_ADDRESS: self = .address(InterfaceAddress(event.address))
    case VPA_EVENT_ADDRESS_DELETED: self = .addressDeleted(InterfaceAddress(event.address))
    case VPA_EVENT_ROUTE:
      self = .route(Route(event.route, message: replay()), RouteChange(event.route))
    case VPA_EVENT_ROUTE_DELETED: self = .routeDeleted(Route(event.route, message: replay()))
    case VPA_EVENT_NEXTHOP: self = .nexthop(Nexthop(event.nexthop, message: replay()))
    case VPA_EVENT_NEXTHOP_DELETED: self = .nexthopDeleted(id: event.nexthop.id)
    case VPA_EVENT_RULE:
      guard let rule = ProbeRule(event.rule) else { return nil }
      self = .rule(rule)
    case VPA_EVENT_RULE_DELETED:
      guard let rule = ProbeRule(event.rule) else { return nil }
      self = .ruleDeleted(rule)
    default: return nil
    }
  }
}
