/// All that the core asks the edge to do, in this order.
public enum Effect: Hashable, Sendable {
  /// Send an ICMP echo request through a link, or through one set's SAs.
  case sendProbe(ProbeRequest)
  /// No probe of this set will be sent any more: its socket can go.
  case endProbes(MonitorID)
  /// Make an XFRM interface of the agent's own, without address, and bring it up.
  case makeLink(name: String, ifID: UInt32)
  /// Remove it.
  case removeLink(index: Int32)
  /// Change a gate: write `recordBefore`, then take the steps, then write `recordAfter`.
  case changeGate(GatePlan)
  /// Clear these SAs: re-read each by its key, compare, then expire it hard.
  case clear(MonitorID, tunnel: String, [SecurityAssociation])
  /// Delete these SAs, without a word to the IKE daemon: re-read each by its key, compare, delete.
  case delete(MonitorID, tunnel: String, [SecurityAssociation])
  /// Run a tunnel's `renegotiate-command`: a program and its arguments.
  case run(TunnelID, [String])
  /// Send a packet that nobody waits for, so that the kernel asks the IKE daemon for the SAs that its
  /// policy wants (ACQUIRE). The kernel drops it.
  case trigger(TunnelID, TriggerPacket)
  /// Read the packet counters of a set's SAs and give them back as `Event.counters`.
  case readCounters(MonitorID, [SAKey])
  /// Read the packet counters of a peer's SAs and give them back as `Event.peerCounters`.
  case readPeerCounters(DetectorID, [SAKey])
  /// Ask an IKE daemon whether it is there.
  case sendIKEPing(IKEPing.Target)
  /// Have the IKE daemon replace this SA, if it still is the same.
  case rekey(SecurityAssociation)
  /// The kernel's routes may have changed without an event: dump them again.
  case readRoutes
  /// Ask the IKE daemon.
  case vici(VICIRequest)
  /// Find out whether an IKE daemon listens to the kernel's EXPIRE.
  case readExpireListeners
  /// Read the kernel's counter of ESP without an SA: XfrmInNoStates of this namespace.
  case readUnknownSPIs
  /// Capture ESP with unknown SPIs and give it back as `Event.captured`, until told to end.
  case capture(CaptureRequest)
  /// End the capture.
  case endCapture
  /// Add up the packets of these SAs that are still there.
  case readDecrypted(gateway: String, [SAKey])
  /// A command has come to something.
  case answer(RequestID, Answer)
  /// An alarm for the operator.
  case alarm(Alarm)
  /// An alarm about many tunnels at once.
  case massAlarm(MassAlarm)
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
  /// The way it must go.
  public var way: ProbeWay
  /// Our address.
  public var source: IPAddress
  /// Whom to ask.
  public var destination: IPAddress
  /// Bytes of the ICMP message, header included.
  public var size: Int
  /// Whether nobody may fragment it. When the kernel knows that it is too long for the way it does
  /// not send it, and that comes back as `Event.probeTooLong`.
  public var staysWhole: Bool

  /// A probe.
  public init(
    monitor: MonitorID, sequence: UInt64, way: ProbeWay, source: IPAddress,
    destination: IPAddress, size: Int, staysWhole: Bool = false
  ) {
    self.staysWhole = staysWhole
    self.monitor = monitor
    self.sequence = sequence
    self.way = way
    self.source = source
    self.destination = destination
    self.size = size
  }
}

/// An ICMP echo request that a trap policy takes.
public struct TriggerPacket: Hashable, Sendable {
  /// By which way.
  public var way: ProbeWay
  /// Our address.
  public var source: IPAddress
  /// Where it would go.
  public var destination: IPAddress

  /// A packet.
  public init(way: ProbeWay, source: IPAddress, destination: IPAddress) {
    self.way = way
    self.source = source
    self.destination = destination
  }
}
