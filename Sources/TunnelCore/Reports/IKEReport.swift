/// What `vpnagent show ike` shows. Keys of its JSON are stable, null ones left out.
public struct IKEReport: Codable, Hashable, Sendable {
  /// "vici", or "kernel expire" while strongSwan's socket is of no use.
  public var control: String
  /// Why it is of no use; null when it is.
  public var controlObstacle: String?
  /// IKE SAs as strongSwan listed them last; null while there is no list.
  public var sas: [IKESAStatus]?

  /// A report.
  public init(control: String, controlObstacle: String?, sas: [IKESAStatus]?) {
    self.control = control
    self.controlObstacle = controlObstacle
    self.sas = sas
  }

  private enum CodingKeys: String, CodingKey {
    case control, sas
    case controlObstacle = "control_obstacle"
  }
}

/// One IKE SA at one moment.
public struct IKESAStatus: Codable, Hashable, Sendable {
  /// strongSwan's number of it.
  public var id: UInt32
  /// Name of its connection.
  public var connection: String
  /// strongSwan's name of its state.
  public var state: String
  /// IKE version: 1 or 2.
  public var version: UInt8
  /// Whether this end negotiated it.
  public var initiator: Bool
  /// Our address; null when strongSwan does not say.
  public var local: String?
  /// The peer's.
  public var remote: String?
  /// Our UDP port.
  public var localPort: UInt16?
  /// The peer's.
  public var remotePort: UInt16?
  /// IKE identity of this end.
  public var localID: String?
  /// The peer's.
  public var remoteID: String?
  /// SPI of the initiator, sixteen hex digits.
  public var initiatorSPI: String?
  /// Of the responder.
  public var responderSPI: String?
  /// Encryption, integrity, PRF and key exchange.
  public var algorithms: [String]
  /// Seconds since it was established.
  public var established: Double?
  /// Seconds until it is rekeyed or authenticated anew, by strongSwan's plan.
  public var renewal: Double?
  /// Exchanges that wait or are under way.
  public var tasks: [String]
  /// Its CHILD_SAs.
  public var children: [Child]
  /// What dead peer detection says of its peer; null without it.
  public var dpd: PeerStatus?

  /// One CHILD_SA as strongSwan has it.
  public struct Child: Codable, Hashable, Sendable {
    /// strongSwan's number of it.
    public var id: UInt32
    /// Its name.
    public var name: String
    /// strongSwan's name of its state.
    public var state: String
    /// `0x` and eight digits.
    public var spiIn: String
    /// Likewise.
    public var spiOut: String
    /// The tunnel that it is one of; null when it is none of ours.
    public var tunnel: String?

    private enum CodingKeys: String, CodingKey {
      case id, name, state, tunnel
      case spiIn = "spi_in"
      case spiOut = "spi_out"
    }
  }

  private enum CodingKeys: String, CodingKey {
    case id, connection, state, version, initiator, local, remote, algorithms, established, renewal
    case tasks, children, dpd
    case localPort = "local_port"
    case remotePort = "remote_port"
    case localID = "local_id"
    case remoteID = "remote_id"
    case initiatorSPI = "initiator_spi"
    case responderSPI = "responder_spi"
  }
}

extension Core {
  /// Numbers of IKE SAs as strongSwan listed them last, by their connections; nil while there is no
  /// list. It is asked again whenever it says that they change.
  public var ikeIDs: [UInt32]? { listedSAs?.idsByConnection }

  /// An IKE SA; nil when it is not listed any more.
  public func ikeSA(_ id: UInt32, at now: Instant) -> IKESAStatus? {
    listedSAs.flatMap { listed in
      listed[id].map { report($0, age: now.since(listed.at).inSeconds, at: now) }
    }
  }

  private func report(_ ike: IKESA, age: Double, at now: Instant) -> IKESAStatus {
    let facts = ike.facts
    return IKESAStatus(
      id: ike.id, connection: ike.connection, state: ike.state, version: ike.version,
      initiator: ike.isInitiator, local: ike.local?.description, remote: ike.remote?.description,
      localPort: facts.localPort, remotePort: ike.remotePort, localID: facts.localID,
      remoteID: facts.remoteID, initiatorSPI: facts.initiatorSPI, responderSPI: facts.responderSPI,
      algorithms: facts.algorithms, established: facts.established.map { Double($0) + age },
      renewal: facts.renewal.map { max(Double($0) - age, 0) }, tasks: facts.tasks,
      children: ike.children.map { child in
        let set = monitor(of: child.inbound)
        return IKESAStatus.Child(
          id: child.childID, name: child.name.child, state: child.state.name,
          spiIn: (child.inbound?.spi ?? 0).hex, spiOut: (child.outbound?.spi ?? 0).hex,
          tunnel: set.flatMap { tunnels[$0.tunnel]?.name })
      },
      dpd: peerStatus(of: ike, at: now))
  }
}

extension ChildSA.State {
  /// strongSwan's name of it.
  fileprivate var name: String {
    switch self {
    case .installed: "INSTALLED"
    case .deleting: "DELETING"
    case .deleted: "DELETED"
    case .other(let name): name
    }
  }
}
