import Testing

@testable import TunnelCore

/// `explain`: one row for each field of the gate's table, and what overrules it.
@Suite struct ExplainTests {
  /// How a tunnel comes to be so, and what is said of it.
  struct Row: Sendable {
    let lines: [String]
    let make: @Sendable () -> SingleTunnel

    init(_ lines: String..., make: @escaping @Sendable () -> SingleTunnel) {
      self.lines = lines
      self.make = make
    }
  }

  static func absent(_ establish: VPN.EstablishTunnels) -> SingleTunnel {
    var bench = SingleTunnel(establish: establish)
    bench.boot()
    bench.wait(12.34)
    return bench
  }

  static func down(_ establish: VPN.EstablishTunnels, for seconds: Double = 0.5) -> SingleTunnel {
    var bench = SingleTunnel(establish: establish)
    bench.boot()
    bench.negotiate(1)
    bench.wait(3 + seconds)
    return bench
  }

  static let rows = [
    Row(
      "to-b: no SAs for 12.3 s", "  why: No IPSec SA",
      "  gate: link vti0 is held: immediately: the link stays held until an SA exists",
      "  next: waits for the IKE daemon to negotiate", "  try: swanctl --initiate"
    ) { absent(.immediately) },
    Row(
      "to-b: no SAs for 12.3 s, waiting for traffic", "  why: No IPSec SA",
      "  gate: link vti0 is in service: on-traffic, so traffic must be able to trigger negotiation",
      "  next: waits for traffic, or for the peer to negotiate",
      "  try: swanctl --initiate"
    ) { absent(.onTraffic) },
    Row(
      "to-b: no SAs for 12.3 s", "  why: No IPSec SA",
      "  gate: link vti0 is held: responder-only: the link stays held until an SA exists",
      "  next: waits for the peer to negotiate", "  try: swanctl --initiate"
    ) { absent(.responderOnly) },
    Row(
      "to-b: verifying for 1.5 s: SAs installed, no reply yet",
      "  why: new SAs, path not verified yet",
      "  gate: link vti0 is held: verify-path holds it until a probe is answered",
      "  next: probe in 0.5 s, 1 of 3 probes lost",
      "  try: vpnagent verify to-b (probes at once)",
      "  try: vpnagent clear to-b (renegotiates)"
    ) {
      var bench = SingleTunnel()
      bench.boot()
      bench.negotiate(1)
      bench.wait(1.5)
      return bench
    },
    Row(
      "to-b: verifying for 0.5 s: SAs installed, no reply yet",
      "  why: SAs older than the agent, path not verified yet",
      "  gate: link vti0 is as it was found: its SAs are older than the agent, so it stays as found "
        + "until they fail",
      "  next: probe in 0.5 s, 0 of 3 probes lost",
      "  try: vpnagent verify to-b (probes at once)",
      "  try: vpnagent clear to-b (renegotiates)"
    ) {
      var bench = SingleTunnel()
      bench.boot(sas: SingleTunnel.pair(1))
      bench.wait(0.5)
      return bench
    },
    Row(
      "to-b: up for 0.4 s: the path is proven", "  why: VPN monitoring verify-path succeeded",
      "  gate: link vti0 is in service: the path is proven",
      "  next: probe in 0.5 s, 0 of 3 probes lost",
      "  try: vpnagent clear to-b (renegotiates)"
    ) { ReloadTests.bench() },
    Row(
      "to-b: up for 0.5 s: the path is proven",
      "  why: IPSec SA negotiation successfully completed",
      "  gate: link vti0 is in service: SAs installed, no verify-path",
      "  next: probe in 0.5 s, 0 of 3 probes lost",
      "  try: vpnagent clear to-b (renegotiates)"
    ) { ReloadTests.bench(Monitor(interval: .seconds(1), threshold: 3)) },
    Row(
      "to-b: down for 0.5 s: the path is dead", "  why: VPN monitoring verify-path error",
      "  gate: link vti0 is held: down, held until a probe is answered",
      "  next: waits for the IKE daemon to negotiate", "  try: swanctl --initiate"
    ) { down(.immediately) },
    Row(
      "to-b: down for 0.5 s: the path is dead", "  why: VPN monitoring verify-path error",
      "  gate: link vti0 is held: down, held until a probe is answered",
      "  next: the agent sends a packet to trigger negotiation in 2.5 s",
      "  try: swanctl --initiate"
    ) { down(.onTraffic) },
    Row(
      "to-b: down for 4.0 s: the path is dead", "  why: VPN monitoring verify-path error",
      "  gate: link vti0 is held: down, held until a probe is answered",
      "  next: cannot be triggered: no trap policy is installed, so no traffic can bring it back and "
        + "it stays held: use establish-tunnels = \"immediately\", or start_action = trap in "
        + "strongSwan",
      "  try: establish-tunnels = \"immediately\" (the agent then has it negotiated)"
    ) { down(.onTraffic, for: 4) },
    Row(
      "to-b: down for 0.5 s: the path is dead", "  why: VPN monitoring verify-path error",
      "  gate: link vti0 is held: down, held until a probe is answered",
      "  next: waits for the peer to negotiate", "  try: swanctl --initiate"
    ) { down(.responderOnly) },
    Row(
      "to-b: up for 0.4 s: the path is proven", "  why: VPN monitoring verify-path succeeded",
      "  gate: link vti0 is administratively down; vpnagent will not bring it up",
      "  next: probe in 0.5 s, 0 of 3 probes lost", "  try: ip link set vti0 up"
    ) {
      var bench = ReloadTests.bench()
      bench.link.isAdminUp = false
      bench.play(.kernel(.link(bench.link)))
      return bench
    },
    Row(
      "to-b: SAs installed for 0.5 s", "  why: IPSec SA negotiation successfully completed",
      "  gate: none: without vpn-monitor the link is not touched"
    ) { ReloadTests.bench(nil) },
  ]

