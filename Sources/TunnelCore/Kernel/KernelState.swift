/// What the kernel has, as dumps and events tell it: SAs, policies, links and addresses. Its routes are
/// the route guard's.
///
/// Nothing here knows of tunnels. Whoever reads it is handed it as a parameter or asks the core.
struct KernelState: Sendable {
  var sas = SATable()
  var policies = PolicyTable() { didSet { revision &+= 1 } }
  var links = LinkTable() { didSet { revision &+= 1 } }
  /// By link.
  private(set) var addresses: [Int32: [InterfaceAddress]] = [:] { didSet { revision &+= 1 } }
  /// Counts what changed but SAs: what was worked out from it holds while it is the same.
  private(set) var revision: UInt64 = 0
  /// On how many links each is.
  private var places: [IPAddress: Int] = [:]
  /// Links by the addresses of their other ends.
  private var otherEnds: [IPAddress: [Int32: Int]] = [:]

  // MARK: SAs

  /// Puts an SA in, or replaces it; returns the sets that changed.
  mutating func insert(_ sa: SecurityAssociation) -> [SASetKey] {
    // Not `isLocal` itself: a closure over self would have every table copied at each SA.
    let places = places
    return sas.insert(sa) { places[$0] != nil }
  }

  /// Whether an SA is new, and would join a set that is there.
  func isNewInSet(_ sa: SecurityAssociation) -> Bool {
    sas.isNewInSet(sa) { places[$0] != nil }
  }

  // MARK: Links

  func link(named name: String?) -> Link? { name.flatMap { links.named($0) } }

  // MARK: Addresses

  /// Addresses of this host.
  var localAddresses: some Collection<IPAddress> { places.keys }

  func isLocal(_ address: IPAddress) -> Bool { places[address] != nil }

  /// Links whose only neighbour has this address.
  func links(endingAt address: IPAddress) -> some Collection<Int32> {
    (otherEnds[address] ?? [:]).keys
  }

  /// Puts an address in, or replaces what is known of it.
  mutating func insert(_ address: InterfaceAddress) {
    let link = address.linkIndex
    if let end = address.otherEnd { otherEnds[end, default: [:]][link, default: 0] += 1 }
    if let place = addresses[link]?.firstIndex(where: address.isSame) {
      if let old = addresses[link]?[place] { forgetOtherEnd(of: old) }
      addresses[link]?[place] = address
      return
    }
    addresses[link, default: []].append(address)
    places[address.address, default: 0] += 1
  }

  /// Returns whether it was there.
  mutating func remove(_ address: InterfaceAddress) -> Bool {
    guard let index = addresses[address.linkIndex]?.firstIndex(where: address.isSame) else {
      return false
    }
    if let old = addresses[address.linkIndex]?.remove(at: index) { forgetOtherEnd(of: old) }
    let left = (places[address.address] ?? 1) - 1
    places[address.address] = left == 0 ? nil : left
    return true
  }

  mutating func replaceAddresses(_ list: [InterfaceAddress]) {
    addresses = [:]
    places = [:]
    otherEnds = [:]
    for address in list { insert(address) }
  }

  private mutating func forgetOtherEnd(of address: InterfaceAddress) {
    guard let end = address.otherEnd else { return }
    otherEnds[end]?.countDown(address.linkIndex)
    if otherEnds[end]?.isEmpty == true { otherEnds[end] = nil }
  }
}
