/// What an operator asks of a running agent. Every one is answered by one `TellEffect.answer`.
public enum Command: Hashable, Sendable {
  /// Live by this configuration from now on. It has been validated.
  case reload(Configuration)
  /// Prove a tunnel's path now.
  case verify(tunnel: String)
  /// Take a tunnel's SAs away, so that it is negotiated anew.
  case clear(tunnel: String)
  /// Count events from zero.
  case clearStatistics
  /// Forget what a gateway, or every one, did with unknown SPIs.
  case clearBadSPICount(gateway: String?)
}

/// Who waits for an answer; never reused within a run.
public struct RequestID: RawRepresentable, Hashable, Sendable {
  /// The number.
  public var rawValue: UInt64

  /// A request's number.
  public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// What a command has come to.
public struct Answer: Hashable, Sendable {
  /// Whether it was done. A path that is found dead was not proven.
  public var isDone: Bool
  /// What was done, or why not: lines for the operator, never none.
  public var lines: [String]

  /// An answer.
  public init(isDone: Bool, lines: [String]) {
    self.isDone = isDone
    self.lines = lines
  }
}
