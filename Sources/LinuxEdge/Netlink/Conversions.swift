// The shim's flat structs to and from the core's values. Nothing is decided here.
import CShims
import TunnelCore

extension String {
  /// The text in a fixed C array, up to its first zero byte.
  init<CArray: BitwiseCopyable>(fixed: CArray) {
    self = unsafe withUnsafeBytes(of: fixed) { bytes in
      let text = unsafe bytes.prefix { $0 != 0 }
      return unsafe String(decoding: text, as: UTF8.self)
    }
  }
}

extension IPAddress {
  init(_ ip: vpa_ip) {
    let bits = UInt128(ip.high) << 64 | UInt128(ip.low)
    self.init(family: ip.family == 4 ? .ipv4 : .ipv6, bits: bits)
  }
}

extension vpa_ip {
  init(_ address: IPAddress) {
    self.init(
      high: UInt64(truncatingIfNeeded: address.bits >> 64),
      low: UInt64(truncatingIfNeeded: address.bits), family: address.family.rawValue)
  }
}

extension SAKey {
  init(_ key: vpa_sa_key) {
    let mark = key.has_mark ? Mark(value: key.mark_value, mask: key.mark_mask) : nil
    self.init(
      destination: IPAddress(key.destination), spi: key.spi, ipProtocol: key.protocol, mark: mark)
  }
}

extension vpa_sa_key {
  init(_ key: SAKey) {
    self.init(
      destination: vpa_ip(key.destination), spi: key.spi, mark_value: key.mark?.value ?? 0,
      mark_mask: key.mark?.mask ?? 0, protocol: key.ipProtocol, has_mark: key.mark != nil)
  }
}

extension SecurityAssociation {
  init(_ sa: vpa_sa) {
    let encapsulation = Encapsulation(
      sourcePort: sa.encap_source_port, destinationPort: sa.encap_destination_port)
    let algorithms = [sa.aead, sa.encryption, sa.authentication, sa.compression].map {
      Algorithm(name: String(fixed: $0.name), keyBits: $0.key_bits)
    }
    self.init(
      key: SAKey(sa.key), source: IPAddress(sa.source), reqid: sa.reqid, ifID: sa.if_id,
      mode: Mode(kernel: sa.mode), direction: Direction(rawValue: sa.direction),
      encapsulation: sa.has_encap ? encapsulation : nil,
      algorithms: algorithms.filter { !$0.name.isEmpty }, isLarval: sa.larval,
      addedAt: sa.added_at)
    counts = SACounts(sa.counts)
    lifetime = Lifetime(
      softSeconds: sa.soft_seconds == 0 ? nil : sa.soft_seconds,
      hardSeconds: sa.hard_seconds == 0 ? nil : sa.hard_seconds,
      softBytes: sa.soft_bytes == .max ? nil : sa.soft_bytes,
      hardBytes: sa.hard_bytes == .max ? nil : sa.hard_bytes,
      softPackets: sa.soft_packets == .max ? nil : sa.soft_packets,
      hardPackets: sa.hard_packets == .max ? nil : sa.hard_packets)
    replayWindow = sa.replay_window
    hasExtendedSequence = sa.esn
  }
}

extension SecurityAssociation.Mode {
  /// XFRM_MODE_* of include/uapi/linux/xfrm.h.
  init(kernel number: UInt8) {
    switch number {
    case 0: self = .transport
    case 1: self = .tunnel
    case 4: self = .beet
    default: self = .other(number)
    }
  }
}

