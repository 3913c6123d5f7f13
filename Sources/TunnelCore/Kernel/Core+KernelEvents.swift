/// What each thing that the kernel says means.
extension Core {
  mutating func kernelSaid(_ event: KernelEvent, at now: Instant) {
    switch event {
    case .sa(let sa): insert(sa, at: now)
    case .saDeleted(let key, let counts): remove(key, counts, at: now)
    case .saExpired(let key, let counts): remove(key, counts, isExpired: true, at: now)
    case .saFlushed(let ipProtocol): flush(ipProtocol, at: now)
    case .policy(let policy): insert(policy, at: now)
    case .policyDeleted(let index): removePolicy(index, at: now)
    case .policiesFlushed: replacePolicies([], at: now)
    case .link(let link): insert(link, at: now)
    case .linkDeleted(let index): removeLink(index, at: now)
    case .address(let address): insert(address, at: now)
    case .addressDeleted(let address): remove(address, at: now)
    case .route(let route, let change): observe(route, change, at: now)
    case .routeDeleted(let route): forget(route, at: now)
    case .nexthop(let nexthop): observe(nexthop, at: now)
    case .nexthopDeleted(let id): forgetNexthop(id)
    case .rule(let rule): gates.routes.observe(rule)
    case .ruleDeleted(let rule): forget(rule, at: now)
    }
    gates.routes.boundChanges()
  }
}
