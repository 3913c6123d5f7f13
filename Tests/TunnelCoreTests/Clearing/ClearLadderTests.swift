import Testing
import TunnelCore

/// Whatever happens in the middle of a clear, nothing of it outlives it: the next one begins at the
/// top of the ladder, and no SA is touched that was not condemned.
@Suite struct ClearLadderTests {
  /// Where a clear is when something happens.
  enum Step: CaseIterable {
    /// It waits for the guards.
    case planned
    /// strongSwan is to be asked.
    case decided
    /// It was told to terminate the child, and has not answered.
    case asked
    /// It has, and the SAs are still there.
    case terminated
    /// It did nothing: one SA of each pair was expired.
    case expiredFirst
    /// Every one was.
    case expiredEach
  }

  enum Happening: CaseIterable {
    case nothing, secondClear, standby, reloadedAlike, reloadedToHold, renamed, viciLost,
      viciLostAndBack
    case newSAs, answered
  }

  /// A daemon that lists its children and does nothing; what is expired stays too.
  private static func bench(at step: Step) -> SingleTunnel {
    var bench = SingleTunnel.connected(establish: .immediately)
    bench.obeysClears = false
    bench.answering = false
    switch step {
    case .planned:
      bench.stay(2.9, children: [.of(1)])
      // The operator's clear of what is younger than the threshold waits for nobody: a rekey does.
      bench.negotiate(5)
      bench.stay(2.5, children: [.of(1), .of(5)])
    case .decided:
      while bench.tunnel?.state != "down" { bench.wait(0.05) }
    case .asked:
      bench.stay(2.9, children: [.of(1)])
      while bench.acts.isEmpty {
        bench.wait(0.05)
        if bench.requests.last == .listSAs { bench.list([.of(1)]) }
      }
    case .terminated: bench.stay(6, children: [.of(1)])
    case .expiredFirst: while bench.clearTimes.count < 1 { bench.stay(0.1, children: [.of(1)]) }
    case .expiredEach: while bench.clearTimes.count < 2 { bench.stay(0.1, children: [.of(1)]) }
    }
    return bench
  }

  private static func happen(_ happening: Happening, to bench: inout SingleTunnel) {
    switch happening {
    case .nothing: break
    case .secondClear: bench.play(.command(.clear(tunnel: "to-b"), nil))
    case .standby: bench.play(.role(.standby))
    case .reloadedAlike: bench.play(.command(.reload(bench.core.configuration), nil))
    case .reloadedToHold:
      var new = bench.core.configuration
      new.vpns[0].monitor?.action = .hold
      bench.play(.command(.reload(new), nil))
    case .renamed:
      bench.play(.kernel(.link(SingleTunnel.link(name: "vti9"))))
      bench.play(.kernel(.link(SingleTunnel.link(name: "vti0"))))
    case .viciLost: bench.play(.vici(.disconnected("gone")))
    case .viciLostAndBack:
      bench.play(.vici(.disconnected("gone")))
      bench.wait(0.5)
      bench.play(.vici(.connected))
    case .newSAs: bench.negotiate(7)
    case .answered: bench.answering = true
    }
  }

  /// Everything is healed: strongSwan answers, has a child of its own, and the path carries packets.
  private static func heal(_ bench: inout SingleTunnel) {
    if let act = bench.acts.last { bench.finish(act) }
    bench.stay(3, children: [])
    let heard = bench.trace.count
    for number: UInt32 in [1, 5, 7] where bench.has(number) { bench.delete(number) }
    bench.play(.role(.active))
    var new = bench.core.configuration
    new.vpns[0].monitor?.action = .clear
    bench.play(.command(.reload(new), nil))
    if bench.core.control != "vici" { bench.play(.vici(.connected)) }
    bench.answering = true
    bench.negotiate(9)
    // A list that was asked for meanwhile.
    if bench.trace[heard...].contains(where: { $0.effect == .daemon(.listSAs) }) {
      bench.list([.of(9)])
    }
    bench.stay(120, children: [.of(9)])
  }

  @Test(arguments: Step.allCases, Happening.allCases)
  func theNextClearBeginsAtTheTop(step: Step, happening: Happening) {
    var bench = Self.bench(at: step)
    Self.happen(happening, to: &bench)
    Self.heal(&bench)
    #expect(bench.state == "up/in-service/U", "\(step) \(happening)")
    bench.forgetTrace()
    bench.answering = false
    bench.stay(14, children: [.of(9)])
    #expect(bench.acts.first == .terminateChild(id: 9), "\(step) \(happening)")
    #expect(bench.clearTimes.isEmpty, "\(step) \(happening): \(bench.clearTimes)")
    #expect(bench.isMerciful, "\(step) \(happening)")
  }

