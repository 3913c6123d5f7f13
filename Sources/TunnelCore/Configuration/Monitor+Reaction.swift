/// What a monitor's verdict leads to.
extension Monitor {
  /// What is done at the threshold.
  public enum Action: String, CaseIterable, Sendable {
    /// Alarm, link held, SAs cleared so that they are negotiated anew.
    case clear
    /// Alarm, link held; SAs are left alone.
    case hold
    /// Alarm; SAs are left alone, and a link in service stays so.
    case warn
  }

  /// `never-answered`.
  public enum NeverAnswered: String, CaseIterable, Sendable {
    /// Shown and alarmed once; neither cleared nor held.
    case warn
    /// As any other loss.
    case clear
  }

  /// `renegotiate-backoff`.
  public struct RenegotiateBackoff: Hashable, Sendable {
    /// After the first attempt; nil: the interval.
    public var initial: Duration?
    /// The longest.
    public var maximum: Duration

    /// Waits; defaults are the file's.
    public init(initial: Duration? = nil, maximum: Duration = .seconds(300)) {
      self.initial = initial
      self.maximum = maximum
    }
  }

  /// The first wait between attempts, and the longest.
  public var backoffLimits: Backoff.Limits {
    Backoff.Limits(
      initial: renegotiateBackoff.initial ?? interval, maximum: renegotiateBackoff.maximum)
  }

  /// Losses in a row from which the path is dead within two intervals unless it answers.
  var failingFrom: Int { max(threshold - 2, 1) }
}
