import Testing
import TunnelCore

/// SAs that nobody would bring back are held on failure and never cleared.
@Suite struct UnrestorableTests {
  private static let detection = DeadPeerDetection(mode: .alwaysSend, interval: 2, threshold: 3)

  private func bench(
    _ monitor: Monitor? = SingleTunnel.monitor, establish: VPN.EstablishTunnels = .immediately,
    command: [String]? = nil, detection: DeadPeerDetection? = nil
  ) -> SingleTunnel {
    var bench = SingleTunnel(monitor, establish: establish, command: command, detection: detection)
    bench.isExpireHeard = false
    bench.answering = true
    bench.daemonAnswers = true
    bench.boot(sas: SingleTunnel.pair(1))
    bench.play(.vici(.disconnected("/run/charon.vici: No such file or directory")))
    bench.wait(5)
    #expect(bench.tunnel?.state == "up")
    return bench
  }

  private func fails(_ bench: inout SingleTunnel) {
    (bench.answering, bench.daemonAnswers) = (false, false)
    bench.wait(120)
    #expect(bench.tunnel?.state == "down")
    #expect(bench.tunnel?.gate == "held")
    #expect(bench.lastAlarm.contains("DOWN"))
  }

  private func said(_ bench: SingleTunnel) -> [String] {
    bench.trace.compactMap {
      if case .tell(.log(.warning, "to-b", let text)) = $0.effect,
        text.hasPrefix("nothing could restore")
      {
        text
      } else {
        nil
      }
    }
  }

  @Test(arguments: VPN.EstablishTunnels.allCases)
  func nothingIsCleared(_ establish: VPN.EstablishTunnels) {
    var bench = bench(establish: establish)
    #expect(said(bench).count == 1, "said at start")
    #expect(bench.tunnel?.obstacle?.hasPrefix("nothing could restore") == true)
    #expect(
      bench.core.explanation(of: "to-b", at: bench.instant)?
        .contains { $0.contains("nothing could restore") } == true)
    fails(&bench)
    #expect(bench.clearTimes.isEmpty)
    #expect(bench.trace.allSatisfy { if case .sa(.delete) = $0.effect { false } else { true } })
    #expect(bench.tunnel?.attempts == 0)
    #expect(said(bench).count == 1, "said once")
    bench.answering = true
    bench.wait(5)
    #expect(bench.state == "up/in-service/U")
  }

  @Test(arguments: [false, true]) func aDeadPeerIsNotClearedEither(isMonitored: Bool) {
    let slow = Monitor(interval: .seconds(60), verifyPath: .init())
    var bench = bench(isMonitored ? slow : nil, detection: Self.detection)
    (bench.answering, bench.daemonAnswers) = (false, false)
    bench.wait(120)
    #expect(bench.tunnel?.state == "down")
    #expect(bench.clearTimes.isEmpty)
  }

  /// An IKE daemon that comes later, a command, VICI.
  @Test func whoeverCanIsGivenTheChance() {
    var late = bench()
    fails(&late)
    late.isExpireHeard = true
    late.wait(11)
    #expect(late.clearTimes.count == 1)
    #expect(late.tunnel?.obstacle == nil)

    var commanded = bench(command: ["put-back"])
    fails(&commanded)
    #expect(!commanded.clearTimes.isEmpty)
    #expect(said(commanded).isEmpty)

    var connected = bench()
    connected.play(.vici(.connected))
    connected.play(.vici(.disconnected("gone")))
    fails(&connected)
    #expect(!connected.clearTimes.isEmpty)
  }

  /// responder-only never runs the command, so it is of no use after a clear.
  @Test func aCommandThatIsNeverRunIsNobody() {
    var bench = bench(establish: .responderOnly, command: ["put-back"])
    fails(&bench)
    #expect(bench.clearTimes.isEmpty)
    #expect(said(bench).count == 1)
  }

  /// A daemon that listened at start and is gone when it matters.
  @Test func whoListensIsReadBeforeEachClear() {
    var bench = bench()
    bench.isExpireHeard = true
    bench.play(.expireListeners(isHeard: true))
    bench.wait(30)
    bench.isExpireHeard = false
    fails(&bench)
    #expect(bench.clearTimes.isEmpty)
  }

  // MARK: A listener proves itself

  /// SAs cleared by EXPIRE, on which somebody listens, 61 s ago.
  private func expired(andBackAfter seconds: Double? = nil) -> SingleTunnel {
    var bench = bench()
    bench.isExpireHeard = true
    bench.answering = false
    while bench.clearTimes.isEmpty, bench.now < 30 { bench.wait(0.5) }
    #expect(bench.clearTimes.count == 1)
    #expect(bench.sas.isEmpty)
    bench.answering = seconds != nil
    bench.wait(seconds ?? 61)
    bench.negotiate(2)
    if let seconds { bench.wait(61 - seconds) }
    return bench
  }

  private func remedies(_ bench: SingleTunnel) -> Int {
    bench.trace.count {
      if case .tell(.log(.warning, "to-b", let text)) = $0.effect {
        text.contains("configure a renegotiate-command")
      } else {
        false
      }
    }
  }

  private func diesAgain(_ bench: inout SingleTunnel) {
    bench.forgetTrace()
    bench.answering = false
    bench.wait(120)
    #expect(bench.tunnel?.gate == "held")
  }

  /// It may still be trying, with the path dead: it is said, and relied upon again.
  @Test func whoListensAndRestoresNothingIsSaid() {
    var bench = expired()
    #expect(remedies(bench) == 1)
    bench.answering = true
    bench.wait(20)
    #expect(bench.state == "up/in-service/U")
    diesAgain(&bench)
    #expect(!bench.clearTimes.isEmpty)
  }

  @Test func whoRestoresThemIsReliedUpon() {
    var bench = expired(andBackAfter: 10)
    #expect(remedies(bench) == 0)
    #expect(bench.state == "up/in-service/U")
    diesAgain(&bench)
    #expect(!bench.clearTimes.isEmpty)
  }

  /// Who orders it knows what he does.
  @Test func anOperatorsClearIsObeyed() {
    var bench = bench()
    bench.play(.command(.clear(tunnel: "to-b"), nil))
    #expect(bench.clearTimes.count == 1)
  }
}
