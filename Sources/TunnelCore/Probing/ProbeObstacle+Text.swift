extension ProbeObstacle: CustomStringConvertible {
  /// One line for status.
  public var description: String {
    switch self {
    case .noLink: "no link"
    case .linkAdminDown: "link is administratively down"
    case .noSource(let name):
      "\(name ?? "the tunnel's endpoint") has no address of the destination's family"
    case .marked(let mark):
      "SAs have mark 0x\(String(mark.value, radix: 16)) and no VTI has it: only observed"
    case .ownLink(let name, let failure?):
      "the agent's own link \(name) cannot be created: \(failure)"
    case .ownLink(let name, nil): "the agent's own link \(name) does not exist yet"
    case .externalLink(let ifID):
      "SAs have if_id \(ifID), which an external XFRM interface serves: only observed"
    case .misplaced(let link, let local, let remote):
      "SAs were moved and are between \(local) and \(remote), where \(link) cannot carry them"
    case .shadowed(let link, let other):
      "\(other), a VTI between the same ends, takes all ESP of the peer: no reply reaches \(link)"
    case .noDestination(let prefixes): "no destination-ip inside \(Self.text(prefixes))"
    case .noAddress(let prefixes): "no address of this host inside \(Self.text(prefixes))"
    case .noPing: "its traffic selectors exclude ICMP echo"
    case .kernel(let errno):
      "kernel does not send: \(SendError(errno).description(of: "ICMP echo requests"))"
    }
  }

  private static func text(_ prefixes: [IPPrefix]) -> String {
    prefixes.map(\.description).joined(separator: ", ")
  }
}
