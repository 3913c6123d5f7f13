import TunnelCore

extension Event {
  /// What a kernel event means to the core; nil for a soft expiry, which is the IKE daemon's.
  init?(_ event: KernelEvent) {
    switch event {
    case .sa(let sa): self = .sa(sa)
    case .saDeleted(let key): self = .saDeleted(key)
    // A hard expiry removes the SA and no DELSA follows (kernel-facts: XFRM messages).
    case .saExpired(let sa, hard: true): self = .saExpired(sa.key)
    case .saExpired(_, hard: false): return nil
    case .saFlushed(let ipProtocol): self = .saFlushed(ipProtocol: ipProtocol)
    case .policy(let policy): self = .policy(policy)
    case .policyDeleted(let index), .policyExpired(let index, hard: true):
      self = .policyDeleted(index: index)
    case .policyExpired(_, hard: false): return nil
    case .policiesFlushed: self = .policiesFlushed
    case .link(let link): self = .link(link)
    case .linkDeleted(let index): self = .linkDeleted(index: index)
    case .address(let address): self = .address(address)
    case .addressDeleted(let address): self = .addressDeleted(address)
    case .route(let route, let change): self = .route(route, change)
    case .routeDeleted(let route): self = .routeDeleted(route)
    case .nexthop(let nexthop): self = .nexthop(nexthop)
    case .nexthopDeleted(let id): self = .nexthopDeleted(id: id)
    case .rule(let rule): self = .rule(rule)
    case .ruleDeleted(let rule): self = .ruleDeleted(rule)
    }
  }
}
