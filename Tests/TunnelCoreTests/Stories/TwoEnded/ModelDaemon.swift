@testable import TunnelCore

/// A strongSwan small enough to be right, as docs/facts/strongswan.md has it: IKE SAs with a window
/// of one request, retransmission for 165 s, hard expiries that delete and negotiate anew, and
/// nothing known of SAs that are deleted behind its back or are older than itself.
struct ModelDaemon {
  struct Child {
    var id: UInt32
    var name: String
    /// What the daemon's configuration adds to the name that both ends know it by.
    var suffix = ""
    var state = ChildSA.State.installed
    var spiIn: UInt32
    var spiOut: UInt32
  }

  struct Exchange {
    var request: IKEMessage.Request
    /// Whether a deleted child is to be negotiated anew.
    var recreates: String?
  }

  struct SA {
    var id: UInt32
    var pair: UInt64
    var connection: String
    var isInitiator: Bool
    var state: String
    var children: [Child] = []
    var queue: [Exchange] = []
    /// The request that waits for its answer: window size 1.
    var active: Exchange?
    var number: UInt32 = 0
    var tries = 0
    /// The peer's last request and what it was answered: it may be repeated.
    var answered: (number: UInt32, body: IKEMessage.Body)?
    var heardAt: Instant
  }

  /// What is to be done outside.
  enum Act {
    case send(IKEMessage)
    case install(Child)
    case uninstall(Child)
    case say(VICIEvent)
    /// Repeat the request of this number unless it was answered, after so long.
    case repeatLater(sa: UInt32, number: UInt32, Duration)
  }

  /// By retransmit_base and retransmit_timeout, 5 tries.
  static let waits = [4, 7.2, 12.96, 23.33, 41.99, 75.58].map { Duration.seconds($0) }

  let local: IPAddress
  let remote: IPAddress
  var random: SplitMix64
  var isRunning = true
  var connection = "peer"
  var children: [String] = []
  /// What its own names of children have in addition: the peer does not hear of them.
  var suffix = ""
  /// No connection is loaded yet.
  var isEmpty = true
  var startsChildren = false
  var closeAction = "none"
  var dpdAction = "none"
  var dpdDelay: UInt32 = 0
  /// Whether traffic brings a child up that is not there.
  var hasTraps = false
  var sas: [SA] = []
  var acts: [Act] = []
  var lastID: UInt32 = 0
  /// IKE SAs that were there: a request to establish one that comes late is no news.
  var known: Set<UInt64> = []

  init(local: IPAddress, remote: IPAddress, random: SplitMix64) {
    (self.local, self.remote, self.random) = (local, remote, random)
  }

  mutating func takeActs() -> [Act] {
    defer { acts = [] }
    return acts
  }

  mutating func newID() -> UInt32 {
    lastID += 1
    return lastID
  }

  mutating func newSPI() -> UInt32 { UInt32.random(in: 0xc000_0000...0xcfff_ffff, using: &random) }

  // MARK: Life and death

  /// It is killed: its SAs stay in the kernel.
  mutating func crash() {
    (isRunning, sas) = (false, [])
  }

  /// It ends in order: the peer is told, and no SA stays.
  mutating func stop() {
    guard isRunning else { return }
    for index in sas.indices { acts.append(.send(farewell(index))) }
    for sa in sas { sa.children.forEach { acts.append(.uninstall($0)) } }
    crash()
  }

  mutating func start() {
    guard !isRunning else { return }
    (isRunning, isEmpty, lastID) = (true, true, 0)
  }

  mutating func load(at now: Instant) {
    guard isRunning, isEmpty else { return }
    isEmpty = false
    guard startsChildren else { return }
    for name in children { initiate(name, at: now) }
  }

  // MARK: What it is asked for

  mutating func obey(_ request: VICIRequest, at now: Instant) -> VICIEvent {
    switch request {
    case .listSAs: return .sas(list)
    case .listConnections: return .connections(isEmpty ? [] : [configured])
    case .terminateChild(let id): deleteChild(id, at: now)
    case .terminateIKE(let id): forget(id)
    case .rekeyChild(let id): rekey(id, at: now)
    case .initiate(let name):
      let child = children.first { $0 + suffix == name.child }
      guard !isEmpty, name.connection == connection, let child else {
        return .finished(request, failure: "CHILD_SA config '\(name.child)' not found")
      }
      initiate(child, at: now)
    }
    return .finished(request, failure: nil)
  }

