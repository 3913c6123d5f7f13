import TunnelCore

extension ConfigurationReader {
  /// `[gateway.NAME]`.
  mutating func gateway(_ name: String, _ item: Item) -> Gateway? {
    let keys = ["address", "local-address", "ike-connection"]
    guard let section = complaints.section(item, keys: keys) else { return nil }
    guard let address = section["address"] else {
      complaints.refuse(
        path: section.path(of: "address"), "missing; allowed: an address or an array of them")
      return nil
    }
    let addresses = gatewayAddresses(address)
    var gateway = Gateway(name: name, addresses: addresses)
    if let local = section["local-address"] {
      gateway.localAddress = localAddress(local, towards: addresses)
    }
    gateway.ikeConnection = complaints.ikeName(section["ike-connection"])
    return gateway
  }

  private mutating func gatewayAddresses(_ item: Item) -> [IPAddress] {
    if case .string = item.value { return [newAddress(item)].compactMap(\.self) }
    guard case .array = item.value, let items = complaints.elements(item, of: "addresses") else {
      complaints.refuseType(item, wanted: "an address or an array of addresses")
      return []
    }
    if items.isEmpty { complaints.refuse(item, "must hold at least one address") }
    return items.compactMap { newAddress($0) }
  }

  /// An address that no gateway has yet: a packet's source must tell whose it is.
  private mutating func newAddress(_ item: Item) -> IPAddress? {
    guard let address = complaints.hostAddress(item) else { return nil }
    if let first = addressPaths[address] {
      complaints.refuse(item, "already in \(first); allowed: each address once in the file")
      return nil
    }
    addressPaths[address] = item.path
    return address
  }

  private mutating func localAddress(_ item: Item, towards peers: [IPAddress]) -> IPAddress? {
    guard let address = complaints.hostAddress(item) else { return nil }
    if let other = peers.first(where: { $0.family != address.family }) {
      let family = other.family == .ipv4 ? "IPv4" : "IPv6"
      complaints.refuse(item, "the gateway has \(other); allowed: an \(family) address")
    }
    return address
  }
}