  /// Nothing is taken away by a standby, under `action = "hold"`, or from a path that answers.
  @Test(arguments: Step.allCases, [Happening.standby, .reloadedToHold, .answered])
  func whatIsNotToBeClearedAnyMoreIsNot(step: Step, happening: Happening) {
    var bench = Self.bench(at: step)
    Self.happen(happening, to: &bench)
    bench.wait(0.1)
    bench.forgetTrace()
    bench.stay(60, children: [.of(1)])
    #expect(bench.acts.isEmpty, "\(step) \(happening)")
    #expect(bench.clearTimes.isEmpty, "\(step) \(happening)")
    #expect(bench.isMerciful, "\(step) \(happening)")
  }

  /// An answer that comes after the decision, and before the daemon was told, saves the SAs.
  @Test(arguments: [1, 3] as [UInt64])
  func anAnswerAfterTheDecisionIsLife(late: UInt64) {
    var bench = SingleTunnel.connected(establish: .immediately)
    bench.answering = false
    while bench.tunnel?.state != "down" { bench.wait(0.01) }
    let probes = bench.probes.suffix(Int(late))
    for probe in probes.prefix(1) {
      bench.play(
        .reply(
          ProbeReply(
            monitor: probe.monitor, sequence: probe.sequence, arrivedAt: bench.instant,
            way: .link(7))))
    }
    bench.answering = true
    bench.stay(5, children: [.of(1)])
    #expect(bench.acts.isEmpty && bench.clearTimes.isEmpty)
    #expect(bench.state == "up/in-service/U")
  }

  /// What an operator has asked for goes on under `action = "hold"`.
  @Test func anOrderIsCarriedOut() {
    var bench = SingleTunnel.connected(establish: .immediately)
    bench.obeysClears = false
    bench.play(.command(.clear(tunnel: "to-b"), nil))
    Self.happen(.reloadedToHold, to: &bench)
    bench.answering = false
    bench.stay(30, children: [.of(1)])
    #expect(bench.acts.first == .terminateChild(id: 1))
    #expect(!bench.clearTimes.isEmpty)
  }

  /// A second clear while one runs does not put off the end of the first.
  @Test func clearsInARowComeToAnEnd() {
    var bench = Self.bench(at: .decided)
    let begun = bench.now
    while bench.clearTimes.isEmpty, bench.now < begun + 60 {
      bench.play(.command(.clear(tunnel: "to-b"), nil))
      bench.stay(1, children: [.of(1)])
    }
    #expect(bench.now < begun + 17)
  }

  /// The daemon that is lost while a dead peer's IKE SA is to be terminated, and the peer that
  /// answers before it is.
  @Test func aSetThatAnswersKeepsItsIKESA() {
    let detection = DeadPeerDetection(mode: .alwaysSend, interval: 2, threshold: 3)
    var bench = SingleTunnel(
      Monitor(interval: .seconds(60), verifyPath: .init()), establish: .immediately,
      detection: detection)
    bench.answering = true
    bench.daemonAnswers = true
    bench.boot()
    bench.negotiate(1)
    bench.play(.vici(.connected))
    let ike = IKESA(
      connection: "to-b", id: 7, isInitiator: true, local: SingleTunnel.local,
      remote: SingleTunnel.remote,
      children: [.of(1)])
    bench.play(.vici(.sas([ike])))
    bench.wait(5)
    bench.daemonAnswers = false
    while bench.tunnel?.state != "down", bench.now < 60 { bench.wait(0.05) }
    #expect(bench.tunnel?.state == "down")
    // Its probe is answered before strongSwan's list is there.
    bench.play(.command(.verify(tunnel: "to-b"), nil))
    bench.wait(0.05)
    bench.play(.command(.verify(tunnel: "to-b"), nil))
    bench.wait(0.05)
    #expect(bench.tunnel?.state == "up")
    bench.play(.vici(.sas([ike])))
    bench.wait(1)
    bench.play(.vici(.sas([ike])))
    #expect(!bench.acts.contains(.terminateIKE(id: 7)))
  }
}

extension SingleTunnel {
  func has(_ number: UInt32) -> Bool { sas[SingleTunnel.pair(number)[0].key] != nil }
  /// Whether no SA was deleted without a word to the daemon.
  var isMerciful: Bool {
    !trace.contains { if case .sa(.delete) = $0.effect { true } else { false } }
  }
}
