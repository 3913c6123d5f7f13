extension Core {
  /// How the agent keeps up; nil while there is nothing to say.
  public func load(at now: Instant) -> LoadStatus? {
    let (count, longest) = punctuality.recentStalls(at: now)
    guard count >= Punctuality.warnedFrom || punctuality.stretch > 1 else { return nil }
    return LoadStatus(
      stalls: count, longestStall: longest.inSeconds, intervalStretch: punctuality.stretch)
  }
}

/// How the agent keeps up at one moment.
public struct LoadStatus: Codable, Hashable, Sendable {
  /// Times within the last minute that it did not run though it had to.
  public var stalls: Int
  /// Seconds that the longest of them took.
  public var longestStall: Double
  /// How much wider than configured its probes are spread, because it cannot send them in time.
  public var intervalStretch: Double

  private enum CodingKeys: String, CodingKey {
    case stalls
    case longestStall = "longest_stall"
    case intervalStretch = "interval_stretch"
  }

  /// How it keeps up.
  public init(stalls: Int, longestStall: Double, intervalStretch: Double) {
    self.stalls = stalls
    self.longestStall = longestStall
    self.intervalStretch = intervalStretch
  }
}
