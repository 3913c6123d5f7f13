@testable import TunnelCore

/// What happens to the host.
extension LinkStory {
  // MARK: What happens

  mutating func anyLink() -> Link? {
    kernel.links.values.sorted { $0.index < $1.index }.randomElement(using: &random)
  }

  mutating func freeName() -> String? {
    Self.names.filter { kernel.link(named: $0) == nil }.randomElement(using: &random)
  }

  mutating func makeLink() {
    guard let name = freeName() else { return }
    lastIndex += 1
    var link = Link(index: lastIndex, name: name, kind: randomKind(), operationalState: .up)
    link.hasSAsElsewhere = random.oneIn(8)
    if random.oneIn(6) { (link.isAdminUp, link.operationalState) = (false, .down) }
    kernel.put(link)
    let address = InterfaceAddress(
      linkIndex: lastIndex,
      address: random.oneIn(3) ? Self.local : IPAddress(169, 254, UInt8(lastIndex % 250), 1),
      prefixLength: 30)
    kernel.addresses.append(address)
    kernel.queue.append(.kernel(.address(address)))
  }

  mutating func randomKind() -> Link.Kind {
    let number = Int.random(in: 0..<3, using: &random)
    let remote = random.oneIn(5) ? IPAddress(192, 0, 2, 9) : Self.remote(number)
    switch Int.random(in: 0..<10, using: &random) {
    case 0..<4:
      let key = UInt32(42 + number)
      return .vti(local: Self.local, remote: remote, inputKey: key, outputKey: key)
    case 4..<6: return .xfrm(ifID: UInt32(random.oneIn(5) ? 0 : 42 + number))
    default:
      let kinds = ["", "veth", "dummy", "bridge", "vrf", "gre", "wireguard", "vlan"]
      return .other(kinds.randomElement(using: &random) ?? "")
    }
  }

  mutating func renameLink() {
    guard var link = anyLink(), let name = freeName() else { return }
    link.name = name
    kernel.put(link)
  }

  mutating func negotiate() {
    let number = Int.random(in: 0..<4, using: &random)
    let key = UInt32(42 + Int.random(in: 0..<4, using: &random))
    let usesMark = random.oneIn(2)
    spi += 2
    let remote = Self.remote(number)
    let mark = usesMark ? Mark(value: key, mask: .max) : nil
    let both: [(IPAddress, IPAddress, Mark?)] = [
      (remote, Self.local, nil), (Self.local, remote, mark),
    ]
    for (source, destination, mark) in both {
      kernel.install(
        SecurityAssociation(
          key: SAKey(
            destination: destination, spi: spi + (source == remote ? 0 : 1), mark: mark),
          source: source, reqid: UInt32(number + 1), ifID: usesMark ? 0 : key))
    }
  }

  mutating func addRoute() {
    guard let link = anyLink() else { return }
    let prefixes = [
      IPPrefix.any(.ipv4), IPPrefix(host: Self.remote(0)), IPPrefix(host: Self.remote(1)),
      IPPrefix(IPAddress(10, 77, 0, 0), length: 16), IPPrefix(IPAddress(10, 0, 0, 0), length: 16),
    ]
    let route = Route(
      identity: .init(
        table: 254, destination: prefixes.randomElement(using: &random) ?? .any(.ipv4),
        metric: UInt32.random(in: 0...2, using: &random)),
      linkIndex: link.index, message: [2])
    if kernel.table[route.identity] == nil, kernel.add(route) {
      kernel.outside[route.identity] = route
    }
  }
}
