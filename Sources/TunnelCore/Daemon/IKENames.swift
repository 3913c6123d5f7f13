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
