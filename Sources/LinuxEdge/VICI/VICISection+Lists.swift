import TunnelCore

extension IKESA {
  /// Tasks that delete an IKE SA, of IKEv2 and IKEv1 (strongSwan, `task_type_names`).
  private static let deletes = ["IKE_DELETE", "ISAKMP_DELETE"]

  /// The IKE SA in one `list-sa` event: a section named as its connection, with `child-sas`. One
  /// without a number is left out.
  static func list(in event: VICISection) -> [IKESA] {
    event.sections.compactMap { connection, section in
      guard let id = section.number("uniqueid") else { return nil }
      let children = section.section("child-sas")?.sections ?? []
      var sa = IKESA(
        connection: connection, id: id, state: section.text("state") ?? "",
        version: section.number("version").flatMap(UInt8.init) ?? 0,
        isInitiator: section.text("initiator") == "yes",
        isWaiting: !(section.texts("tasks-active") ?? []).isEmpty,
        isBeingDeleted: section.text("state") == "DELETING"
          || (section.texts("tasks-queued") ?? []).contains { deletes.contains($0) },
        local: section.text("local-host").flatMap { IPAddress($0) },
        remote: section.text("remote-host").flatMap { IPAddress($0) },
        remotePort: section.text("remote-port").flatMap { UInt16($0) })
      sa.children = children.compactMap { ChildSA($1, key: $0, of: sa) }
      sa.facts = IKEFacts(section)
      return sa
    }
  }
}

extension IKEFacts {
  /// Keys of a `list-sa` event (strongSwan, src/libcharon/plugins/vici/README.md).
  init(_ section: VICISection) {
    self.init()
    localID = section.text("local-id")
    remoteID = section.text("remote-id")
    localPort = section.text("local-port").flatMap { UInt16($0) }
    initiatorSPI = section.text("initiator-spi")
    responderSPI = section.text("responder-spi")
    algorithms = [
      Self.sized(section.text("encr-alg"), section.text("encr-keysize")),
      Self.sized(section.text("integ-alg"), section.text("integ-keysize")),
      section.text("prf-alg"), section.text("dh-group"),
    ].compactMap(\.self)
    established = section.number("established").map(UInt64.init)
    renewal = ["rekey-time", "reauth-time"].compactMap { section.number($0) }.min()
      .map(UInt64.init)
    tasks = ["tasks-active", "tasks-queued", "tasks-passive"].flatMap {
      section.texts($0) ?? []
    }
  }

  private static func sized(_ name: String?, _ bits: String?) -> String? {
    name.map { name in bits.map { "\(name)-\($0)" } ?? name }
  }
}

extension ChildSA {
  /// Its SAs lie between the hosts of its IKE SA, with which charon moves them.
  fileprivate init?(_ section: VICISection, key: String, of ike: IKESA) {
    guard let childID = section.number("uniqueid") else { return nil }
    let ipProtocol: UInt8 = section.text("protocol") == "AH" ? 51 : 50
    func sa(_ name: String, to host: IPAddress?) -> SAID? {
      guard let host, let spi = section.hexNumber(name), spi != 0 else { return nil }
      return SAID(destination: host, ipProtocol: ipProtocol, spi: spi)
    }
    self.init(
      name: ChildName(connection: ike.connection, child: section.text("name") ?? key),
      ikeID: ike.id, childID: childID, state: State(name: section.text("state") ?? ""),
      inbound: sa("spi-in", to: ike.local), outbound: sa("spi-out", to: ike.remote),
      isTunnel: ipProtocol == 50 && section.text("mode") ?? "TUNNEL" == "TUNNEL")
  }
}

extension IKEConnection {
  /// The connections in one `list-conn` event: sections with `children`. Names of actions differ
  /// between versions and are kept as they come; those of 5.9.8: docs/facts/strongswan.md,
  /// "list-conns".
  static func list(in event: VICISection) -> [IKEConnection] {
    event.sections.map { name, section in
      IKEConnection(
        name: name, version: section.text("version") ?? "",
        local: addresses(section.texts("local_addrs")),
        remote: addresses(section.texts("remote_addrs")),
        hasDestination: (section.texts("remote_addrs") ?? []).contains(where: isDestination),
        dpdDelay: section.number("dpd_delay") ?? 0,
        children: (section.section("children")?.sections ?? []).map(Child.init))
    }
  }

  /// charon initiates to the first address or name, and to no subnet, range or %any
  /// (libcharon/config/ike_cfg.c, `resolve`).
  private static func isDestination(_ text: String) -> Bool {
    if let address = IPAddress(text) { return !address.isUnspecified }
    let isRange = text.split(separator: "-").allSatisfy { IPAddress(String($0)) != nil }
    return !text.hasPrefix("%any") && !text.contains("/") && !isRange
  }

  private static func addresses(_ texts: [String]?) -> [IPAddress] {
    (texts ?? []).compactMap { IPAddress($0) }.filter { !$0.isUnspecified }
  }
}

extension IKEConnection.Child {
  fileprivate init(_ name: String, _ section: VICISection) {
    self.init(
      name: name, mode: section.text("mode") ?? "",
      local: (section.texts("local-ts") ?? []).compactMap { IPPrefix($0) },
      remote: (section.texts("remote-ts") ?? []).compactMap { IPPrefix($0) },
      dpdAction: section.text("dpd_action") ?? "none",
      closeAction: section.text("close_action") ?? "none")
  }
}

extension VICIEvent {
  /// What an event of the daemon's says beside that the last list is out of date (strongSwan,
  /// `vici_query.c`). A down event has no `up`.
  static func said(by name: String, _ message: VICISection) -> [VICIEvent] {
    let isUp = message.text("up") == "yes"
    switch name {
    case "ike-updown": return isUp ? [] : IKESA.list(in: message).map { .ikeDown($0) }
    case "child-updown" where !isUp: return []
    case "child-updown", "child-rekey":
      return message.sections.compactMap { $0.section.number("uniqueid") }
        .map { .exchanged(ikeID: $0) }
    case "ike-rekey":
      return message.sections.compactMap { $0.section.section("old")?.number("uniqueid") }
        .map { .exchanged(ikeID: $0) }
    default: return []
    }
  }
}

extension VICIRequest {
  /// The command and its arguments. With timeout -1 the daemon does not wait for the
  /// peer (strongSwan, `vici_control.c`; docs/facts/strongswan.md, "initiate and terminate").
  var command: (name: String, arguments: VICISection) {
    switch self {
    case .listSAs: ("list-sas", VICISection())
    case .listConnections: ("list-conns", VICISection())
    case .terminateChild(let id):
      ("terminate", VICISection(texts: ["child-id": "\(id)", "timeout": "-1"]))
    case .terminateIKE(let id):
      (
        "terminate",
        VICISection(texts: ["ike-id": "\(id)", "force": "yes", "timeout": "-1"])
      )
    case .rekeyChild(let id): ("rekey", VICISection(texts: ["child-id": "\(id)"]))
    case .initiate(let name):
      (
        "initiate",
        VICISection(texts: ["child": name.child, "ike": name.connection, "timeout": "-1"])
      )
    }
  }

  /// Whether the answer comes as events, one an item, before the response.
  var isList: Bool { self == .listSAs || self == .listConnections }

  /// What the answer says: nil, or why the command failed.
  func failure(in answer: VICISection) -> String? {
    if isList { return nil }
    return answer.text("success") == "yes" ? nil : answer.text("errmsg") ?? "no reason given"
  }
}
