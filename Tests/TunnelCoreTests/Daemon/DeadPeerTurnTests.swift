import Testing

@testable import TunnelCore

/// Many tunnels are to be there whose peers answer nothing, and one more.
private struct DeadPeers {
  static let name = ChildName(connection: "zz", child: "net")
  /// What a list takes the daemon.
  private static let listTime = 1.5

  var hub: ManyTunnels
  private let names: [String]
  private var seen = 0
  private var lists: [Double] = []
  private var lastID: UInt32 = 0
  /// IKE SAs of tunnels that were initiated, by the daemon's number.
  private var waiting: [UInt32: String] = [:]
  /// When each connection was initiated.
  private(set) var initiated: [String: [Double]] = [:]

  init(_ count: Int) {
    let names = (0..<count).map { $0 < 10 ? "a0\($0)" : "a\($0)" } + ["zz"]
    let vpns = names.map {
      VPN(
        name: $0, gateway: $0, establishTunnels: .immediately,
        monitor: Monitor(interval: .seconds(1), threshold: 3))
    }
    let gateways = names.enumerated().map {
      Gateway(name: $1, addresses: [ManyTunnels.peer($0 + 1)])
    }
    hub = ManyTunnels([], vpns: vpns) {
      $0.gateways = Dictionary(uniqueKeysWithValues: gateways.map { ($0.name, $0) })
    }
    self.names = names
    hub.boot()
    hub.play(.vici(.connected))
  }

  mutating func run(_ seconds: Double) {
    let end = hub.now + seconds
    while hub.now < end {
      obey()
      if let asked = lists.first, asked + Self.listTime <= hub.now {
        lists.removeFirst()
        hub.play(.vici(.sas(silent)))
      }
      hub.wait(0.05)
    }
  }

  private var silent: [IKESA] {
    waiting.sorted { $0.key < $1.key }.map {
      IKESA(connection: $0.value, id: $0.key, isInitiator: true, isWaiting: true)
    }
  }

  private mutating func obey() {
    while seen < hub.effects.count {
      seen += 1
      guard case .daemon(let request) = hub.effects[seen - 1] else { continue }
      switch request {
      case .listSAs:
        lists.append(hub.now)
        continue
      case .listConnections:
        hub.play(.vici(.connections(connections)))
        continue
      case .terminateIKE(let id): waiting[id] = nil
      case .initiate(let child):
        initiated[child.connection, default: []].append(hub.now)
        lastID += 1
        if child != Self.name { waiting[lastID] = child.connection }
      case .terminateChild, .rekeyChild: break
      }
      hub.play(.vici(.finished(request, failure: nil)))
    }
  }

  private var connections: [IKEConnection] {
    names.enumerated().map {
      IKEConnection(name: $1, remote: [ManyTunnels.peer($0 + 1)], children: [.init(name: "net")])
    }
  }
}

/// What the daemon is asked for after one list is bounded, and everybody's turn comes.
@Suite struct DeadPeerTurnTests {
  @Test(arguments: [10, 40]) func deadPeersLeaveRoomForOthers(count: Int) {
    var peers = DeadPeers(count)
    peers.run(60)
    #expect(peers.initiated["a00"]?.isEmpty == false)
    #expect(peers.initiated["zz"]?.isEmpty == false, "\(peers.initiated.count) were initiated")
  }

  /// Whether one is silent or slow is not known before it has answered.
  @Test func aPeerThatNeedsLongerIsGivenTheTime() {
    var peers = DeadPeers(1)
    peers.run(180)
    let times = peers.initiated["a00"] ?? []
    let gaps = zip(times, times.dropFirst()).map { $1 - $0 }
    #expect(gaps.contains { $0 >= 30 }, "\(gaps)")
    #expect(gaps.count { $0 < 20 } >= 5, "\(gaps)")
  }

  /// And none waits for ever while all of them are dead.
  @Test func everyOneOfThemIsTriedAgain() {
    var peers = DeadPeers(80)
    peers.run(180)
    let least = (0..<80).map { peers.initiated[$0 < 10 ? "a0\($0)" : "a\($0)"]?.count ?? 0 }.min()
    #expect(least ?? 0 >= 2)
  }
}
