import Testing
import TunnelCore

/// Dead peer detection of a whole agent: counters, questions, and what a death does.
@Suite struct DPDTests {
  static let detection = DeadPeerDetection(mode: .optimized, interval: 2, threshold: 3)

  /// A tunnel that is up with traffic both ways, and a peer whose daemon answers.
  private func running(
    _ detection: DeadPeerDetection = detection, _ monitor: Monitor? = nil
  ) -> SingleTunnel {
    var bench = SingleTunnel(monitor, detection: detection)
    bench.answering = true
    bench.daemonAnswers = true
    bench.boot()
    bench.negotiate(1)
    bench.traffic = (out: 5, in: 5)
    bench.wait(8)
    return bench
  }

  @Test func thePeerIsAskedOnceAndThenLeftAlone() {
    var bench = running()
    bench.wait(100)
    #expect(bench.questions.count == 1)
    #expect(bench.state == "up/-/-")
  }

  @Test func aPeerCutOffIsDeadAndItsSAsAreCleared() {
    var bench = running()
    let cut = bench.now
    (bench.traffic, bench.daemonAnswers) = ((out: 5, in: 0), false)
    bench.wait(9)
    #expect(bench.clearTimes.count == 1)
    let took = (bench.clearTimes.first ?? 0) - cut
    #expect(took > 4 && took <= 8, "\(took)")
    #expect(bench.lastAlarm.contains("DPD detected peer as down. Existing IKE/IPSec SAs cleared"))
    #expect(bench.alarms.count == 2)
    bench.wait(100)
    #expect(bench.clearTimes.count == 1, "nothing is left to be cleared")
    bench.negotiate(2)
    #expect(bench.state == "up/-/-")
  }

  @Test func ownProbesAndTheirRepliesAreNoTraffic() {
    let monitor = Monitor(interval: .seconds(1), threshold: 3, verifyPath: .init())
    var bench = running(Self.detection, monitor)
    bench.traffic = (out: 0, in: 0)
    bench.wait(4)
    bench.forgetTrace()
    bench.wait(60)
    #expect(bench.questions.isEmpty && bench.probeTimes.count >= 59)
  }

  @Test func aStandbyAsksNobody() {
    let always = DeadPeerDetection(mode: .alwaysSend, interval: 2, threshold: 3)
    var bench = running(always)
    bench.play(.role(.standby))
    bench.daemonAnswers = false
    bench.forgetTrace()
    bench.wait(60)
    #expect(bench.questions.isEmpty && bench.clearTimes.isEmpty)
    bench.daemonAnswers = true
    bench.play(.role(.active))
    bench.wait(10)
    #expect(bench.questions.count >= 4 && bench.clearTimes.isEmpty)
  }

  @Test func oneDeathIsOneClear() {
    let monitor = Monitor(interval: .seconds(2), threshold: 3, verifyPath: .init())
    var bench = running(Self.detection, monitor)
    (bench.answering, bench.daemonAnswers) = (false, false)
    bench.traffic = (out: 5, in: 0)
    bench.wait(30)
    #expect(bench.clearTimes.count == 1)
    #expect(bench.state == "down/held/D")
  }

  @Test func aRestartedPeerIsFoundThoughItsDaemonAnswers() {
    var bench = running()
    bench.traffic = (out: 5, in: 0)
    bench.wait(9)
    #expect(bench.rekeys == 1)
    #expect(bench.clearTimes.count == 1)
  }

  @Test func aRekeyProvesThePeer() {
    var bench = running()
    bench.traffic = (out: 5, in: 0)
    bench.wait(4)
    #expect(bench.rekeys == 1)
    bench.negotiate(2)
    bench.delete(1)
    bench.wait(5)
    #expect(bench.clearTimes.isEmpty && bench.questions.count > 3)
  }

