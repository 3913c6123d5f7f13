/// All that can happen to the agent. The edge makes these; nothing else reaches the core.
public enum Event: Sendable {
  /// The whole state of the kernel, after start or an overrun. What is not in it is gone.
  case snapshot(Snapshot)
  /// The kernel said something of its own accord, or as the answer to a step of a gate.
  case kernel(KernelEvent)
  /// All routes and nexthops, as asked for by `GateEffect.readRoutes`.
  case routes([Route], [Nexthop] = [])
  /// That dump failed, and why. What is known stays.
  case routesNotRead(String)
  /// An authentic reply to one of our probes arrived.
  case reply(ProbeReply)
  /// The kernel did not take a probe: errno.
  case probeNotSent(MonitorID, sequence: UInt64, errno: Int32)
  /// The kernel did not take a probe that must stay whole: the longest packet it takes, IP header
  /// included.
  case probeTooLong(MonitorID, sequence: UInt64, limit: Int)
  /// Packet counters of a set's SAs, as asked for by `ProbeEffect.readCounters`; SAs that are gone are
  /// left out.
  case counters(MonitorID, [SAKey: UInt64])
  /// Packet counters of a peer's SAs, as asked for by `PeerEffect.readCounters`; SAs that are gone
  /// are left out.
  case peerCounters(DetectorID, [SAKey: UInt64])
  /// Somebody asks for a report that shows the kernel's counters: `TellEffect.countersRead` says when
  /// they are there.
  case countersWanted
  /// A part of the dump that `SAEffect.dumpCounters` asks for, the last one or not.
  ///
  /// - `unixTime`: when it was read, in seconds since 1970 by the host's clock.
  case saCounters([(key: SAKey, counts: SACounts)], unixTime: Double, isLast: Bool)
  /// That dump failed, and why.
  case saCountersNotRead(String)
  /// An IKE daemon answered the last question.
  case ikePingAnswered(IKEPing.Target)
  /// The kernel did not send a question: errno.
  case ikePingNotSent(IKEPing.Target, errno: Int32)
  /// Somebody's echo request reached this host by a link.
  case echoRequest(from: IPAddress, linkIndex: Int32)
  /// A turn of the loop is over: what is due is to be done. All that reached this host until then,
  /// replies above all, was read and made into events before this one.
  case drained(at: Instant)
  /// A step of a gate could not be done.
  case gateFailed(GateFailure)
  /// The record is on disk again.
  case recordWritten
  /// A link of the agent's own could not be made.
  case ownLinkFailed(ifID: UInt32, message: String)
  /// An SA that was to be cleared could not be.
  case clearFailed(MonitorID, SAKey, message: String)
  /// The connection to the IKE daemon said something.
  case vici(VICIEvent)
  /// Whether an IKE daemon listens to the kernel's EXPIRE, as asked for by
  /// `SAEffect.readExpireListeners`.
  case expireListeners(isHeard: Bool)
  /// Packets of ESP so far that the kernel had no SA for, as asked for by
  /// `BadSPIEffect.readUnknownSPIs`.
  case unknownSPIs(UInt64)
  /// Packets that the capture saw.
  case captured([CapturedESP])
  /// That counter cannot be read, or no capture be opened.
  case badSPIFailed(String)
  /// Packets decrypted by SAs of a gateway's, as asked for by `BadSPIEffect.readDecrypted`.
  case decrypted(gateway: String, packets: UInt64)
  /// The redundancy daemon says which gateway this is.
  case role(Role)
  /// A tunnel's `renegotiate-command` ended.
  case commandEnded(TunnelID, CommandEnd)
  /// The kernel did not take the packet that was to trigger a tunnel's negotiation: errno.
  case triggerFailed(TunnelID, errno: Int32)
  /// An operator asks for something; nil: nobody waits for the answer.
  case command(Command, RequestID?)
  /// The agent is about to end. With `release` every gate is put back first.
  case shutdown(release: Bool)
  /// As `drained(at:)` with all read until now.
  case tick
}

/// How a command ended.
public enum CommandEnd: Hashable, Sendable {
  /// It exited with this status.
  case exited(Int32)
  /// This signal ended it.
  case killed(signal: Int32)
  /// It took too long, and was killed.
  case tookTooLong
  /// It could not be started, and why.
  case notStarted(String)
}

/// The kernel's state as dumps gave it.
public struct Snapshot: Sendable {
  /// All SAs.
  public var sas: [SecurityAssociation]
  /// All policies but those of sockets.
  public var policies: [SecurityPolicy]
  /// All links.
  public var links: [Link]
  /// All addresses.
  public var addresses: [InterfaceAddress]
  /// All routes but those of the local table.
  public var routes: [Route]
  /// All nexthop objects and groups.
  public var nexthops: [Nexthop]
  /// The agent's policy rules.
  public var rules: [ProbeRule]

  /// A snapshot.
  public init(
    sas: [SecurityAssociation] = [], policies: [SecurityPolicy] = [], links: [Link] = [],
    addresses: [InterfaceAddress] = [], routes: [Route] = [], nexthops: [Nexthop] = [],
    rules: [ProbeRule] = []
  ) {
    self.rules = rules
    self.nexthops = nexthops
    self.sas = sas
    self.policies = policies
    self.links = links
    self.addresses = addresses
    self.routes = routes
  }
}

/// An echo reply whose MAC was right.
public struct ProbeReply: Hashable, Sendable {
  /// The set that was probed.
  public var monitor: MonitorID
  /// Which probe.
  public var sequence: UInt64
  /// When the kernel had it.
  public var arrivedAt: Instant
  /// The way it came: the link it arrived by, or the socket whose policies let it pass.
  public var way: ProbeWay

  /// A reply.
  public init(monitor: MonitorID, sequence: UInt64, arrivedAt: Instant, way: ProbeWay) {
    self.monitor = monitor
    self.sequence = sequence
    self.arrivedAt = arrivedAt
    self.way = way
  }
}

/// What could not be done to a gate.
public enum GateFailure: Hashable, Sendable {
  /// The record could not be written; no step after it was taken.
  case record(link: String, message: String)
  /// This step failed, or was not taken because it would have leaked (`GateStep.leaks`); the steps
  /// after it were taken all the same.
  case step(link: String, GateStep, message: String)
  /// What a step was to withdraw was not there.
  case absent(link: String, step: GateStep)
}