extension SecurityPolicy {
  /// nil for a direction that this version does not know.
  init?(_ policy: vpa_policy) {
    guard let direction = Direction(rawValue: policy.direction) else { return nil }
    func prefix(_ ip: vpa_ip, _ length: UInt8) -> IPPrefix {
      IPPrefix(IPAddress(ip), length: Int(length))
    }
    func endpoint(_ ip: vpa_ip) -> IPAddress? {
      let address = IPAddress(ip)
      return ip.family == 0 || address.isUnspecified ? nil : address
    }
    let template = Template(
      source: endpoint(policy.tunnel_source), destination: endpoint(policy.tunnel_destination),
      reqid: policy.reqid)
    self.init(
      index: policy.index, direction: direction,
      source: prefix(policy.source, policy.source_length),
      destination: prefix(policy.destination, policy.destination_length),
      ipProtocol: policy.protocol, hasPorts: policy.has_ports, priority: policy.priority,
      mark: policy.has_mark ? Mark(value: policy.mark_value, mask: policy.mark_mask) : nil,
      ifID: policy.if_id, template: policy.has_template ? template : nil)
  }
}

extension Link {
  init(_ link: vpa_link) {
    let kind: Kind
    switch link.kind {
    case VPA_LINK_VTI:
      kind = .vti(
        local: IPAddress(link.local), remote: IPAddress(link.remote), inputKey: link.input_key,
        outputKey: link.output_key)
    case VPA_LINK_XFRM: kind = .xfrm(ifID: link.if_id)
    default: kind = .other(String(fixed: link.kind_name))
    }
    self.init(
      index: link.index, name: String(fixed: link.name), kind: kind, isAdminUp: link.admin_up,
      operationalState: OperationalState(rawValue: link.operational_state) ?? .unknown,
      isLinkModeDormant: link.link_mode_dormant, mtu: link.mtu,
      boundTo: link.bound_to == 0 ? nil : link.bound_to,
      master: link.master == 0 ? nil : link.master,
      vrfTable: link.vrf_table == 0 ? nil : link.vrf_table,
      hasSAsElsewhere: link.other_netns)
  }
}

extension InterfaceAddress {
  init(_ address: vpa_address) {
    self.init(
      linkIndex: address.link_index, address: IPAddress(address.address),
      prefixLength: Int(address.prefix_length),
      peer: address.peer.family == 0 ? nil : IPAddress(address.peer), flags: address.flags,
      metric: address.metric)
  }
}

extension vpa_address {
  init(_ address: InterfaceAddress) {
    self.init()
    self.address = vpa_ip(address.address)
    if let other = address.peer { peer = vpa_ip(other) }
    link_index = address.linkIndex
    flags = address.flags
    metric = address.metric
    prefix_length = UInt8(address.prefixLength)
  }
}

extension Route {
  /// RTN_UNICAST and RTN_UNREACHABLE of include/uapi/linux/rtnetlink.h.
  private static let unicast: UInt8 = 1
  private static let unreachable: UInt8 = 7

  /// The route with the body that makes it again.
  init(_ route: vpa_route, message: [UInt8]) {
    let kind: Kind =
      switch route.type {
      case Self.unicast: .unicast
      case Self.unreachable: .unreachable
      default: .other(route.type)
      }
    self.init(
      identity: Identity(
        table: route.table,
        destination: IPPrefix(IPAddress(route.destination), length: Int(route.prefix_length)),
        tos: route.tos, metric: route.metric),
      kind: kind, routeProtocol: route.protocol, scope: route.scope,
      // IPv6 hangs unreachable routes on the loopback link.
      legs: kind == .unreachable ? [] : route.ways,
      nexthopID: route.nexthop_id == 0 ? nil : route.nexthop_id,
      isReplayable: route.replayable && !message.isEmpty, message: message)
    let source = route.preferred_source
    preferredSource = source.family == 0 ? nil : IPAddress(source)
  }
}

