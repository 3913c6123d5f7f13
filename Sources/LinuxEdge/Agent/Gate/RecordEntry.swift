import TunnelCore

/// One line of the record: all that it says of one link or tunnel.
///
/// Routes are kept as the kernel's own message, in hexadecimal, beside text for people.
struct RecordEntry: Codable {
  /// What is held of a link now.
  var link: StoredLink?
  /// A link of which nothing is held any more.
  var released: String?
  /// What is known of a tunnel now; of one of which nothing is, the name alone.
  var tunnel: StoredTunnel?

  /// The form of version 1: the whole record as one JSON object.
  struct Whole: Codable {
    var version: Int
    var links: [StoredLink]
    /// Destinations that have answered, by tunnel; absent in older records and when there are none.
    var answered: [String: [String]]?
    /// What tunnels went down by that are not proven since, likewise.
    var failed: [String: String]?
  }

  struct StoredTunnel: Codable {
    var name: String
    /// Destinations of vpn-monitor that have answered.
    var answered: [String]?
    /// What it went down by, if it is not proven since.
    var failed: String?
  }

  struct StoredLink: Codable {
    var name: String
    var index: Int32?
    var withdrawn: [StoredRoute]
    var groups: [StoredNexthop]?
    /// What the agent took by setting the link down; absent when it did not.
    var down: StoredDown?
  }

  struct StoredDown: Codable {
    var addresses: [StoredAddress]
    var nexthops: [StoredNexthop]
  }

  struct StoredAddress: Codable {
    var link: Int32
    var address: String
    var length: Int
    var peer: String?
    var flags: UInt32
    var metric: UInt32
  }

  struct StoredLeg: Codable {
    var link: Int32
    var gateway: String?
    var weight: UInt8
  }

  struct StoredNexthop: Codable {
    var id: UInt32
    var routeProtocol: UInt8
    var link: Int32?
    var members: [UInt32]
    var without: [UInt32]?
    var message: String

    enum CodingKeys: String, CodingKey {
      case id, link, members, without, message
      case routeProtocol = "protocol"
    }
  }

  struct StoredRoute: Codable {
    var text: String
    var table: UInt32
    var destination: String
    var tos: UInt8
    var metric: UInt32
    var routeProtocol: UInt8
    var scope: UInt8
    var link: Int32?
    /// Of a route that has not just one: `link` is null then.
    var legs: [StoredLeg]?
    var nexthop: UInt32?
    /// Links whose legs the message has and the route has not.
    var without: [Int32]?
    var message: String

    enum CodingKeys: String, CodingKey {
      case text, table, destination, tos, metric, scope, link, legs, nexthop, without, message
      case routeProtocol = "protocol"
    }
  }
}

extension RecordEntry {
  /// What a record says of a link.
  init(link name: String, in record: GateRecord) {
    link = record[name].map(StoredLink.init)
    released = link == nil ? name : nil
  }

  /// What a record says of a tunnel.
  init(tunnel name: String, in record: GateRecord) {
    tunnel = StoredTunnel(
      name: name, answered: record.answered[name]?.sorted().map(\.description),
      failed: record.failed[name]?.description)
  }

  /// Has the record say this; returns whether all of it is understood.
  func apply(to record: inout GateRecord) -> Bool {
    if let link {
      guard let held = link.value else { return false }
      record[link.name] = held
    }
    if let released { record[released] = nil }
    return tunnel?.apply(to: &record) ?? (link != nil || released != nil)
  }
}

extension RecordEntry.StoredTunnel {
  fileprivate func apply(to record: inout GateRecord) -> Bool {
    let addresses = answered?.compactMap { IPAddress($0) }
    record.answered[name] = addresses.map(Set.init)
    record.failed[name] = failed.map { Reason($0) ?? .monitorFailure }
    return addresses?.count == answered?.count
  }
}

extension RecordEntry.Whole {
  /// The same, an entry for each link and tunnel.
  var entries: [RecordEntry] {
    let tunnels = Set(answered?.keys.map { $0 } ?? []).union(failed?.keys.map { $0 } ?? [])
    return links.map { RecordEntry(link: $0) }
      + tunnels.map {
        RecordEntry(tunnel: .init(name: $0, answered: answered?[$0], failed: failed?[$0]))
      }
  }
}

// MARK: - Values and how they are stored

