import TunnelCore

extension Complaints {
  /// The address of one host.
  mutating func hostAddress(_ item: Item?) -> IPAddress? {
    let allowed = "an IPv4 or IPv6 address without zone or length"
    guard let item, let text = string(item, allowed: allowed) else { return nil }
    guard let address = IPAddress(text) else {
      refuse(item, "not an IP address; \(Self.meant(by: text) ?? "expected: \(allowed)")")
      return nil
    }
    guard !address.isUnspecified, !isGroup(address) else {
      let kind = address.isUnspecified ? "the unspecified address" : "not one host's address"
      refuse(item, "\(kind); expected: a unicast address")
      return nil
    }
    return address
  }

  /// What an address with more around it, or in the place of it, was meant to be; nil when unknown.
  private static func meant(by text: String) -> String? {
    let whole = text.split(whereSeparator: \.isWhitespace)
    for separator: Character in ["/", "%", "]", ":"] {
      guard let bare = whole.first?.split(separator: separator).first,
        let address = IPAddress(String(bare.drop { $0 == "[" }))
      else { continue }
      return "write \(quoted(address.description)) alone"
    }
    let isName = text.count > 1 && text.unicodeScalars.contains { ("g"..."z").contains($0) }
    return isName ? "names are not looked up, write the address" : nil
  }

  /// An IP prefix without host bits.
  mutating func prefix(_ item: Item) -> IPPrefix? {
    let allowed = "ADDRESS/LENGTH, 0...32 for IPv4, 0...128 for IPv6"
    guard let text = string(item, allowed: allowed) else { return nil }
    if let prefix = IPPrefix(text) { return prefix }
    let parts = text.split(separator: "/")
    if let address = IPAddress(text) {
      refuse(item, "has no length; one host is \(IPPrefix(host: address))")
    } else if parts.count == 2, let address = IPAddress(String(parts[0])),
      let length = Int(parts[1]),
      (0...address.family.bits).contains(length)
    {
      refuse(item, "has host bits; expected: \(IPPrefix(address, length: length))")
    } else {
      refuse(item, "not an IP prefix; expected: \(allowed)")
    }
    return nil
  }

  /// A routing protocol's number, or its name in iproute2's rt_protos.
  mutating func routeProtocol(_ item: Item) -> UInt8? {
    let number: UInt8?
    switch item.value {
    case .integer(let value): number = UInt8(exactly: value)
    case .string(let name): number = routeProtocols.first { $0.name == name }?.number
    default:
      refuseType(item, wanted: "a string or an integer", allowed: allowedProtocols)
      return nil
    }
    guard let number else {
      refuse(item, "no such route protocol; expected: \(allowedProtocols)")
      return nil
    }
    guard number != kernelProtocol else {
      refuse(item, "connected routes stay with their link; expected: \(allowedProtocols)")
      return nil
    }
    return number
  }
}

/// Multicast (RFC 5771, RFC 4291 2.7) and IPv4's limited broadcast.
func isGroup(_ address: IPAddress) -> Bool {
  switch address.family {
  case .ipv4: address.bits >> 28 == 0xe || address.bits == 0xffff_ffff
  case .ipv6: address.bits >> 120 == 0xff
  }
}

/// iproute2's rt_protos, and both spellings of number 0.
private let routeProtocols: [(name: String, number: UInt8)] = [
  ("unspec", 0), ("unset", 0), ("redirect", 1), ("kernel", kernelProtocol), ("boot", 3),
  ("static", 4), ("ra", 9), ("dhcp", 16), ("zebra", 11), ("bird", 12), ("babel", 42), ("bgp", 186),
  ("isis", 187), ("ospf", 188), ("rip", 189), ("eigrp", 192),
]

/// RTPROT_KERNEL, the routes the kernel adds with an address.
private let kernelProtocol: UInt8 = 2

private let allowedProtocols =
  routeProtocols.filter { $0.number != kernelProtocol }.map(\.name).joined(separator: ", ")
  + ", or a number 0...255 except \(kernelProtocol)"