extension RouteInterest {
  /// Whether an event matters; those of anything but routes do.
  func concerns(_ event: vpa_event) -> Bool {
    guard event.kind == VPA_EVENT_ROUTE || event.kind == VPA_EVENT_ROUTE_DELETED else {
      return true
    }
    return unsafe withUnsafePointer(to: event.route) { route in
      let (count, id) = unsafe (Int(route.pointee.leg_count), route.pointee.nexthop_id)
      let identity = unsafe Route.Identity(
        table: route.pointee.table,
        destination: IPPrefix(
          IPAddress(route.pointee.destination), length: Int(route.pointee.prefix_length)),
        tos: route.pointee.tos, metric: route.pointee.metric)
      let legsAreElsewhere = unsafe withUnsafeBytes(of: route.pointee.legs) { bytes in
        let legs = unsafe bytes.bindMemory(to: vpa_leg.self)
        for place in 0..<count where unsafe !isElsewhere(legs[place].link_index) { return false }
        return true
      }
      return unsafe concerns(
        identity, routeProtocol: route.pointee.protocol, nexthop: id == 0 ? nil : id,
        isElsewhere: legsAreElsewhere)
    }
  }
}

extension RouteChange {
  init(_ route: vpa_route) {
    self = route.replaces ? .replacing : route.appended ? .appended : .new
  }
}

extension ProbeRule {
  /// nil for a rule that is not the agent's.
  init?(_ rule: vpa_rule) {
    let (output, input) = (String(fixed: rule.output_link), String(fixed: rule.input_link))
    guard rule.protocol == Route.agentProtocol, rule.family == 6 else { return nil }
    if rule.drops, !input.isEmpty, output.isEmpty {
      self.init(link: input, purpose: .dropsForwarded)
    } else if !rule.drops, rule.table == Route.probeTable, !output.isEmpty, input.isEmpty {
      self.init(link: output)
    } else {
      return nil
    }
  }
}

extension vpa_rule {
  init(_ rule: ProbeRule) {
    self.init()
    switch rule.purpose {
    case .findsProbeRoutes:
      Self.write(rule.link, to: &output_link)
      table = Route.probeTable
    case .dropsForwarded:
      Self.write(rule.link, to: &input_link)
      drops = true
    }
    priority = ProbeRule.priority
    family = 6
    self.protocol = Route.agentProtocol
  }

  private static func write<CArray: BitwiseCopyable>(_ name: String, to field: inout CArray) {
    unsafe withUnsafeMutableBytes(of: &field) {
      // The last byte stays 0.
      for (place, byte) in name.utf8.prefix($0.count - 1).enumerated() {
        unsafe $0[place] = byte
      }
    }
  }
}

extension Nexthop {
  /// The nexthop with the body that makes it again.
  init(_ nexthop: vpa_nexthop, message: [UInt8]) {
    let members = unsafe withUnsafeBytes(of: nexthop.members) {
      unsafe Array($0.bindMemory(to: UInt32.self).prefix(Int(nexthop.member_count)))
    }
    self.init(
      id: nexthop.id, routeProtocol: nexthop.protocol,
      linkIndex: nexthop.link_index == 0 ? nil : nexthop.link_index, members: members,
      isReplayable: nexthop.replayable && !message.isEmpty, message: message)
  }
}

extension vpa_route {
  /// Its legs, in the kernel's order.
  var ways: [Route.Leg] {
    unsafe withUnsafeBytes(of: legs) {
      unsafe $0.bindMemory(to: vpa_leg.self).prefix(Int(leg_count)).map { leg in
        Route.Leg(
          linkIndex: leg.link_index,
          gateway: leg.gateway.family == 0 ? nil : IPAddress(leg.gateway), weight: leg.weight)
      }
    }
  }

  init(
    _ identity: Route.Identity, kind: Route.Kind, routeProtocol: UInt8, scope: UInt8,
    linkIndex: Int32
  ) {
    let type: UInt8 =
      switch kind {
      case .unicast: 1
      case .unreachable: 7
      case .other(let number): number
      }
    self.init()
    destination = vpa_ip(identity.destination.address)
    leg_count = linkIndex == 0 ? 0 : 1
    legs.0.link_index = linkIndex
    table = identity.table
    metric = identity.metric
    prefix_length = UInt8(identity.destination.length)
    tos = identity.tos
    self.type = type
    self.protocol = routeProtocol
    self.scope = scope
  }
}
