import TunnelCore

/// A gateway with one XFRM interface a tunnel, of which the kernel has only the links.
struct MadeUpGateway {
  private static let local = IPAddress(198, 51, 100, 1)
  let tunnels: Int
  let interval: Duration
  let threshold: Int
  let isIPv6: Bool
  /// Whether links of dead paths are held.
  let isHeld: Bool

  private static func peer(_ number: Int) -> IPAddress {
    IPAddress(172, UInt8(16 + number >> 16), UInt8(number >> 8 & 255), UInt8(number & 255))
  }

  /// fd00::NUMBER:2, the other end of the link.
  private static func inner6(_ number: Int) -> IPAddress {
    IPAddress(family: .ipv6, bits: 0xfd00 << 112 | UInt128(number) << 16 | 2)
  }

  var configuration: Configuration {
    let numbers = 0..<tunnels
    return Configuration(
      gateways: Dictionary(
        uniqueKeysWithValues: numbers.map {
          ("gw\($0)", Gateway(name: "gw\($0)", addresses: [Self.peer($0)]))
        }),
      vpns: numbers.map {
        VPN(
          name: "vpn\($0)", gateway: "gw\($0)", bindInterface: "t\($0)",
          establishTunnels: .responderOnly, linkControl: isHeld ? .oper : .none,
          monitor: monitor($0))
      })
  }

  private func monitor(_ number: Int) -> Monitor {
    let destinations = isIPv6 ? [Self.inner6(number)] : []
    var monitor = Monitor(
      interval: interval, threshold: threshold, destinations: destinations,
      verifyPath: .init(destinations: destinations))
    monitor.action = .hold
    monitor.recoveryThreshold = 1
    return monitor
  }

  /// The number of a tunnel's link; nil for another link.
  func number(of name: String) -> Int? {
    guard name.hasPrefix("t"), let number = Int(name.dropFirst()), number < tunnels else {
      return nil
    }
    return number
  }

  /// A link as the kernel has it, made an XFRM interface.
  func dressed(_ link: Link) -> Link {
    guard let number = number(of: link.name) else { return link }
    var link = link
    link.kind = .xfrm(ifID: UInt32(number + 1))
    link.hasSAsElsewhere = false
    return link
  }

  /// What the kernel has, with what is made up.
  func completed(_ snapshot: Snapshot) -> Snapshot {
    var snapshot = snapshot
    snapshot.links = snapshot.links.map(dressed)
    snapshot.addresses.append(
      InterfaceAddress(linkIndex: 1, address: Self.local, prefixLength: 32))
    snapshot.sas = (0..<tunnels).flatMap(Self.pair)
    return snapshot
  }

  private static func pair(_ number: Int) -> [SecurityAssociation] {
    let id = UInt32(number + 1)
    return [
      SecurityAssociation(
        key: SAKey(destination: local, spi: 0xc000_0000 + id), source: peer(number), reqid: id,
        ifID: id),
      SecurityAssociation(
        key: SAKey(destination: peer(number), spi: 0x4000_0000 + id), source: local, reqid: id,
        ifID: id),
    ]
  }
}
