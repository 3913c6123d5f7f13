import Testing

@testable import TunnelCore

/// What an operator asks for: the answers in words, and what is done.
@Suite struct CommandTests {
  @Test func whoWaitsForATunnelThatGoesIsTold() {
    var hub = ManyTunnels([ManyTunnels.template(TemplateTests.byName)])
    hub.boot()
    hub.addLink(1)
    hub.negotiate(1)
    hub.wait(2)
    hub.answering = false
    hub.forgetEffects()
    hub.play(.command(.verify(tunnel: "ipsec1"), RequestID(rawValue: 7)))
    hub.delete(1)
    hub.deleteLink(1)
    hub.wait(15)
    let answers = hub.effects.compactMap { effect in
      if case .tell(.answer(_, let answer)) = effect { answer.lines } else { nil }
    }
    #expect(answers == [["ipsec1: its SAs are gone"]])
  }

  @Test func verifyProvesThePathOfATunnelThatIsUp() {
    var bench = ReloadTests.bench()
    bench.play(.command(.verify(tunnel: "to-b"), RequestID(rawValue: 4)))
    #expect(bench.probeTimes == [0.5])
    #expect(bench.answers.isEmpty)
    bench.wait(0.2)
    #expect(
      bench.answers == [
        Answer(
          isDone: true,
          lines: [
            "to-b: path proven in 10.0 ms, from 169.254.100.1 to 169.254.100.2 through vti0"
          ])
      ])
    bench.wait(1)
    #expect(bench.probeTimes == [0.5, 1.5], "in the place of the next probe")
  }

  @Test func verifySaysThatNoReplyCame() {
    var bench = ReloadTests.bench()
    bench.answering = false
    bench.play(.command(.verify(tunnel: "to-b"), RequestID(rawValue: 4)))
    bench.play(.command(.verify(tunnel: "to-b"), RequestID(rawValue: 5)))
    #expect(bench.answers.map(\.lines) == [["to-b: already being verified"]])
    bench.wait(3.1)
    #expect(bench.answers.last?.isDone == false)
    #expect(
      bench.answers.last?.lines == [
        "to-b: no reply within 3000.0 ms, from 169.254.100.1 to 169.254.100.2 through vti0"
      ])
    #expect(bench.clearTimes == [3.5], "its probe counts as any other")
  }

  @Test func verifyTellsAReplyInClearFromSilence() {
    var bench = ReloadTests.bench()
    bench.replyLink = 2
    bench.play(.command(.verify(tunnel: "to-b"), RequestID(rawValue: 4)))
    bench.wait(0.2)
    #expect(
      bench.answers.map(\.lines) == [
        [
          "to-b: answered outside the tunnel, from 169.254.100.1 to 169.254.100.2 through vti0"
        ]
      ])
    #expect(bench.answers.map(\.isDone) == [false])
  }

  @Test func verifyOfADownTunnelBringsItBack() {
    var bench = SingleTunnel()
    bench.obeysClears = false
    bench.boot()
    bench.negotiate(1)
    bench.wait(3.2)
    #expect(bench.state == "down/held/D")
    bench.answering = true
    bench.play(.command(.verify(tunnel: "to-b"), nil))
    bench.wait(0.1)
    #expect(bench.tunnel?.recoveryReplies == 1, "of two: it went down a short while ago")
    bench.wait(1)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.answers.isEmpty, "nobody waits")
  }

  @Test func verifySaysWhyNothingIsSent() {
    var bench = ReloadTests.bench()
    bench.link.isAdminUp = false
    bench.play(.kernel(.link(bench.link)))
    #expect(
      bench.order(.verify(tunnel: "to-b")).lines == [
        "to-b: not probed: link is administratively down"
      ])
    #expect(bench.answers.last?.isDone == false)
  }

  @Test func verifyOfATunnelWhoseSAsGoEndsAllTheSame() {
    var bench = ReloadTests.bench()
    bench.answering = false
    bench.play(.command(.verify(tunnel: "to-b"), RequestID(rawValue: 4)))
    bench.delete(1)
    bench.wait(5)
    #expect(bench.answers.count == 1)
    #expect(bench.answers.last?.isDone == false)
  }

  @Test(arguments: [Command.verify(tunnel: "x"), .clear(tunnel: "x")])
  func aTunnelThatIsNotThere(command: Command) {
    var bench = ReloadTests.bench()
    #expect(
      bench.order(command) == Answer(isDone: false, lines: ["x: no such tunnel; known: to-b"]))
  }

  @Test func aTunnelWithoutMonitoringIsNotVerified() {
    var bench = ReloadTests.bench(nil)
    #expect(
      bench.order(.verify(tunnel: "to-b")).lines == ["to-b: not monitored: it has no vpn-monitor"])
  }

  @Test func aTunnelWithoutSAsIsNeitherVerifiedNorCleared() {
    var bench = SingleTunnel()
    bench.boot()
    #expect(
      bench.order(.verify(tunnel: "to-b")).lines
        == ["to-b: no SAs to send a probe through"])
    #expect(bench.order(.clear(tunnel: "to-b")).lines == ["to-b: no SAs to clear"])
  }

  @Test func clearTakesTheSAsAwayAndTheNewOnesAreVerified() {
    var bench = ReloadTests.bench()
    bench.answering = false
    let answer = bench.order(.clear(tunnel: "to-b"))
    #expect(
      answer == Answer(isDone: true, lines: ["to-b: clearing SAs 0xc1000001 0xc2000001"]))
    #expect(bench.clearTimes == [0.5])
    #expect(bench.state == "down/held/D")
    #expect(bench.lastAlarm.hasSuffix("Reason: User cleared IPSec SA from CLI"))
    bench.answering = true
    bench.negotiate(2)
    #expect(bench.state == "verifying/held/V")
    bench.wait(0.1)
    #expect(bench.state == "up/in-service/U")
  }

  @Test func clearTakesWhatWasInitiatedAMomentAgoAndWaitsForNoAttempt() {
    var bench = SingleTunnel.connected(
      ReactionTests.monitor { $0.renegotiateBackoff.initial = .seconds(200) },
      establish: .immediately)
    bench.delete(1)
    bench.stay(0.9, children: [.of(1)])
    bench.stay(0.9, children: [])
    #expect(bench.acts == [.terminateChild(id: 1), .initiate(SingleTunnel.name)])
    bench.negotiate(2)
    bench.play(.command(.clear(tunnel: "to-b"), nil))
    bench.stay(1, children: [.of(2)])
    #expect(bench.acts.last == .terminateChild(id: 2))
  }

  @Test func clearOfAnUnmonitoredTunnelTouchesNoLink() {
    var bench = ReloadTests.bench(nil)
    #expect(bench.order(.clear(tunnel: "to-b")).isDone)
    #expect(bench.clearTimes == [0.5])
    #expect(bench.steps.isEmpty && bench.alarms.isEmpty)
  }
}
