/// Restoring a child whose SAs were deleted from the kernel while the daemon believes in them.
struct Recovery: Sendable {
  enum Step: Hashable, Sendable {
    /// Seen; a second look at `dueAt` decides.
    case suspected
    /// The daemon was asked for this and has not answered.
    case asked(VICIRequest)
    /// The daemon was told to delete what it believes in: once it has, the child is negotiated.
    case cleared
    /// It was told to negotiate the child. When that has not come to anything by `dueAt`, the
    /// next attempt begins.
    case initiated
    /// The child's SAs are back, or were never lost. Kept until `dueAt`, so that no attempt comes before.
    case restored
  }

  let tunnel: TunnelID
  var step = Step.suspected
  /// Attempts without success.
  var attempts = 0
  /// When something is to be done whatever happens until then.
  var dueAt: Instant
}
