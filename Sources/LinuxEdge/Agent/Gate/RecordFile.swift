import FoundationEssentials
import Glibc
import TunnelCore

/// The record of held gates on disk: `/run/vpnagent/gates.json`.
///
/// Written before anything is withdrawn, read at start and by whoever puts things back without a
/// daemon. Routes are kept as the kernel's own message, in hexadecimal, beside text for people.
struct RecordFile {
  static let version = 1
  let path: String

  private struct Stored: Codable {
    var version: Int
    var links: [StoredLink]
    /// Destinations that have answered, by tunnel; absent in older records and when there are none.
    var answered: [String: [String]]?
    /// What tunnels went down by that are not proven since, likewise.
    var failed: [String: String]?
  }

  private struct StoredLink: Codable {
    var name: String
    var index: Int32?
    var withdrawn: [StoredRoute]
    var groups: [StoredNexthop]?
    /// What the agent took by setting the link down; absent when it did not.
    var down: StoredDown?
  }

  private struct StoredDown: Codable {
    var addresses: [StoredAddress]
    var nexthops: [StoredNexthop]
  }

  private struct StoredAddress: Codable {
    var link: Int32
    var address: String
    var length: Int
    var peer: String?
    var flags: UInt32
    var metric: UInt32
  }

  private struct StoredLeg: Codable {
    var link: Int32
    var gateway: String?
    var weight: UInt8
  }

  private struct StoredNexthop: Codable {
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

  private struct StoredRoute: Codable {
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

  /// What an earlier run left; empty when there is no file.
  func load() throws(EdgeError) -> GateRecord {
    let bytes: [UInt8]
    do {
      bytes = try readFile(path)
    } catch  where error.errno == 2 {  // ENOENT
      return GateRecord()
    }
    guard let stored = try? JSONDecoder().decode(Stored.self, from: Data(bytes)),
      stored.version == Self.version, let record = Self.record(from: stored)
    else {
      throw EdgeError(
        operation: "read the record", object: path, errno: 74,
        complaint: "not a record of this version; look at `ip route` and remove the file")
    }
    return record
  }

  /// Whether there is a file.
  var isThere: Bool { unsafe access(path, F_OK) == 0 }

  /// Puts a record on disk for good.
  func save(_ record: GateRecord) throws(EdgeError) {
    let stored = Stored(
      version: Self.version,
      links: record.links.map { link in
        StoredLink(
          name: link.name, index: link.index, withdrawn: link.withdrawn.map(Self.stored),
          groups: link.groups.isEmpty ? nil : link.groups.map(Self.stored),
          down: link.down.map { down in
            StoredDown(
              addresses: down.addresses.map(Self.stored), nexthops: down.nexthops.map(Self.stored))
          })
      }, answered: Self.stored(record.answered),
      failed: record.failed.isEmpty ? nil : record.failed.mapValues(\.description))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(stored) else {
      throw EdgeError(operation: "encode the record", object: path, errno: 22)
    }
    try replaceFile(path, with: Array(data) + [0x0a], makingDirectory: true)
  }

  private static func stored(_ route: Route) -> StoredRoute {
    // A gateway is part of what an IPv6 route is told by.
    let isIPv4 = route.identity.destination.address.family == .ipv4
    let isPlain = isIPv4 || route.legs.first?.gateway == nil
    let hasOneLeg = route.linkIndex != nil && route.withoutLinks.isEmpty && isPlain
    let legs = route.legs.map {
      StoredLeg(link: $0.linkIndex, gateway: $0.gateway?.description, weight: $0.weight)
    }
    return StoredRoute(
      text: route.description, table: route.identity.table,
      destination: route.identity.destination.description, tos: route.identity.tos,
      metric: route.identity.metric, routeProtocol: route.routeProtocol, scope: route.scope,
      link: hasOneLeg ? route.linkIndex : nil, legs: hasOneLeg ? nil : legs,
      nexthop: route.nexthopID, without: route.withoutLinks.isEmpty ? nil : route.withoutLinks,
      message: hex(route.message))
  }

  private static func stored(_ address: InterfaceAddress) -> StoredAddress {
    StoredAddress(
      link: address.linkIndex, address: address.address.description,
      length: address.prefixLength, peer: address.peer?.description, flags: address.flags,
      metric: address.metric)
  }

  private static func address(_ entry: StoredAddress) -> InterfaceAddress? {
    guard let address = IPAddress(entry.address) else { return nil }
    return InterfaceAddress(
      linkIndex: entry.link, address: address, prefixLength: entry.length,
      peer: entry.peer.flatMap { IPAddress($0) }, flags: entry.flags, metric: entry.metric)
  }

  private static func stored(_ group: Nexthop) -> StoredNexthop {
    StoredNexthop(
      id: group.id, routeProtocol: group.routeProtocol, link: group.linkIndex,
      members: group.members,
      without: group.withoutMembers.isEmpty ? nil : group.withoutMembers,
      message: hex(group.message))
  }

  private static func stored(_ answered: [String: Set<IPAddress>]) -> [String: [String]]? {
    answered.isEmpty ? nil : answered.mapValues { $0.sorted().map(\.description) }
  }

  private static func record(from stored: Stored) -> GateRecord? {
    var record = GateRecord(
      answered: (stored.answered ?? [:]).mapValues { Set($0.compactMap { IPAddress($0) }) },
      failed: (stored.failed ?? [:]).mapValues { Reason($0) ?? .monitorFailure })
    for link in stored.links {
      let routes = link.withdrawn.compactMap(route)
      let groups = (link.groups ?? []).compactMap(group)
      guard routes.count == link.withdrawn.count, groups.count == link.groups?.count ?? 0 else {
        return nil
      }
      record[link.name] = .init(
        name: link.name, withdrawn: routes, index: link.index, groups: groups,
        down: link.down.map { down in
          .init(
            addresses: down.addresses.compactMap(address),
            nexthops: down.nexthops.compactMap(group))
        })
    }
    return record
  }

  private static func route(_ entry: StoredRoute) -> Route? {
    guard let destination = IPPrefix(entry.destination), let message = bytes(entry.message)
    else { return nil }
    let one = entry.link.map { [Route.Leg(linkIndex: $0)] }
    let legs = entry.legs?.map { leg in
      Route.Leg(
        linkIndex: leg.link, gateway: leg.gateway.flatMap { IPAddress($0) }, weight: leg.weight)
    }
    var route = Route(
      identity: .init(
        table: entry.table, destination: destination, tos: entry.tos, metric: entry.metric),
      routeProtocol: entry.routeProtocol, scope: entry.scope, legs: legs ?? one ?? [],
      nexthopID: entry.nexthop, message: message)
    route.withoutLinks = entry.without ?? []
    return route
  }

  private static func group(_ entry: StoredNexthop) -> Nexthop? {
    guard let message = bytes(entry.message) else { return nil }
    var group = Nexthop(
      id: entry.id, routeProtocol: entry.routeProtocol, linkIndex: entry.link,
      members: entry.members, message: message)
    group.withoutMembers = entry.without ?? []
    return group
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  private static func bytes(_ text: String) -> [UInt8]? {
    let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
    guard digits.count == text.utf8.count, digits.count % 2 == 0 else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }
}
