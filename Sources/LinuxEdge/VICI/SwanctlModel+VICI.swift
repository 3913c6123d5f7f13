import Doctor
import Glibc
import TunnelCore

extension SwanctlModel {
  /// Asks a running strongSwan and the kernel. start_action, and marks and if_ids of children
  /// without SAs, are not told by VICI: they are taken from swanctl.conf where that is there.
  ///
  /// - Throws: when strongSwan does not answer, or the kernel's links cannot be read.
  public init(socket path: String) throws(EdgeError) {
    let requests = try KernelRequests()
    let links = try requests.dumpLinks()
    let addresses = try requests.dumpAddresses()
    var query = try VICIQuery(path: path)
    do {
      let version = try query.version()
      let traps = try query.list(
        "list-policies", event: "list-policy", VICISection(texts: ["trap": "yes"]))
      let sas = try query.list("list-sas", event: "list-sa").flatMap(\.sections)
      let lists = try query.list("list-conns", event: "list-conn").flatMap(\.sections)
      let reader = SwanctlReader(
        sas: sas, traps: Set(traps.flatMap(\.sections).map(\.name)),
        file: StrongSwanSettings(file: "/etc/swanctl/swanctl.conf"))
      self.init(
        version: version, socket: path, connections: lists.map(reader.connection), links: links,
        addresses: addresses)
    } catch {
      throw EdgeError(
        operation: "ask", object: path, errno: EPROTO, complaint: "\(error)")
    }
  }
}

/// Puts together what the lists and the file say.
struct SwanctlReader {
  /// IKE SAs by the name of their connection.
  var sas: [(name: String, section: VICISection)]
  /// Traps: CONNECTION/CHILD.
  var traps: Set<String>
  /// swanctl.conf; nil: not there.
  var file: StrongSwanSettings?

  func connection(_ name: String, _ section: VICISection) -> SwanctlModel.Connection {
    let sa = sas.first { $0.name == name }?.section
    return SwanctlModel.Connection(
      name: name, local: section.texts("local_addrs") ?? [],
      remote: section.texts("remote_addrs") ?? [],
      currentRemote: sa?.text("remote-host").flatMap { IPAddress($0) },
      isInitiator: sa?.text("initiator") == "yes", dpdDelay: section.number("dpd_delay") ?? 0,
      children: (section.section("children")?.sections ?? []).map { child($0, $1, of: name) })
  }

  private func child(
    _ name: String, _ section: VICISection, of connection: String
  ) -> SwanctlModel.Child {
    let all = sas.filter { $0.name == connection }
      .flatMap { $0.section.section("child-sas")?.sections ?? [] }
    let sa = all.first { $0.section.text("name") == name }?.section
    func written(_ key: String) -> String? {
      file?.value(["connections", connection, "children", name, key])
    }
    // What a child does not say, its connection may. %unique and the like are no numbers.
    func number(_ key: String) -> UInt32? {
      (written(key) ?? file?.value(["connections", connection, key])).flatMap(Self.number)
    }
    let ifID = sa?.hexNumber("if-id-out") ?? number("if_id_out")
    let mark = sa?.hexNumber("mark-out") ?? number("mark_out")
    let isInFile = file?.names(in: ["connections", connection, "children"]).contains(name) == true
    return SwanctlModel.Child(
      name: name, mode: section.text("mode") ?? "", local: section.texts("local-ts") ?? [],
      remote: section.texts("remote-ts") ?? [],
      startAction: written("start_action")
        ?? (traps.contains("\(connection)/\(name)") ? "trap" : nil)
          ?? (isInFile ? "none" : nil),
      closeAction: section.text("close_action") ?? "none", ifID: ifID == 0 ? nil : ifID,
      mark: mark == 0 ? nil : mark)
  }

  /// `42`, `0x2a` or `42/0xffffffff`.
  static func number(_ text: String) -> UInt32? {
    let value = text.prefix { $0 != "/" }
    return value.hasPrefix("0x") ? UInt32(value.dropFirst(2), radix: 16) : UInt32(value)
  }
}