extension RecordEntry.StoredLink {
  init(_ link: GateRecord.HeldLink) {
    name = link.name
    index = link.index
    withdrawn = link.withdrawn.map(RecordEntry.StoredRoute.init)
    groups = link.groups.isEmpty ? nil : link.groups.map(RecordEntry.StoredNexthop.init)
    down = link.down.map { down in
      RecordEntry.StoredDown(
        addresses: down.addresses.map(RecordEntry.StoredAddress.init),
        nexthops: down.nexthops.map(RecordEntry.StoredNexthop.init))
    }
  }

  fileprivate var value: GateRecord.HeldLink? {
    guard let routes = all(withdrawn.map(\.value)), let groups = all((groups ?? []).map(\.value))
    else { return nil }
    var taken: GateRecord.HeldLink.Down?
    if let down {
      guard let addresses = all(down.addresses.map(\.value)),
        let nexthops = all(down.nexthops.map(\.value))
      else { return nil }
      taken = .init(addresses: addresses, nexthops: nexthops)
    }
    return .init(name: name, withdrawn: routes, index: index, groups: groups, down: taken)
  }
}

extension RecordEntry.StoredAddress {
  fileprivate init(_ address: InterfaceAddress) {
    link = address.linkIndex
    self.address = address.address.description
    length = address.prefixLength
    peer = address.peer?.description
    flags = address.flags
    metric = address.metric
  }

  fileprivate var value: InterfaceAddress? {
    guard let address = IPAddress(address), 0...address.family.bits ~= length else { return nil }
    return InterfaceAddress(
      linkIndex: link, address: address, prefixLength: length, peer: peer.flatMap { IPAddress($0) },
      flags: flags, metric: metric)
  }
}

extension RecordEntry.StoredNexthop {
  fileprivate init(_ group: Nexthop) {
    id = group.id
    routeProtocol = group.routeProtocol
    link = group.linkIndex
    members = group.members
    without = group.withoutMembers.isEmpty ? nil : group.withoutMembers
    message = hexadecimal(group.message)
  }

  fileprivate var value: Nexthop? {
    guard let message = bytes(hexadecimal: message) else { return nil }
    var group = Nexthop(
      id: id, routeProtocol: routeProtocol, linkIndex: link, members: members, message: message)
    group.withoutMembers = without ?? []
    return group
  }
}

extension RecordEntry.StoredRoute {
  fileprivate init(_ route: Route) {
    // A gateway is part of what an IPv6 route is told by.
    let isIPv4 = route.identity.destination.address.family == .ipv4
    let isPlain = isIPv4 || route.legs.first?.gateway == nil
    let hasOneLeg = route.linkIndex != nil && route.withoutLinks.isEmpty && isPlain
    text = route.description
    table = route.identity.table
    destination = route.identity.destination.description
    tos = route.identity.tos
    metric = route.identity.metric
    routeProtocol = route.routeProtocol
    scope = route.scope
    link = hasOneLeg ? route.linkIndex : nil
    nexthop = route.nexthopID
    without = route.withoutLinks.isEmpty ? nil : route.withoutLinks
    message = hexadecimal(route.message)
    guard !hasOneLeg else { return }
    legs = route.legs.map {
      .init(link: $0.linkIndex, gateway: $0.gateway?.description, weight: $0.weight)
    }
  }

  fileprivate var value: Route? {
    guard let destination = IPPrefix(destination), let message = bytes(hexadecimal: message)
    else { return nil }
    let one = link.map { [Route.Leg(linkIndex: $0)] }
    let several = legs?.map { leg in
      Route.Leg(
        linkIndex: leg.link, gateway: leg.gateway.flatMap { IPAddress($0) }, weight: leg.weight)
    }
    var route = Route(
      identity: .init(table: table, destination: destination, tos: tos, metric: metric),
      routeProtocol: routeProtocol, scope: scope, legs: several ?? one ?? [], nexthopID: nexthop,
      message: message)
    route.withoutLinks = without ?? []
    return route
  }
}

/// All of them; nil where one is missing.
private func all<Value>(_ values: [Value?]) -> [Value]? {
  let there = values.compactMap { $0 }
  return there.count == values.count ? there : nil
}

private func hexadecimal(_ bytes: [UInt8]) -> String {
  let digits = Array("0123456789abcdef".utf8)
  var text: [UInt8] = []
  text.reserveCapacity(2 * bytes.count)
  for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
  return String(decoding: text, as: UTF8.self)
}

private func bytes(hexadecimal text: String) -> [UInt8]? {
  let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
  guard digits.count == text.utf8.count, digits.count % 2 == 0 else { return nil }
  return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}