  var configured: IKEConnection {
    IKEConnection(
      name: connection, local: [local], remote: [remote], dpdDelay: dpdDelay,
      children: children.map {
        IKEConnection.Child(name: $0 + suffix, dpdAction: dpdAction, closeAction: closeAction)
      })
  }

  var list: [IKESA] { sas.map(listed) }

  func listed(_ sa: SA) -> IKESA {
    IKESA(
      connection: sa.connection, id: sa.id, state: sa.state, isInitiator: sa.isInitiator,
      isWaiting: sa.active != nil, isBeingDeleted: sa.state == "DELETING",
      local: local, remote: remote, remotePort: 500,
      children: sa.children.map {
        ChildSA(
          name: ChildName(connection: sa.connection, child: $0.name + $0.suffix), ikeID: sa.id,
          childID: $0.id, state: $0.state,
          inbound: SAID(destination: local, spi: $0.spiIn),
          outbound: SAID(destination: remote, spi: $0.spiOut))
      })
  }

  /// Negotiates a child, unless it is there or on its way.
  mutating func initiate(_ name: String, at now: Instant) {
    guard let index = sas.firstIndex(where: { $0.state != "DELETING" }) else {
      let spi = newSPI()
      var sa = SA(
        id: newID(), pair: random.next(), connection: connection, isInitiator: true,
        state: "CONNECTING", heardAt: now)
      known.insert(sa.pair)
      sa.queue = [
        Exchange(request: .establish(child: name, spi: spi, isInitialContact: sas.isEmpty))
      ]
      sas.append(sa)
      return advance(sas.count - 1)
    }
    let isThere = sas[index].children.contains { $0.name == name && $0.state == .installed }
    let isAsked = (sas[index].queue + [sas[index].active].compactMap(\.self))
      .contains { $0.request.child == name || $0.recreates == name }
    guard !isThere, !isAsked else { return }
    sas[index].queue.append(
      Exchange(request: .createChild(name, spi: newSPI(), replacing: nil)))
    advance(index)
  }

  /// It knows nothing of a child any more, and says nothing about it.
  mutating func forgetChild(_ name: String) {
    guard let (index, child) = find({ $0.name == name && $0.state == .installed }) else { return }
    sas[index].children.removeAll { $0.id == child.id }
  }

  mutating func rekey(_ id: UInt32, at now: Instant) {
    guard let (index, child) = find({ $0.id == id }), child.state == .installed else { return }
    let request = IKEMessage.Request.createChild(
      child.name, spi: newSPI(), replacing: child.spiIn)
    sas[index].queue.append(Exchange(request: request))
    advance(index)
  }

  mutating func deleteChild(_ id: UInt32, at now: Instant, recreates: String? = nil) {
    guard let (index, child) = find({ $0.id == id }) else { return }
    sas[index].queue.append(
      Exchange(request: .deleteChild(spi: child.spiIn), recreates: recreates))
    advance(index)
  }

  /// Without waiting for the peer (`force`).
  mutating func forget(_ id: UInt32) {
    guard let index = sas.firstIndex(where: { $0.id == id }) else { return }
    acts.append(.send(farewell(index)))
    sas[index].state = "DELETING"
    remove(index)
  }

  mutating func farewell(_ index: Int) -> IKEMessage {
    sas[index].number += 1
    return IKEMessage(
      pair: sas[index].pair, number: sas[index].number, body: .request(.deleteIKE))
  }

  func find(_ fits: (Child) -> Bool) -> (Int, Child)? {
    for (index, sa) in sas.enumerated() {
      if let child = sa.children.first(where: fits) { return (index, child) }
    }
    return nil
  }

  // MARK: What the kernel says

  /// A hard expiry: the child is deleted and negotiated anew; a soft one: it is rekeyed.
  mutating func expired(_ spi: UInt32, hard: Bool, at now: Instant) {
    guard isRunning, let (_, child) = find({ $0.spiIn == spi || $0.spiOut == spi }),
      child.state == .installed
    else { return }
    if hard {
      deleteChild(child.id, at: now, recreates: child.name)
    } else {
      rekey(child.id, at: now)
    }
  }
}

extension IKEMessage.Request {
  /// The child that it brings.
  var child: String? {
    switch self {
    case .establish(let name, _, _), .createChild(let name, _, _): name
    case .deleteChild, .deleteIKE, .liveness: nil
    }
  }
}
