import Testing
import TunnelCore

/// strongSwan asks in the agent's place: what its events and lists say of a dead peer.
@Suite struct DaemonDPDTests {
  private static let second = IPAddress(203, 0, 113, 2)
  private static let charon = DeadPeerDetection(
    mode: .probeIdleTunnel, interval: 2, threshold: 3, transport: .charon)
  private static let auto = DeadPeerDetection(mode: .probeIdleTunnel, interval: 2, threshold: 3)
  private static let next = ChildName(connection: "to-b-2", child: "net")

  /// strongSwan as it lists, answering each request at once.
  private struct Daemon {
    var sas = [DaemonDPDTests.ike(7, [.of(1)])]
    var dpdDelay: UInt32
    private var answered = 0

    init(dpdDelay: UInt32 = 2) { self.dpdDelay = dpdDelay }

    private var connections: [IKEConnection] {
      [
        IKEConnection(
          name: "to-b", remote: [SingleTunnel.remote], dpdDelay: dpdDelay,
          children: [.init(name: "net")]),
        IKEConnection(
          name: "to-b-2", remote: [second], dpdDelay: dpdDelay, children: [.init(name: "net")]),
      ]
    }

    mutating func run(_ bench: inout SingleTunnel, for seconds: Double) {
      let end = bench.now + seconds
      while true {
        while answered < bench.trace.count {
          answered += 1
          guard case .daemon(let request) = bench.trace[answered - 1].effect else { continue }
          switch request {
          case .listSAs: bench.play(.vici(.sas(sas)))
          case .listConnections: bench.play(.vici(.connections(connections)))
          case .terminateChild, .terminateIKE, .rekeyChild, .initiate:
            bench.play(.vici(.finished(request, failure: nil)))
          }
        }
        guard bench.now < end else { return }
        bench.wait(min(0.05, end - bench.now))
      }
    }
  }

  private static func ike(
    _ id: UInt32, _ children: [ChildSA] = [], state: String = "ESTABLISHED", version: UInt8 = 2,
    isInitiator: Bool = true, isWaiting: Bool = false, isBeingDeleted: Bool = false
  ) -> IKESA {
    IKESA(
      connection: "to-b", id: id, state: state, version: version, isInitiator: isInitiator,
      isWaiting: isWaiting, isBeingDeleted: isBeingDeleted, local: SingleTunnel.local,
      remote: SingleTunnel.remote, remotePort: 500, children: children)
  }

  private func running(
    _ daemon: inout Daemon, _ detection: DeadPeerDetection = charon, monitor: Monitor? = nil,
    establish: VPN.EstablishTunnels = .onTraffic
  ) -> SingleTunnel {
    var bench = SingleTunnel(
      monitor, establish: establish, detection: detection,
      addresses: [SingleTunnel.remote, Self.second])
    bench.answering = true
    bench.daemonAnswers = true
    bench.boot()
    bench.negotiate(1)
    bench.play(.vici(.connected))
    daemon.run(&bench, for: 5)
    return bench
  }

  /// An IKE SA goes, its SAs with it; what strongSwan lists afterwards.
  private func fall(
    _ sa: IKESA, leaving rest: [IKESA] = [], _ bench: inout SingleTunnel, _ daemon: inout Daemon
  ) {
    daemon.sas = rest
    bench.play(.vici(.ikeDown(sa)))
    bench.play(.vici(.changed))
    bench.delete(1)
    daemon.run(&bench, for: 2)
  }

  @Test func aPeerThatStrongSwanGivesUpIsDead() {
    var daemon = Daemon()
    var bench = running(&daemon)
    #expect(bench.state == "up/-/-")
    fall(Self.ike(7, isWaiting: true), &bench, &daemon)
    #expect(bench.lastAlarm.contains("DPD detected peer as down. Existing IKE/IPSec SAs cleared"))
    #expect(bench.state == "down/held/-")
    #expect(bench.acts.first == .initiate(Self.next), "the rest is strongSwan's own work")
    #expect(bench.questions == 0 && bench.clearTimes.isEmpty)
    #expect(bench.value("dpd_peer_deaths_total{gateway=\"gw-b\"}") == 1)
  }

  @Test func withVPNMonitorItIsOneDeathToo() {
    var daemon = Daemon()
    var bench = running(
      &daemon, monitor: Monitor(interval: .seconds(2), threshold: 5, verifyPath: .init()),
      establish: .immediately)
    bench.answering = false
    fall(Self.ike(7, isWaiting: true), &bench, &daemon)
    daemon.run(&bench, for: 30)
    #expect(bench.state == "down/held/D")
    #expect(bench.alarms.count == 2 && bench.clearTimes.isEmpty)
  }

  /// Deletes of either end, by force while a request waits too; a rekeyed IKE SA is not reported.
  @Test(arguments: [
    ike(7, state: "DELETING", isBeingDeleted: true),
    ike(7, isWaiting: true, isBeingDeleted: true), ike(7),
    ike(7, state: "CONNECTING", isWaiting: true),
  ])
  func anythingElseIsNoDeath(sa: IKESA) {
    var daemon = Daemon()
    var bench = running(&daemon)
    fall(sa, &bench, &daemon)
    #expect(!bench.lastAlarm.contains("DPD detected"))
    #expect(bench.state == "up/-/-", "in its grace")
    daemon.run(&bench, for: 10)
    #expect(bench.state == "idle/-/-" && !bench.acts.contains(.initiate(Self.next)))
  }

