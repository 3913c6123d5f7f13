/// Gateways by their addresses, and which one of several is in use.
struct GatewayAddresses: Sendable {
  private var gateways: [IPAddress: Gateway] = [:]
  /// All addresses, sorted.
  private var sorted: [IPAddress] = []
  /// Which address of a gateway is in use or tried, where that is not the first.
  private var inUse: [String: IPAddress] = [:]

  init(_ configuration: Configuration) { adopt(configuration) }

  /// Takes the gateways of a configuration.
  mutating func adopt(_ configuration: Configuration) {
    gateways = [:]
    for gateway in configuration.gateways.values {
      for address in gateway.addresses { gateways[address] = gateway }
    }
    sorted = gateways.keys.sorted()
    inUse = inUse.filter { gateways[$0.value]?.name == $0.key }
  }

  /// The gateway that has an address.
  subscript(address: IPAddress) -> Gateway? { gateways[address] }

  /// Addresses of gateways in a prefix, found without looking at all of them.
  func addresses(in prefix: IPPrefix) -> ArraySlice<IPAddress> {
    var (low, high) = (0, sorted.count)
    while low < high {
      let middle = (low + high) / 2
      if sorted[middle] < prefix.address { low = middle + 1 } else { high = middle }
    }
    return sorted[low...].prefix { prefix.contains($0) }
  }

  /// The address in use, or tried last.
  func current(of gateway: Gateway) -> IPAddress? {
    inUse[gateway.name] ?? gateway.addresses.first
  }

  /// SAs with an address came: it is the one in use, whoever chose it.
  mutating func isInUse(_ address: IPAddress) {
    guard let gateway = gateways[address], gateway.addresses.count > 1 else { return }
    inUse[gateway.name] = address
  }

  /// The next address is to be tried, where there is one.
  mutating func rotate(_ gateway: Gateway, _ out: inout Outbox) {
    guard gateway.addresses.count > 1, let current = current(of: gateway),
      let index = gateway.addresses.firstIndex(of: current)
    else { return }
    let next = gateway.addresses[(index + 1) % gateway.addresses.count]
    inUse[gateway.name] = next
    out.log(.info, "-", "gateway=\(gateway.name) trying address \(next) after \(current)")
  }
}
