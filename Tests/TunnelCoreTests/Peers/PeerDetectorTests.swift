import Testing

@testable import TunnelCore

@Suite struct PeerDetectorTests {
  /// Questions in ten intervals: what Junos' help texts say of each mode (docs/facts/junos.md).
  @Test(
    arguments: [
      (.optimized, .idle, 0), (.optimized, .out, 10), (.optimized, .in, 0), (.optimized, .both, 0),
      (.probeIdleTunnel, .idle, 10), (.probeIdleTunnel, .out, 10), (.probeIdleTunnel, .in, 0),
      (.probeIdleTunnel, .both, 0), (.alwaysSend, .idle, 10), (.alwaysSend, .out, 10),
      (.alwaysSend, .in, 10), (.alwaysSend, .both, 10),
    ] as [(DeadPeerDetection.Mode, DetectedPeer.Pattern, Int)])
  func questions(
    mode: DeadPeerDetection.Mode, pattern: DetectedPeer.Pattern, wanted: Int
  ) {
    var peer = DetectedPeer(mode, pattern: pattern)
    peer.wait(intervals: 2)
    let before = peer.count(.ask)
    peer.wait(intervals: 10)
    #expect(peer.count(.ask) - before == wanted)
    #expect(!peer.trace.contains { if case .dead = $0.action { true } else { false } })
  }

  @Test(arguments: DeadPeerDetection.Mode.allCases, 1...5)
  func aPeerCutOffIsDeadWithinAnIntervalMoreThanTheThreshold(
    mode: DeadPeerDetection.Mode, threshold: Int
  ) {
    for phase in 0..<8 {
      var peer = DetectedPeer(mode, threshold: threshold, pattern: .both)
      for _ in 0..<20 + phase { peer.tick() }
      // The last packet came just after the last reading, so the next one still shows it.
      let cut = peer.quarters
      peer.answers = false
      peer.tick()
      peer.pattern = .out
      peer.wait(intervals: 10)
      let dead = peer.when(.dead(.silent)).first.map { $0 - cut } ?? .max
      #expect(dead > 4 * (threshold - 1) && dead <= 4 * (threshold + 1), "\(dead) quarters")
    }
  }

  @Test func aTunnelThatIsIdleIsNotMissedByOptimized() {
    var peer = DetectedPeer(.optimized)
    peer.answers = false
    peer.wait(intervals: 100)
    #expect(peer.trace.isEmpty)
  }

  @Test func aQuestionOnceAskedIsAskedAgainThoughTrafficStops() {
    var peer = DetectedPeer(.optimized, pattern: .both)
    peer.wait(intervals: 2)
    peer.answers = false
    peer.pattern = .out
    peer.wait(intervals: 1)
    peer.pattern = .idle
    peer.wait(intervals: 4)
    let death = peer.when(.dead(.silent)).first ?? 0
    #expect(peer.when(.ask).filter { $0 < death }.count == 3)
  }

  @Test func incomingTrafficOutranksSilenceOfTheDaemon() {
    var peer = DetectedPeer(.optimized, pattern: .out)
    peer.answers = false
    peer.wait(intervals: 3)
    #expect(peer.detector.losses == 2)
    peer.pattern = .both
    peer.tick()
    #expect(peer.detector.losses == 0 && peer.count(.alive) == 1)
  }

  @Test func aDeadDaemonBehindLivingSAsIsFoundByAlwaysSend() {
    var peer = DetectedPeer(.alwaysSend, pattern: .both)
    peer.answers = false
    peer.wait(intervals: 4)
    #expect(peer.count(.dead(.daemonSilent)) == 1)
  }

  @Test func probeRepliesTellThatOnlyTheDaemonIsDead() {
    var peer = DetectedPeer(.optimized, pattern: .out)
    peer.answers = false
    for _ in 0..<20 {
      peer.tick()
      peer.detector.noteReply()
    }
    #expect(peer.count(.dead(.daemonSilent)) == 1)
  }

  // MARK: An answer proves the daemon, not the SA

  @Test func anAnswerAloneDoesNotClearTheSuspicion() {
    var peer = DetectedPeer(.optimized, pattern: .out)
    peer.exchanges = false
    peer.wait(intervals: 4)
    #expect(peer.count(.dead(.pathSilent)) == 1)
    let death = peer.when(.dead(.pathSilent)).first ?? 0
    #expect(peer.when(.exchange).filter { $0 <= death }.count == 1, "one in a threshold window")
  }

