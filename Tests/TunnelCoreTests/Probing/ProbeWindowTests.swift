import Testing

@testable import TunnelCore

/// What one reply and one loss do to the counts of a set.
@Suite struct ProbeWindowTests {
  private func at(_ seconds: Double) -> Instant {
    Instant(nanoseconds: Int64(seconds * 1_000_000_000))
  }

  /// With a timeout longer than the interval a probe from before the path was back is lost after
  /// the first reply came.
  @Test func aPayloadCarriesTheMarkOfPathMTU() {
    let (mac, sequence) = (SipHash(key: (1, 2)), PathMTU.mark | 6)
    let payload = ProbePayload(
      tunnel: TunnelID(rawValue: 1), monitor: MonitorID(rawValue: 1), sequence: sequence,
      sentAt: Instant(nanoseconds: 1))
    let back = ProbePayload(authenticating: payload.encoded(messageSize: 64, mac: mac), mac: mac)
    #expect(back?.sequence == sequence && PathMTU.owns(sequence))
  }

  @Test func aLossOfBeforeTheLastReplyCountsNeitherWay() {
    var window = ProbeWindow()
    let early = window.send(at: at(0), timeout: .seconds(3))
    let answered = window.send(at: at(2), timeout: .seconds(3))
    #expect(window.receive(answered, at: at(2.1)) == .alive(roundTrip: .milliseconds(100)))
    window.expire(drained: at(3))
    #expect(window.statistics.lost == 1)
    #expect(window.consecutiveLosses == 0)
    #expect(window.consecutiveReplies == 1)
    let late = window.receive(early, at: at(3.1))
    #expect(late == .late(roundTrip: .milliseconds(3100), isLife: false))
  }

  @Test func aLossAfterTheLastReplyEndsTheRowOfReplies() {
    var window = ProbeWindow()
    let answered = window.send(at: at(0), timeout: .seconds(1))
    _ = window.receive(answered, at: at(0.1))
    _ = window.send(at: at(1), timeout: .seconds(1))
    window.expire(drained: at(2))
    #expect(window.consecutiveLosses == 1)
    #expect(window.consecutiveReplies == 0)
  }

  /// Milliseconds each, nil for a lost probe.
  private func history(_ roundTrips: [Double?]) -> String {
    var window = ProbeWindow()
    for (index, roundTrip) in roundTrips.enumerated() {
      let sent = Double(index) * 2
      let probe = window.send(at: at(sent), timeout: .seconds(1))
      if let roundTrip { _ = window.receive(probe, at: at(sent + roundTrip / 1000)) }
      window.expire(drained: at(sent + 1))
    }
    return window.statistics.history
  }

  @Test func historySaysHowLongEachProbeTook() {
    #expect(history([0.5, 1, 1.9, 2, 10, 255, 256, 999, nil]) == "01124899x")
    #expect(history(Array(repeating: 3, count: 100)) == String(repeating: "2", count: 32))
  }

  /// A pause is given back once, and never more of it than the probe lived through.
  @Test func aProbeIsGivenTheTimeInWhichTheAgentDidNotRun() {
    var window = ProbeWindow()
    _ = window.send(at: at(0), timeout: .seconds(1))
    let pause = Pause(from: at(0.7), to: at(60))
    window.expire(drained: at(60), after: pause)
    #expect(window.nextDeadline == at(60.3))
    window.expire(drained: at(60.2), after: pause)
    #expect(window.consecutiveLosses == 0)
    window.expire(drained: at(60.3), after: Pause(from: at(60.21), to: at(60.3)))
    #expect(window.consecutiveLosses == 1)
    _ = window.send(at: at(61), timeout: .seconds(1))
    window.expire(drained: at(62), after: pause)
    #expect(window.consecutiveLosses == 2)
  }

  @Test func aLateReplyStandsWhereItsProbeWasLost() {
    var window = ProbeWindow()
    let late = window.send(at: at(0), timeout: .seconds(1))
    window.expire(drained: at(1))
    _ = window.send(at: at(2), timeout: .seconds(1))
    window.expire(drained: at(3))
    #expect(window.statistics.history == "xx")
    _ = window.receive(late, at: at(3.5))
    #expect(window.statistics.history == "9x")
    #expect(window.statistics.recentLoss == 0.5)
  }
}
