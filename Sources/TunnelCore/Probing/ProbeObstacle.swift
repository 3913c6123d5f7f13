/// Between which addresses a set is probed, and by which way.
struct ProbePath: Hashable, Sendable {
  var way: ProbeWay
  var source: IPAddress
  var destination: IPAddress
  var size: Int
}

extension ProbeObstacle {
  /// Whether the configuration must change for it to go.
  var isLasting: Bool {
    switch self {
    case .noDestination, .noAddress, .noPing: true
    case .noLink, .linkAdminDown, .noSource, .marked, .ownLink, .externalLink, .misplaced,
      .shadowed, .kernel:
      false
    }
  }
}

/// Why a set cannot be probed just now. None of these counts as a loss, but that the kernel knows no
/// way (`SendError.isNoWay`).
public enum ProbeObstacle: Error, Hashable, Sendable {
  /// The configured link does not exist.
  case noLink
  /// The operator has it down.
  case linkAdminDown
  /// `source-interface` or the link has no address of the destination's family; nil: the tunnel's
  /// own endpoint is none.
  case noSource(String?)
  /// The SAs have a mark, and no VTI has it: nothing can send through them.
  case marked(Mark)
  /// The agent's own link of this name is not there yet, or could not be made: why.
  case ownLink(String, String?)
  /// An XFRM interface for all if_ids is there, so that none can be made for this one.
  case externalLink(UInt32)
  /// No destination-ip, or else the link's other end, lies in one of these: the set's selectors.
  case noDestination([IPPrefix])
  /// This host has no address in one of these, or packets from there go through another set.
  case noAddress([IPPrefix])
  /// The set's selectors are for other protocols or for single ports.
  case noPing
  /// The tunnel's link carries no packets of SAs between these addresses, to which they were moved.
  case misplaced(link: String, local: IPAddress, remote: IPAddress)
  /// Another VTI between the same ends takes all ESP of the peer: no reply could arrive by the link.
  case shadowed(link: String, by: String)
  /// The kernel refused to send: errno.
  case kernel(Int32)
}

extension ProbeObstacle {
  var isAboutOwnLink: Bool {
    switch self {
    case .ownLink, .externalLink: true
    case .noLink, .linkAdminDown, .noSource, .noDestination, .noAddress, .noPing, .marked,
      .misplaced, .shadowed, .kernel:
      false
    }
  }

  var isMisplaced: Bool { if case .misplaced = self { true } else { false } }
}
