extension SetMonitor {
  /// Where a set is on its way.
  enum Phase: Hashable, Sendable {
    /// One direction has no SA.
    case incomplete
    /// verify-path's probes are out; the link waits for the first reply.
    case verifying
    /// The path carries packets, or nobody asked us to look.
    case up
    /// We are to look at the path, and nothing can be sent on it (marked SAs without a VTI).
    case observed
    /// The gateway is standby: the set is watched and not probed.
    case standby
    /// The threshold was reached.
    case down(Reason)

    var isDown: Bool { if case .down = self { true } else { false } }

    /// Which phase it is, whatever it is down by.
    var kind: Kind {
      switch self {
      case .incomplete: .incomplete
      case .verifying: .verifying
      case .up: .up
      case .observed: .observed
      case .standby: .standby
      case .down: .down
      }
    }

    /// The phases without what they hold.
    enum Kind: CaseIterable, Sendable { case incomplete, verifying, up, observed, standby, down }
  }

  /// Why a set enters a phase.
  enum Cause: CaseIterable, Sendable {
    /// SAs were negotiated or found, or are to be judged from the start.
    case begun
    /// They continue others whose path was proven.
    case continued
    /// Enough probes were answered.
    case answered
    /// Threshold probes were not.
    case silence
    /// Nobody is to look at it any more, or what does not answer proves nothing.
    case excused
    /// Its IKE peer is dead; it lives.
    case peerDead, peerAlive
    /// The operator had its SAs cleared.
    case command
    /// Nothing can be sent through it.
    case noWay
    /// The other gateway is the active one.
    case standby
    /// A direction has no SA.
    case gone

    /// From which phases it leads to which.
    var transitions: (from: Set<Phase.Kind>, to: Set<Phase.Kind>) {
      let all = Set(Phase.Kind.allCases)
      return switch self {
      case .begun: (all, [.verifying, .up])
      case .continued: ([.incomplete, .up], [.up])
      case .answered: ([.verifying, .down], [.up])
      case .silence: ([.verifying, .up, .down], [.down])
      case .excused: ([.verifying, .down], [.up])
      case .peerDead: (all.subtracting([.standby]), [.down])
      case .peerAlive: ([.down], [.up])
      case .command: ([.verifying, .up, .down], [.down])
      case .noWay: (all, [.observed])
      case .standby: (all, [.standby])
      case .gone: (all, [.incomplete])
      }
    }
  }
}
