import CShims
import TunnelCore

extension KernelEvent {
  /// The shim's event; nil for a kind this version does not know, and for a soft expiry, which is the
  /// IKE daemon's. `replay` builds the body that makes a route or a nexthop again.
  init?(_ event: vpa_event, replay: () -> [UInt8]) {
    switch event.kind {
    case VPA_EVENT_SA: self = .sa(SecurityAssociation(event.sa))
    case VPA_EVENT_SA_DELETED:
      self = .saDeleted(
        SAKey(event.sa.key), event.sa.has_counts ? SACounts(event.sa.counts) : nil)
    case VPA_EVENT_SA_EXPIRED:
      // A hard expiry removes the SA, no DELSA follows (docs/facts/kernel.md, "Hard expire").
      guard event.expired_hard else { return nil }
      self = .saExpired(SAKey(event.sa.key), SACounts(event.sa.counts))
    case VPA_EVENT_SA_FLUSHED: self = .saFlushed(ipProtocol: event.flushed_protocol)
    case VPA_EVENT_POLICY:
      guard let policy = SecurityPolicy(event.policy) else { return nil }
      self = .policy(policy)
    case VPA_EVENT_POLICY_DELETED: self = .policyDeleted(index: event.policy.index)
    case VPA_EVENT_POLICY_EXPIRED:
      guard event.expired_hard else { return nil }
      self = .policyDeleted(index: event.policy.index)
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
