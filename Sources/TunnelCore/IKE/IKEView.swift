/// What the core knows of the IKE daemon through VICI.
struct IKEView: Sendable {
  /// Whether requests are answered.
  var isConnected = false
  /// Whether they ever were in this run.
  var hasBeenConnected = false
  /// Why not; nil before the first attempt and while they are.
  var obstacle: String?
  /// Whether a list is under way, since when, and whether it is out of date already.
  var isListing = false
  var askedAt = Instant(nanoseconds: 0)
  var mustListAgain = false
  /// When the next list is to be asked for, and when it may be at the earliest.
  var listAt: Instant?
  var notBefore = Instant(nanoseconds: 0)
  /// When a list was wanted at once the last time, and whether one is after the list under way.
  var hurriedAt: Instant?
  var mustHurry = false
  /// Its configuration, nil while it is not known; and when that was asked for, nil when it has to
  /// be asked for again.
  var connections: [IKEConnection]? {
    didSet {
      connectionsByName = [:]
      for connection in connections ?? [] { connectionsByName[connection.name] = connection }
    }
  }
  private(set) var connectionsByName: [String: IKEConnection] = [:]
  var connectionsAskedAt: Instant?
  /// Its IKE SAs as listed last, and when; nil without it.
  var sas: (list: [IKESA], at: Instant)?
  /// SAs of monitored tunnels that left the kernel while the daemon may still believe in them: not
  /// by a hard expiry, of which it is told.
  var gone: [SAID: TunnelID] = [:]
  /// INSTALLED children with an SA that is not in the kernel, by the daemon's number.
  var missing: [UInt32: MissingChild] = [:]
  /// Whether a child that it lists was seen in this namespace's kernel.
  var sharesKernel = false
  /// IKE SAs of dead peers that are to be terminated, by the daemon's number.
  var pendingIKETerminations: [UInt32: DeadPeer] = [:]
  /// Children that are being brought back.
  var renegotiations: [ChildName: Renegotiation] = [:]
}

/// A child that the daemon believes in and the kernel has not, or not whole.
struct MissingChild: Hashable, Sendable {
  /// The tunnel that misses it.
  var tunnel: TunnelID
  /// When the first list that showed it was asked for.
  var since: Instant
}

/// A peer whose IKE SA is to be terminated.
struct DeadPeer: Sendable {
  /// Name of the gateway, and its address.
  var gateway: String
  var address: IPAddress
  /// Sets that go with the IKE SA.
  var sets: [MonitorID]
  /// When that was decided: only a list that was asked for after it counts.
  var decidedAt: Instant
}

/// What strongSwan calls a tunnel. The names stay when its SAs have gone.
struct IKENames: Hashable, Sendable {
  var name: ChildName
  /// The child as it was configured when its SAs were listed last; nil when that is not known.
  var child: IKEConnection.Child?
  /// The daemon's numbers; nil when it has no such SAs now.
  var ikeID: UInt32?
  var childID: UInt32?
  /// Whether this end negotiated the IKE SA; nil when there is none now, or one of each end's.
  var isInitiator: Bool?
  /// The IKE SA's version; nil likewise.
  var version: UInt8?
}