  @Test(arguments: rows)
  func says(row: Row) {
    let bench = row.make()
    #expect(bench.core.explanation(of: "to-b", at: bench.instant) == row.lines)
  }

  @Test(arguments: [
    (
      Monitor.ProbeSource.link,
      "169.254.100.2 answers probes from 169.254.100.1 in clear: give both ends of the link an "
        + "address, or make the peer route 169.254.100.1 into the tunnel; SAs are left alone"
    ),
    (
      .endpoint,
      "203.0.113.1 answers probes from 198.51.100.1 in clear: set probe-source = \"link\" and give "
        + "both ends of the link an address, or make the peer route 198.51.100.1 into the tunnel; "
        + "SAs are left alone"
    ),
  ])
  func namesTheRemedyWhereThePeerAnswersInClear(source: Monitor.ProbeSource, remedy: String) {
    var monitor = Monitor(interval: .seconds(1), threshold: 3, verifyPath: .init())
    monitor.probeSource = source
    var bench = ReloadTests.bench(monitor)
    bench.replyLink = 2
    bench.wait(5)
    #expect(bench.tunnel?.state == "down")
    let lines = bench.core.explanation(of: "to-b", at: bench.instant) ?? []
    #expect(lines.filter { $0.hasPrefix("  try: ") } == ["  try: \(remedy)"])
  }

