import TunnelCore

extension ChildSA {
  /// The CHILD_SAs in one `list-sa` event, or in an updown event: the IKE SA's section, named as
  /// its connection, with its `child-sas`. Those without the numbers they are found by are left out.
  static func list(in event: VICISection) -> [ChildSA] {
    event.sections.flatMap { connection, ike -> [ChildSA] in
      guard let ikeID = ike.number("uniqueid"), let children = ike.section("child-sas") else {
        return []
      }
      return children.sections.compactMap { key, child in
        guard let childID = child.number("uniqueid") else { return nil }
        return ChildSA(
          name: ChildName(connection: connection, child: child.text("name") ?? key),
          ikeID: ikeID, childID: childID, state: State(name: child.text("state") ?? ""),
          spiIn: child.hexNumber("spi-in") ?? 0, spiOut: child.hexNumber("spi-out") ?? 0)
      }
    }
  }
}

extension VICIRequest {
  /// The command and its arguments. With timeout -1 the daemon does not wait for the
  /// peer (strongSwan, `vici_control.c`).
  var command: (name: String, arguments: VICISection) {
    switch self {
    case .listChildren: ("list-sas", VICISection())
    case .terminateChild(let id):
      ("terminate", VICISection(texts: ["child-id": "\(id)", "timeout": "-1"]))
    case .terminateIKE(let id):
      (
        "terminate",
        VICISection(texts: ["ike-id": "\(id)", "force": "yes", "timeout": "-1"])
      )
    case .initiate(let name):
      (
        "initiate",
        VICISection(texts: ["child": name.child, "ike": name.connection, "timeout": "-1"])
      )
    }
  }

  /// What the answer says: nil, or why the command failed.
  func failure(in answer: VICISection) -> String? {
    if case .listChildren = self { return nil }
    return answer.text("success") == "yes" ? nil : answer.text("errmsg") ?? "no reason given"
  }
}
