extension Renegotiation {
  /// Why the child is to be brought back.
  enum Cause: String, Sendable {
    /// The daemon believes in its SAs and the kernel has not, or not both.
    case lost
    /// Its path is dead: the SAs are there and are to be cleared.
    case deadPath = "dead path"
    /// An operator had its SAs cleared.
    case command = "operator"
    /// `establish-tunnels = "immediately"`, and it is not there.
    case absent
  }

  enum Step: Hashable, Sendable {
    /// Something the daemon believes in has to go, unless that is otherwise at `dueAt`.
    case suspected
    /// It is not there; the daemon and the peer have until `dueAt` to bring it up by themselves.
    case awaited
    /// The daemon was asked for this and has not answered.
    case asked(VICIRequest)
    /// It was told to delete what it believes in: once it has, the child is negotiated.
    case cleared
    /// It was told to negotiate the child. When that has come to nothing by `dueAt`, again.
    case initiated
    /// The child's SAs are back, or were never lost. Kept until `dueAt`, so that no attempt comes
    /// before.
    case restored
  }

  /// What is to be asked of the daemon.
  enum Act: Hashable, Sendable {
    case nothing
    /// Terminate each of these; the child is negotiated anew once they are gone, or not.
    case terminate([ChildSA], anew: Bool)
    /// The peer does not answer: forget its IKE SA, whatever waits in it.
    case forgetIKE(UInt32)
    case initiate
    /// What was initiated has come to nothing, though the peer answered.
    case refused
    /// The SAs are back after an attempt.
    case report
    /// Nothing is left to be done.
    case end
  }
}
