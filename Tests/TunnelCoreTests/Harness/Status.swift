import TunnelCore

/// Every tunnel at one moment.
struct Status {
  var tunnels: [TunnelStatus]
}

extension Core {
  func status(at now: Instant) -> Status {
    Status(tunnels: tunnelIDs.compactMap { status(of: $0, at: now) })
  }
}