  @Test func aPeerThatCameBackHasReplacedIt() {
    var daemon = Daemon()
    var bench = running(&daemon)
    fall(
      Self.ike(7, isWaiting: true), leaving: [Self.ike(8, isInitiator: false)], &bench, &daemon)
    #expect(!bench.lastAlarm.contains("DPD detected") && bench.acts.isEmpty)
  }

  /// A rekey that was not answered moves to the IKE SA that charon tries instead (dpd_action).
  @Test func strongSwanTriesAnew() {
    var daemon = Daemon()
    var bench = running(&daemon)
    fall(
      Self.ike(7), leaving: [Self.ike(8, state: "CONNECTING", isWaiting: true)], &bench, &daemon)
    #expect(bench.lastAlarm.contains("DPD detected"))
  }

  @Test func inIKEv1NoTaskWaitsForAnAnswer() {
    var daemon = Daemon()
    var bench = running(&daemon)
    fall(Self.ike(7, version: 1), &bench, &daemon)
    #expect(bench.lastAlarm.contains("DPD detected"))
  }

  @Test func aListThatComesLateTellsAllTheSame() {
    var daemon = Daemon()
    var bench = running(&daemon)
    bench.play(.vici(.ikeDown(Self.ike(7, isWaiting: true))))
    bench.delete(1)
    bench.wait(4)
    #expect(bench.state == "idle/-/-")
    daemon.sas = []
    daemon.run(&bench, for: 1)
    #expect(bench.state == "down/held/-" && bench.lastAlarm.contains("DPD detected"))
  }

  // MARK: Who asks

  @Test func autoLeavesItToStrongSwanWhereThatAsks() {
    var daemon = Daemon()
    var bench = running(&daemon, Self.auto)
    #expect(bench.peer?.transport == "charon" && bench.peer?.support == "supported")
    bench.forgetTrace()
    bench.wait(20)
    #expect(bench.questions == 0)
    bench.play(.vici(.disconnected("/s: gone")))
    #expect(bench.peer?.transport == "ike-ping")
    bench.wait(20)
    #expect(bench.questions >= 8)
  }

  @Test(
    arguments: [
      (DeadPeerDetection(mode: .optimized, interval: 2), 2),
      (DeadPeerDetection(mode: .alwaysSend, interval: 2), 2), (auto, 0),
      (DeadPeerDetection(mode: .probeIdleTunnel, interval: 2, transport: .ikePing), 2),
    ] as [(DeadPeerDetection, UInt32)])
  func autoAsksItselfWhereStrongSwanDoesNotOrOtherwise(
    detection: DeadPeerDetection, dpdDelay: UInt32
  ) {
    var daemon = Daemon(dpdDelay: dpdDelay)
    var bench = running(&daemon, detection)
    #expect(bench.peer?.transport == "ike-ping" && bench.peer?.obstacle == nil)
    #expect(bench.questions >= 1)
    fall(Self.ike(7, isWaiting: true), &bench, &daemon)
    #expect(!bench.lastAlarm.contains("DPD detected"), "that is the agent's to find")
  }

  @Test(
    arguments: [
      (
        0, "unsupported",
        "connection to-b has dpd_delay = 0, so DPD is off; set dpd_delay = 2s"
      ),
      (30, "supported", "connection to-b has dpd_delay = 30s; set 2s or less"),
    ] as [(UInt32, String, String)])
  func settingsThatDoNotFitAreSaidOnce(dpdDelay: UInt32, support: String, complaint: String) {
    var daemon = Daemon(dpdDelay: dpdDelay)
    var bench = running(&daemon)
    daemon.run(&bench, for: 100)
    #expect(bench.peer?.support == support && bench.peer?.obstacle == complaint)
    let lines = bench.trace.count {
      if case .tell(.log(.warning, _, let text)) = $0.effect {
        text.hasSuffix(complaint)
      } else {
        false
      }
    }
    #expect(lines == 1)
    daemon.dpdDelay = 2
    daemon.run(&bench, for: 40)
    #expect(bench.peer?.support == "supported" && bench.peer?.obstacle == nil)
  }

  @Test func withoutVICINobodyTells() {
    var daemon = Daemon()
    var bench = running(&daemon)
    bench.play(.vici(.disconnected("/s: gone")))
    #expect(bench.peer?.transport == "charon" && bench.peer?.support == "unknown")
    #expect(
      bench.peer?.obstacle
        == "without VICI strongSwan cannot report dead peers")
    bench.wait(20)
    #expect(bench.questions == 0)
  }

  @Test func ikeSAsOfASlowDaemonAreListedAtOnce() {
    var daemon = Daemon()
    var bench = running(&daemon)
    // A list that took two seconds earns the daemon ten of rest.
    bench.play(.vici(.changed))
    bench.wait(2.5)
    daemon.run(&bench, for: 0)
    bench.forgetTrace()
    bench.play(.vici(.ikeDown(Self.ike(7, isWaiting: true))))
    bench.wait(0.2)
    #expect(bench.requests == [.listSAs])
  }
}

extension SingleTunnel {
  fileprivate var peer: PeerStatus? { tunnel?.dpd }
  fileprivate var questions: Int {
    trace.count { if case .peer(.ping) = $0.effect { true } else { false } }
  }
}