  @Test func whereTunnelsShareALinkTheOneWhoseRuleDecidesIsNamed() {
    var bench = SingleTunnel()
    var configuration = bench.core.configuration
    var other = configuration.vpns[0]
    (other.name, other.establishTunnels) = ("other", .onTraffic)
    configuration.vpns.append(other)
    bench.core = Core(configuration: configuration, seed: 1, at: bench.instant)
    bench.boot()
    let lines = bench.core.explanation(of: "to-b", at: bench.instant) ?? []
    #expect(
      lines.first { $0.hasPrefix("  gate: ") }
        == "  gate: link vti0 is in service: other: on-traffic, so traffic must be able to "
        + "trigger negotiation; 1 more tunnel shares the link")
  }

  /// Whatever is said of a tunnel depends on who negotiates.
  @Test func thatStrongSwanDoesNotAnswerComesFirst() {
    for establish in [VPN.EstablishTunnels.immediately, .onTraffic, .responderOnly] {
      var bench = Self.absent(establish)
      bench.play(.vici(.disconnected("/run/charon.vici: Connection refused")))
      let lines = bench.core.explanation(of: "to-b", at: bench.instant) ?? []
      #expect(
        lines.first == "strongSwan does not answer (/run/charon.vici: Connection refused)")
      #expect(
        lines.last
          == "  try: start strongSwan: vpnagent doctor names the command")
      #expect(!lines.contains { $0.contains("swanctl") })
    }
  }

  @Test(arguments: [
    (IKEProcess.absent, "; no charon process", "start"),
    (.strongSwan(pid: 12), "; charon is running, process 12", "restart"),
  ])
  func thatNoProcessRunsIsSaid(process: IKEProcess, words: String, verb: String) {
    var bench = Self.absent(.onTraffic)
    bench.play(.vici(.disconnected("/s: Connection refused", process)))
    let lines = bench.core.explanation(of: "to-b", at: bench.instant) ?? []
    #expect(lines.first == "strongSwan does not answer (/s: Connection refused\(words))")
    let isStopped = lines.contains("  next: nothing is negotiated until strongSwan runs")
    #expect(isStopped == (process == .absent))
    #expect(lines.last == "  try: \(verb) strongSwan: vpnagent doctor names the command")
    bench.play(.vici(.connected))
    #expect(bench.core.explanation(of: "to-b", at: bench.instant)?.first?.hasPrefix("to-b") == true)
  }

  /// libreswan is no strongSwan that does not answer.
  @Test func besideAnotherDaemonNobodyIsToAnswer() {
    var bench = Self.absent(.onTraffic)
    bench.play(.vici(.disconnected("/s: No such file", .other(name: "pluto", pid: 9))))
    #expect(bench.core.controlObstacle == nil)
    #expect(bench.core.explanation(of: "to-b", at: bench.instant)?.first?.hasPrefix("to-b") == true)
  }

  @Test(
    arguments: [
      ([("charon-systemd", 4), ("pluto", 3)], IKEProcess.strongSwan(pid: 4)),
      ([("pluto", 3), ("bird", 5)], .other(name: "pluto", pid: 3)), ([("bird", 5)], .absent),
    ] as [([(name: String, pid: Int32)], IKEProcess)])
  func whichDaemonRuns(processes: [(name: String, pid: Int32)], expected: IKEProcess) {
    #expect(IKEProcess(processes) == expected)
  }

  @Test func aTunnelThatIsNotThereIsNotExplained() {
    let bench = ReloadTests.bench()
    #expect(bench.core.explanation(of: "x", at: bench.instant) == nil)
  }
}

/// What the agent remembers of its tunnels.
@Suite struct TunnelEventTests {
  static func texts(_ bench: SingleTunnel) -> [String] {
    (bench.core.events(of: "to-b", at: bench.instant) ?? []).map {
      "\($0.text)\($0.count > 1 ? " (\($0.count) times)" : "") \($0.age)"
    }
  }

  @Test func aFailureIsToldFromItsBeginningToItsEnd() {
    var bench = SingleTunnel()
    bench.answering = true
    bench.boot()
    bench.negotiate(1)
    bench.wait(0.5)
    bench.answering = false
    bench.wait(4)
    bench.answering = true
    bench.negotiate(2)
    bench.wait(1.5)
    #expect(
      Self.texts(bench) == [
        "IPSec SA negotiation successfully completed 6.0",
        "VPN monitoring verify-path succeeded 5.99",
        "IPSEC SA VPN Monitor Failure 2.0",
        "IPSec SAs cleared, path is dead 2.0",
        "IPSec SA negotiation successfully completed 1.5",
        "VPN monitoring verify-path succeeded 0.49",
      ])
    #expect(
      bench.core.eventCounters.map { "\($0.text): \($0.count)" } == [
        "IPSec SA negotiation successfully completed: 2",
        "VPN monitoring verify-path succeeded: 2", "IPSEC SA VPN Monitor Failure: 1",
        "IPSec SAs cleared, path is dead: 1",
      ])
    #expect(bench.order(.clearStatistics).lines == ["event counters reset"])
    #expect(bench.core.eventCounters.isEmpty)
    #expect(Self.texts(bench).count == 6)
  }

  @Test func rekeysInARowAreOneEventAndTheRingHasAnEnd() {
    var bench = ReloadTests.bench()
    for number in 2...4 {
      bench.negotiate(UInt32(number))
      bench.wait(1)
    }
    #expect(Self.texts(bench).last == "IPSec SA rekey successfully completed (3 times) 1.0")
    for _ in 1...TunnelEvents.limit {
      _ = bench.order(.clear(tunnel: "to-b"))
      bench.negotiate(9)
      bench.wait(0.1)
    }
    #expect(Self.texts(bench).count == TunnelEvents.limit)
  }

  @Test func eventsOfATunnelThatIsNotThere() {
    let bench = ReloadTests.bench()
    #expect(bench.core.events(of: "x", at: bench.instant) == nil)
    #expect(bench.core.events(of: nil, at: bench.instant)?.count == 2)
  }
}
