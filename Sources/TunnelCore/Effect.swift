/// All that the core asks the edge to do, in this order, by whose it is.
public enum Effect: Hashable, Sendable {
  /// The probes of a set's path.
  case probe(ProbeEffect)
  /// Links and routes.
  case gate(GateEffect)
  /// SAs, without the IKE daemon.
  case sa(SAEffect)
  /// Ask the IKE daemon.
  case daemon(VICIRequest)
  /// Have SAs negotiated where nobody is asked by VICI.
  case negotiate(NegotiateEffect)
  /// Whether an IKE peer is there.
  case peer(PeerEffect)
  /// Who sends ESP with unknown SPIs.
  case badSPI(BadSPIEffect)
  /// What the operator is told.
  case tell(TellEffect)

  /// Whether something of the host's, an SA or what the IKE daemon does is changed, or a program is
  /// run. What reads, asks a peer, probes, captures or logs changes nothing.
  public var changesSystem: Bool {
    switch self {
    case .probe(let effect): effect.changesSystem
    case .gate(let effect): effect.changesSystem
    case .sa(let effect): effect.changesSystem
    case .daemon(let request): request.changesSystem
    case .negotiate(let effect): effect.changesSystem
    case .peer(let effect): effect.changesSystem
    case .badSPI(let effect): effect.changesSystem
    case .tell(let effect): effect.changesSystem
    }
  }
}

/// Of a set's path.
public enum ProbeEffect: Hashable, Sendable {
  /// Send an ICMP echo request through a link, or through one set's SAs.
  case send(ProbeRequest)
  /// No probe of this set will be sent any more: its socket can go.
  case end(MonitorID)
  /// Read the packet counters of a set's SAs and give them back as `Event.counters`.
  case readCounters(MonitorID, [SAKey])

  /// Never: sockets and packets are the agent's own.
  public var changesSystem: Bool { false }
}

/// Of links and routes.
public enum GateEffect: Hashable, Sendable {
  /// Change a gate: write `recordBefore`, then take the steps, then write `recordAfter`.
  case change(GatePlan)
  /// The kernel's routes may have changed without an event: dump them again.
  case readRoutes
  /// Make an XFRM interface of the agent's own, without address, and bring it up.
  case makeLink(name: String, ifID: UInt32)
  /// Remove it.
  case removeLink(index: Int32)

  /// Whether it is more than a look.
  public var changesSystem: Bool { self != .readRoutes }
}

/// Of SAs in the kernel.
public enum SAEffect: Hashable, Sendable {
  /// Clear these SAs: re-read each by its key, compare, then expire it hard.
  case clear(MonitorID, tunnel: String, [SecurityAssociation])
  /// Delete these SAs, without a word to the IKE daemon: re-read each by its key, compare, delete.
  case delete(MonitorID, tunnel: String, [SecurityAssociation])
  /// Have the IKE daemon replace this SA, if it still is the same.
  indirect case rekey(SecurityAssociation)
  /// Find out whether an IKE daemon listens to the kernel's EXPIRE.
  case readExpireListeners
  /// Dump the counters of all SAs and give them back as `Event.saCounters`, a part at a time. One dump
  /// takes the place of another that has not ended.
  case dumpCounters

  /// Whether it is more than a look.
  public var changesSystem: Bool {
    switch self {
    case .clear, .delete, .rekey: true
    case .readExpireListeners, .dumpCounters: false
    }
  }
}

/// Of negotiation without VICI.
public enum NegotiateEffect: Hashable, Sendable {
  /// Run a tunnel's `renegotiate-command`: a program and its arguments.
  case run(TunnelID, [String])
  /// Send a packet that nobody waits for, so that the kernel asks the IKE daemon for the SAs that its
  /// policy wants (ACQUIRE). The kernel drops it.
  case trigger(TunnelID, TriggerPacket)

  /// Always: SAs are to come of it.
  public var changesSystem: Bool { true }
}

/// Of an IKE peer.
public enum PeerEffect: Hashable, Sendable {
  /// Ask an IKE daemon whether it is there.
  case ping(IKEPing.Target)
  /// Read the packet counters of a peer's SAs and give them back as `Event.peerCounters`.
  case readCounters(DetectorID, [SAKey])

  /// Never: a question changes nothing.
  public var changesSystem: Bool { false }
}

/// Of ESP with unknown SPIs.
public enum BadSPIEffect: Hashable, Sendable {
  /// Read the kernel's counter of ESP without an SA: XfrmInNoStates of this namespace.
  case readUnknownSPIs
  /// Capture ESP with unknown SPIs and give it back as `Event.captured`, until told to end.
  case capture(CaptureRequest)
  /// End the capture.
  case endCapture
  /// Add up the packets of these SAs that are still there.
  case readDecrypted(gateway: String, [SAKey])

  /// Never: all of it is looking.
  public var changesSystem: Bool { false }
}

/// To the operator.
public enum TellEffect: Hashable, Sendable {
  /// A command has come to something.
  case answer(RequestID, Answer)
  /// The kernel's counters were read, or cannot be: whoever asked for a report gets it now.
  case countersRead
  /// An alarm for the operator.
  case alarm(Alarm)
  /// An alarm about many tunnels at once.
  case massAlarm(MassAlarm)
  /// An alarm about the record of held links.
  case recordAlarm(RecordAlarm)
  /// One line for the log.
  case log(LogLevel, tunnel: String, String)

  /// Whether the operator's program is run for it.
  public var changesSystem: Bool {
    switch self {
    case .alarm, .massAlarm, .recordAlarm: true
    case .answer, .countersRead, .log: false
    }
  }
}

/// What a level means: error, the operation died; warning, survivable; info, an operator wants
/// to read it the next morning; debug, free.
public enum LogLevel: String, Sendable {
  case error, warning, info, debug
}

/// One probe to send.
public struct ProbeRequest: Hashable, Sendable {
  /// The tunnel it probes.
  public var tunnel: TunnelID
  /// Which set of it.
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
    tunnel: TunnelID, monitor: MonitorID, sequence: UInt64, way: ProbeWay, source: IPAddress,
    destination: IPAddress, size: Int, staysWhole: Bool = false
  ) {
    self.tunnel = tunnel
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
