@testable import TunnelCore

/// What each happening does to the model kernel.
extension RandomScenario {
  func index(of tunnel: Int) -> Int32? {
    let key = UInt32(42 + tunnel)
    return kernel.links.values.first {
      if case .vti(_, _, key, _) = $0.kind { true } else { false }
    }?.index
  }

  func tunnel(onLink index: Int32) -> Int? {
    scenario.vpns.indices.first { self.index(of: $0) == index }
  }

  mutating func happen(_ happening: Happening) {
    switch happening {
    case .negotiate, .rekey, .delete, .deleteHalf, .flush: happenToSAs(happening)
    case .admin, .deleteLink, .createLink, .rename, .operstate, .address: happenToLink(happening)
    case .addRoute(let tunnel, let number): addRoute(tunnel, number)
    case .removeRoute(let tunnel, let number): removeRoute(tunnel, number)
    case .answers(let tunnel, let how): answers[tunnel] = how
    case .failSteps(let count): kernel.stepsToFail = count
    case .failRecords(let count): kernel.recordsToFail = count
    case .loseEvents: (losesEvents, oracle.hasLagged, oracle.isBlind) = (true, true, true)
    case .lag: (isLagging, oracle.hasLagged, oracle.isBlind) = (true, true, true)
    case .resync: resync()
    case .wait(let milliseconds):
      pass(until: now.advanced(by: .milliseconds(milliseconds)))
      catchUp()
    case .waitMicroseconds(let count): pass(until: now.advanced(by: .microseconds(count)))
    case .stall(let milliseconds): stall(.milliseconds(milliseconds))
    }
    if losesEvents { kernel.queue = [] }
  }

  private mutating func happenToSAs(_ happening: Happening) {
    switch happening {
    case .negotiate(let tunnel, let slot): negotiate(tunnel, slot)
    case .rekey(let tunnel, let slot):
      negotiate(tunnel, slot)
      if !losesEvents { pump() }
      if kernel.sas.count > 2 { deleteOldest(tunnel, slot) }
    case .delete(let tunnel, let slot): deleteOldest(tunnel, slot)
    case .deleteHalf(let tunnel, let slot, let inbound):
      let half = pairs(tunnel, slot).first { isInbound($0) == inbound }
      if let half { kernel.delete(half) }
    default:
      kernel.sas = [:]
      kernel.queue.append(.kernel(.saFlushed(ipProtocol: 0)))
    }
  }

  private mutating func happenToLink(_ happening: Happening) {
    switch happening {
    case .createLink(let tunnel): createLink(tunnel)
    case .admin(let tunnel, let up):
      if let index = index(of: tunnel) { kernel.setAdmin(index, up: up) }
    case .deleteLink(let tunnel):
      if let index = index(of: tunnel) { kernel.deleteLink(index) }
    case .rename(let tunnel): rename(tunnel)
    case .operstate(let tunnel, let dormant): setOperstate(tunnel, dormant)
    case .address(let tunnel, let present): setAddress(tunnel, present)
    default: break
    }
  }

  private mutating func setOperstate(_ tunnel: Int, _ dormant: Bool) {
    guard var link = index(of: tunnel).flatMap({ kernel.links[$0] }), link.isAdminUp else { return }
    link.operationalState = dormant ? .dormant : .up
    oracle.noteForeignOperstate(link.name)
    kernel.put(link)
  }

  private mutating func addRoute(_ tunnel: Int, _ number: Int) {
    guard let index = index(of: tunnel) else { return }
    let route = scenario.route(tunnel, number, index: index)
    guard kernel.table[route.identity] == nil, kernel.add(route) else { return }
    kernel.outside[route.identity] = route
    oracle.noteAdded(route)
  }

  private mutating func removeRoute(_ tunnel: Int, _ number: Int) {
    let id = scenario.route(tunnel, number, index: 0).identity
    guard kernel.table[id] != nil else { return }
    kernel.remove(id)
    kernel.outside[id] = nil
  }

  private func isInbound(_ key: SAKey) -> Bool { key.destination == scenario.local }

  private func pairs(_ tunnel: Int, _ slot: Int) -> [SAKey] {
    let reqid = scenario.pair(tunnel, slot: slot, number: 0)[0].reqid
    return kernel.sas.values.filter { $0.reqid == reqid }.map(\.key)
      .sorted { $0.spi & 0xffffff < $1.spi & 0xffffff }
  }

  private mutating func negotiate(_ tunnel: Int, _ slot: Int) {
    numbers += 1
    for sa in scenario.pair(tunnel, slot: slot, number: numbers) { kernel.install(sa) }
  }

  private mutating func deleteOldest(_ tunnel: Int, _ slot: Int) {
    let keys = pairs(tunnel, slot)
    for key in keys where key.spi & 0xffffff == keys[0].spi & 0xffffff { kernel.delete(key) }
  }

  private mutating func createLink(_ tunnel: Int) {
    guard index(of: tunnel) == nil else { return }
    lastIndex += 1
    kernel.put(scenario.link(tunnel, index: lastIndex))
    setAddress(tunnel, true)
  }

  private mutating func rename(_ tunnel: Int) {
    guard var link = index(of: tunnel).flatMap({ kernel.links[$0] }) else { return }
    link.name = link.name.hasPrefix("x") ? "vti\(tunnel)" : "x\(tunnel)"
    oracle.noteForeignOperstate(link.name)
    kernel.put(link)
  }

  private mutating func setAddress(_ tunnel: Int, _ present: Bool) {
    guard let index = index(of: tunnel) else { return }
    let address = scenario.address(tunnel, index: index)
    let isThere = kernel.addresses.contains(address)
    guard isThere != present else { return }
    if present {
      kernel.addresses.append(address)
    } else {
      kernel.addresses.removeAll { $0 == address }
    }
    kernel.queue.append(.kernel(present ? .address(address) : .addressDeleted(address)))
  }

  private mutating func stall(_ duration: Duration) {
    now = now.advanced(by: duration)
    // What came in meanwhile is read first, as the edge does.
    for item in replies.filter({ $0.at <= now }) where violation == nil { deliver(item) }
    replies.removeAll { $0.at <= now }
    pass(until: now)
  }

  private mutating func catchUp() {
    isLagging = false
    oracle.isBlind = losesEvents
  }

  mutating func resync() {
    losesEvents = false
    isLagging = false
    oracle.isBlind = false
    kernel.queue = []
    feed(.snapshot(kernel.snapshot))
  }
}
