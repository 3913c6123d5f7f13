/// Names one monitored SA set for as long as it lives; never reused within a run.
public struct MonitorID: RawRepresentable, Hashable, Sendable, Comparable {
  /// The number in the probe.
  public var rawValue: UInt32

  /// A monitor's number.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Older first.
  public static func < (lhs: MonitorID, rhs: MonitorID) -> Bool { lhs.rawValue < rhs.rawValue }
}