  @Test func aPeerThatNeverAnsweredIsNotClearedForItsSilence() {
    var bench = SingleTunnel(
      nil, detection: DeadPeerDetection(mode: .alwaysSend, interval: 2, threshold: 1))
    bench.boot()
    bench.negotiate(1)
    bench.traffic = (out: 5, in: 0)
    bench.wait(300)
    #expect(bench.clearTimes.isEmpty)
    #expect(bench.questions.count > 100)
  }

  @Test func timeInWhichTheAgentDidNotRunIsNoEvidence() {
    var bench = running(DeadPeerDetection(mode: .alwaysSend, interval: 2, threshold: 1))
    bench.daemonAnswers = false
    bench.wait(0.6)
    bench.sleepThrough(3600)
    bench.daemonAnswers = true
    bench.play(.tick)
    bench.wait(60)
    #expect(bench.clearTimes.isEmpty)
  }

  /// Counters of the SAs begin again at zero: neither traffic nor silence is made of that.
  @Test func aRekeyIsNoTraffic() {
    var bench = running(DeadPeerDetection(mode: .probeIdleTunnel, interval: 2, threshold: 3))
    bench.traffic = (out: 0, in: 0)
    bench.wait(4)
    bench.forgetTrace()
    for number in UInt32(2)...20 {
      bench.negotiate(number)
      bench.delete(number - 1)
      bench.wait(2)
    }
    #expect(bench.questions.count >= 17, "idle all the while")
    #expect(bench.clearTimes.isEmpty)
  }

  @Test func aCounterThatWrapsIsTraffic() {
    var bench = running()
    var pair = SingleTunnel.pair(2)
    for index in pair.indices { pair[index].packets = UInt64(UInt32.max) - 2 }
    bench.negotiate(pair)
    bench.delete(1)
    bench.wait(2)
    bench.forgetTrace()
    for _ in 0..<20 {
      bench.wrapCounters()
      bench.wait(0.5)
    }
    #expect(bench.questions.isEmpty && bench.clearTimes.isEmpty)
  }

  @Test func aClockThatGoesBackIsNoEvidence() {
    var bench = running(DeadPeerDetection(mode: .alwaysSend, interval: 2, threshold: 1))
    bench.sleepThrough(-5)
    bench.wait(60)
    #expect(bench.clearTimes.isEmpty && bench.questions.count > 20)
  }

  @Test func questionsToOnePeerAreTwoSecondsApart() {
    var bench = running(DeadPeerDetection(mode: .alwaysSend, interval: 2, threshold: 3))
    bench.play(
      .kernel(
        .sa(
          SecurityAssociation(
            key: SAKey(destination: SingleTunnel.local, spi: 9), source: SingleTunnel.remote,
            reqid: 9))))
    bench.wait(60)
    let times = bench.questions
    for (earlier, later) in zip(times, times.dropFirst()) { #expect(later - earlier > 1.999) }
    #expect(times.count > 30)
  }

  @Test func aPeerBehindNATIsAskedAtItsPort() {
    var bench = SingleTunnel(nil, detection: Self.detection)
    bench.boot()
    var pair = SingleTunnel.pair(1)
    pair[0].encapsulation = .init(sourcePort: 4501, destinationPort: 4500)
    pair[1].encapsulation = .init(sourcePort: 4500, destinationPort: 4501)
    bench.negotiate(pair)
    bench.wait(1)
    #expect(bench.targets.first?.port == 4501)
    #expect(bench.targets.first?.hasMarker == true)
  }

  @Test func withoutSettingsNothingIsAsked() {
    var bench = SingleTunnel(nil)
    bench.boot()
    bench.negotiate(1)
    bench.wait(100)
    #expect(bench.questions.isEmpty)
  }
}

extension SingleTunnel {
  fileprivate var questions: [Double] {
    trace.compactMap { if case .peer(.ping) = $0.effect { $0.at } else { nil } }
  }
  fileprivate var targets: [IKEPing.Target] {
    trace.compactMap { if case .peer(.ping(let target)) = $0.effect { target } else { nil } }
  }
  fileprivate var rekeys: Int {
    trace.count { if case .sa(.rekey) = $0.effect { true } else { false } }
  }
}