  @Test func oneWayTrafficCostsOneExchangeAThresholdWindow() {
    var peer = DetectedPeer(.optimized, pattern: .out)
    peer.wait(intervals: 31)
    let exchanges = peer.when(.exchange)
    #expect(exchanges.count >= 7)
    for (earlier, later) in zip(exchanges, exchanges.dropFirst()) { #expect(later - earlier >= 12) }
    #expect(peer.count(.alive) == 0 && peer.detector.losses == 0)
  }

  @Test func probeRepliesMakeTheExchangeUnnecessary() {
    var peer = DetectedPeer(.optimized, pattern: .out)
    for _ in 0..<100 {
      peer.detector.noteReply()
      peer.tick()
      peer.detector.noteReply()
    }
    #expect(peer.count(.ask) > 20)
    #expect(peer.count(.exchange) <= peer.count(.ask), "the answer may come before the reply")
    #expect(peer.detector.losses == 0)
  }

  // MARK: Peers that do not answer

  @Test func aPeerThatNeverAnsweredIsUnsupportedAndNotDead() {
    for mode in DeadPeerDetection.Mode.allCases {
      var peer = DetectedPeer(mode, isSupported: false, pattern: .out)
      peer.answers = false
      peer.wait(intervals: 100)
      #expect(peer.count(.unsupported) == 1)
      #expect(!peer.trace.contains { if case .dead = $0.action { true } else { false } })
    }
  }

  @Test func aPeerIsHeardOnceBeforeItIsCountedOn() {
    var peer = DetectedPeer(.optimized, isSupported: false)
    peer.wait(intervals: 10)
    #expect(peer.when(.ask) == [1])
    #expect(peer.isSupported)
  }

  @Test func afterADeathThePeerIsCountedOnOnlyWhenHeardAgain() {
    var peer = DetectedPeer(.optimized, pattern: .out)
    peer.answers = false
    peer.wait(intervals: 50)
    #expect(peer.count(.dead(.silent)) == 1)
    #expect(peer.count(.unsupported) == 1)
    peer.answers = true
    peer.wait(intervals: 4)
    peer.answers = false
    peer.exchanges = false
    peer.wait(intervals: 10)
    #expect(peer.count(.dead(.silent)) + peer.count(.dead(.pathSilent)) == 2)
  }

  // MARK: Clock, settings, no CHILD_SA

  @Test func aStallIsOneTick() {
    var peer = DetectedPeer(.alwaysSend, pattern: .out)
    peer.answers = false
    peer.wait(intervals: 2)
    let losses = peer.detector.losses
    // However long the agent did not run: it reads its counters once.
    peer.tick()
    #expect(peer.detector.losses <= losses + 1)
  }

  @Test func otherSettingsApplyToTheNextTick() {
    var peer = DetectedPeer(.optimized, threshold: 5, pattern: .out)
    peer.answers = false
    peer.wait(intervals: 3)
    #expect(peer.detector.losses == 2)
    peer.policy.threshold = 3
    peer.wait(intervals: 1)
    #expect(peer.count(.dead(.silent)) == 1)
  }

  @Test(
    arguments: [
      (.optimized, 0), (.probeIdleTunnel, 10), (.alwaysSend, 10),
    ] as [(DeadPeerDetection.Mode, Int)])
  func anIKESAWithoutChildren(mode: DeadPeerDetection.Mode, wanted: Int) {
    var peer = DetectedPeer(mode)
    for _ in 0..<40 { peer.tick(hasSet: false) }
    #expect(peer.count(.ask) == wanted)
    peer.answers = false
    for _ in 0..<20 { peer.tick(hasSet: false) }
    #expect(peer.count(.dead(.silent)) == (mode == .optimized ? 0 : 1))
  }

  @Test func eachIdleTunnelOfAnIKESAIsAsked() {
    var detector = PeerDetector()
    let policy = DeadPeerDetection(mode: .probeIdleTunnel, interval: 2, threshold: 3)
    var other = DetectedPeer(.optimized).set
    other.reqid = 2
    var asked = 0
    for _ in 0..<40 {
      let busy = PeerDetector.Traffic(sent: true, received: true)
      let idle = PeerDetector.Traffic(sent: false, received: false)
      let actions = detector.tick(
        [DetectedPeer(.optimized).set: busy, other: idle], policy, isSupported: true)
      asked += actions.filter { $0 == .ask }.count
    }
    #expect(asked == 10)
  }

  @Test func aQuestionThatWasNotSentIsNoLoss() {
    var detector = PeerDetector()
    let policy = DeadPeerDetection(mode: .alwaysSend, interval: 2, threshold: 1)
    for _ in 0..<40 {
      let actions = detector.tick([:], policy, isSupported: true)
      #expect(actions.isEmpty || actions == [.ask])
      if actions == [.ask] { detector.takeBack() }
    }
    #expect(detector.losses == 0)
  }
}

/// What the counters of SAs say of traffic.
@Suite struct TrafficMeterTests {
  private let inbound = SAKey(destination: IPAddress(198, 51, 100, 1), spi: 1)
  private let outbound = SAKey(destination: IPAddress(203, 0, 113, 1), spi: 2)
  private let newer = SAKey(destination: IPAddress(203, 0, 113, 1), spi: 3)

  @Test func aCounterOf32BitsThatWrapsIsTraffic() {
    var meter = TrafficMeter()
    meter.start([inbound: 0xffff_fffe, outbound: 0xffff_ffff])
    let traffic = meter.read(inbound: [inbound: 3], outbound: [outbound: 1])
    #expect(traffic == .init(sent: true, received: true))
  }

  @Test func aRekeyBeginsAtZero() {
    var meter = TrafficMeter()
    meter.start([inbound: 1000, outbound: 1000])
    var traffic = meter.read(inbound: [inbound: 1000], outbound: [outbound: 1000, newer: 0])
    #expect(traffic == .init(sent: false, received: false))
    traffic = meter.read(inbound: [inbound: 1000], outbound: [newer: 2])
    #expect(traffic == .init(sent: true, received: false))
  }

  @Test func anSAOfTheSameKeyMadeAnewIsNoTrafficUntilItCarriesSome() {
    var meter = TrafficMeter()
    meter.start([inbound: 1000])
    #expect(!meter.read(inbound: [inbound: 0], outbound: [:]).received)
    #expect(meter.read(inbound: [inbound: 1], outbound: [:]).received)
  }

  @Test func probesAreTakenOffTheSAThatCarriesThem() {
    var meter = TrafficMeter()
    meter.start([outbound: 10, newer: 10])
    for _ in 0..<3 { meter.noteProbe() }
    let carriers = meter.readEach(inbound: [:], outbound: [outbound: 11, newer: 13])
    #expect(carriers.outbound == [outbound])
  }
}
