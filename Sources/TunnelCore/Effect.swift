/// All that the core asks the edge to do, in this order.
public enum Effect: Hashable, Sendable {
  /// Send an ICMP echo request through a link.
  case sendProbe(ProbeRequest)
  /// Change a gate: write `recordBefore`, then take the steps, then write `recordAfter`.
  case changeGate(GatePlan)
  /// Clear these SAs: re-read each by its key, compare, then expire it hard.
  case clear(MonitorID, tunnel: String, [SecurityAssociation])
  /// Read the packet counters of a set's SAs and give them back as `Event.counters`.
  case readCounters(MonitorID, [SAKey])
  /// The kernel's routes may have changed without an event: dump them again.
  case readRoutes
  /// Ask the IKE daemon.
  case vici(VICIRequest)
  /// An alarm for the operator.
  case alarm(Alarm)
  /// One line for the log.
  case log(LogLevel, tunnel: String, String)
}

/// What a level means: error, the operation died; warning, survivable; info, an operator wants
/// to read it the next morning; debug, free.
public enum LogLevel: String, Sendable {
  case error, warning, info, debug
}

/// One probe to send.
public struct ProbeRequest: Hashable, Sendable {
  /// The set it probes.
  public var monitor: MonitorID
  /// Its number.
  public var sequence: UInt64
  /// The link it must leave by.
  public var linkIndex: Int32
  /// Our address.
  public var source: IPAddress
  /// Whom to ask.
  public var destination: IPAddress
  /// Bytes of the ICMP message, header included.
  public var size: Int

  /// A probe.
  public init(
    monitor: MonitorID, sequence: UInt64, linkIndex: Int32, source: IPAddress,
    destination: IPAddress, size: Int
  ) {
    self.monitor = monitor
    self.sequence = sequence
    self.linkIndex = linkIndex
    self.source = source
    self.destination = destination
    self.size = size
  }
}
