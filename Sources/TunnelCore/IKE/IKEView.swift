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
  /// SPIs of monitored tunnels' SAs that left the kernel while the daemon may still believe in
  /// them: not by a hard expiry, of which it is told.
  var gone: [UInt32: TunnelID] = [:]
  /// Restoring what went behind the daemon's back.
  var recoveries: [ChildName: Recovery] = [:]
}

/// What strongSwan calls a tunnel. The names stay when its SAs have gone.
struct IKENames: Hashable, Sendable {
  var name: ChildName
  /// The daemon's numbers; nil when it has no such SAs now.
  var ikeID: UInt32?
  var childID: UInt32?
}
