import TunnelCore

private let modes = DeadPeerDetection.Mode.allCases.map(\.rawValue).joined(separator: ", ")

let gatewayKeys = ["address", "local-address", "ike-connection", "dead-peer-detection"]

extension ConfigurationReader {
  /// `[gateway.NAME]`.
  mutating func gateway(_ name: String, _ item: Item) -> Gateway? {
    guard let section = complaints.section(item, keys: gatewayKeys, home: homeOfGatewayKey)
    else { return nil }
    guard let address = section["address"] else {
      complaints.refuse(
        path: section.path(of: "address"), "missing; expected: an address or an array of them")
      return nil
    }
    let addresses = gatewayAddresses(address)
    var gateway = Gateway(name: name, addresses: addresses)
    if let local = section["local-address"] {
      gateway.localAddress = localAddress(local, towards: addresses)
    }
    gateway.deadPeerDetection = deadPeerDetection(section["dead-peer-detection"])
    gateway.ikeConnection = complaints.ikeName(section["ike-connection"])
    return gateway
  }

  // MARK: dead-peer-detection

  private mutating func deadPeerDetection(_ item: Item?) -> DeadPeerDetection? {
    guard let item else { return nil }
    var detection = DeadPeerDetection()
    switch item.value {
    case .boolean(let isOn): return isOn ? detection : nil
    case .string:
      detection.mode = complaints.choice(item) ?? detection.mode
    case .table: readDetection(item, into: &detection)
    default:
      complaints.refuseType(
        item, wanted: "true, false, a mode or a table", allowed: modes + ", or a table")
    }
    return detection
  }

  private mutating func readDetection(_ item: Item, into detection: inout DeadPeerDetection) {
    let keys = ["mode", "interval", "threshold", "transport"]
    guard let section = complaints.section(item, keys: keys) else { return }
    if let mode: DeadPeerDetection.Mode = complaints.choice(section["mode"]) {
      detection.mode = mode
    }
    if let transport: DeadPeerDetection.Transport = complaints.choice(section["transport"]) {
      detection.transport = transport
    }
    if detection.transport == .charon {
      if let mode = section["mode"], detection.mode != .probeIdleTunnel {
        complaints.refuse(
          mode,
          "with transport = \"charon\" strongSwan probes when no packets arrive; expected: "
            + "probe-idle-tunnel")
      }
      detection.mode = .probeIdleTunnel
    }
    if let value = complaints.integer(section["interval"], in: 2...60, unit: "seconds") {
      detection.interval = value
    }
    if let value = complaints.integer(
      section["threshold"], in: 1...5, unit: "consecutive unanswered questions")
    {
      detection.threshold = value
    }
    if detection.interval < 10, detection.threshold < 3 {
      complaints.warn(
        path: item.path,
        "threshold \(detection.threshold) x interval \(detection.interval) s: a few lost packets, "
          + "or a peer busy for \(detection.interval * detection.threshold) s, take its tunnels "
          + "down; recommended below 10 s: a threshold of at least 3")
    }
  }

  private mutating func gatewayAddresses(_ item: Item) -> [IPAddress] {
    if case .string = item.value { return [newAddress(item)].compactMap(\.self) }
    guard case .array = item.value, let items = complaints.elements(item, of: "addresses") else {
      complaints.refuseType(item, wanted: "an address or an array of addresses")
      return []
    }
    if items.isEmpty { complaints.refuse(item, "must contain at least one address") }
    return items.compactMap { newAddress($0) }
  }

  /// An address that no gateway has yet: a packet's source must tell whose it is.
  private mutating func newAddress(_ item: Item) -> IPAddress? {
    guard let address = complaints.hostAddress(item) else { return nil }
    if let first = addressPaths[address] {
      complaints.refuse(item, "already in \(first); list each address only once in the file")
      return nil
    }
    addressPaths[address] = item.path
    return address
  }

  private mutating func localAddress(_ item: Item, towards peers: [IPAddress]) -> IPAddress? {
    guard let address = complaints.hostAddress(item) else { return nil }
    if let other = peers.first(where: { $0.family != address.family }) {
      let family = other.family == .ipv4 ? "IPv4" : "IPv6"
      complaints.refuse(item, "the gateway has \(other); expected: an \(family) address")
    }
    return address
  }
}
