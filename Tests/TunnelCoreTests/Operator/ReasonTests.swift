import Testing

@testable import TunnelCore

/// The reason of a state says why the tunnel is in it, and nothing is counted that did not happen.
@Suite struct ReasonTests {
  private static let negotiation = "IPSec SA negotiation successfully completed"

  private static func counts(_ bench: SingleTunnel) -> [String: UInt64] {
    Dictionary(bench.core.eventCounters.map { ($0.text, $0.count) }) { $1 }
  }

  @Test func aHeldTunnelSaysThatItsPathIsNotVerified() {
    var bench = SingleTunnel()
    bench.boot()
    bench.negotiate(1)
    bench.wait(1.5)
    #expect(bench.state == "verifying/held/V")
    #expect(bench.tunnel?.reason == "new SAs, path not verified yet")
    #expect(bench.tunnel?.lastEvent == Self.negotiation)
  }

  @Test func aChangeOfRoleIsNoNegotiation() {
    var bench = SingleTunnel()
    bench.boot()
    bench.negotiate(1)
    bench.wait(1)
    bench.play(.role(.standby))
    bench.play(.role(.active))
    #expect(bench.state == "verifying/held/V")
    #expect(bench.tunnel?.reason == "this gateway became active, path not verified yet")
    #expect(Self.counts(bench)[Self.negotiation] == 1)
    #expect(Self.counts(bench)["HA role is active"] == 1)
    // Without verify-path it is up at once, and that is no negotiation either.
    var trusting = SingleTunnel(Monitor(interval: .seconds(1), threshold: 3))
    trusting.boot()
    trusting.negotiate(1)
    trusting.play(.role(.standby))
    trusting.play(.role(.active))
    #expect(trusting.tunnel?.state == "up")
    #expect(trusting.tunnel?.reason == "HA role is active")
    #expect(Self.counts(trusting)[Self.negotiation] == 1)
  }

  @Test func sasOlderThanTheAgentWereNotNegotiated() {
    var bench = SingleTunnel()
    bench.answering = true
    bench.boot(sas: SingleTunnel.pair(1))
    #expect(bench.tunnel?.state == "verifying")
    #expect(bench.tunnel?.reason == "SAs older than the agent, path not verified yet")
    bench.wait(0.5)
    #expect(bench.tunnel?.state == "up")
    #expect(bench.tunnel?.reason == "VPN monitoring verify-path succeeded")
    #expect(bench.alarms.isEmpty)
    #expect(Self.counts(bench)[Self.negotiation] == nil)
    for monitor in [nil, Monitor(interval: .seconds(1), threshold: 3)] {
      var trusting = SingleTunnel(monitor)
      trusting.boot(sas: SingleTunnel.pair(1))
      #expect(trusting.tunnel?.state == "up")
      #expect(trusting.tunnel?.reason == "Existing SAs found at start")
      #expect(Self.counts(trusting)[Self.negotiation] == nil)
    }
  }

  /// It is held for a proof that an earlier destination gave, and this one may never give.
  @Test func silenceThatProvesNothingIsNoNegotiation() {
    var bench = SingleTunnel.inService(SingleTunnel(ReactionTests.monitor(verified: false)))
    var configuration = bench.core.configuration
    configuration.vpns[0].monitor?.destinations = [IPAddress(10, 2, 0, 9)]
    _ = bench.order(.reload(configuration))
    (bench.answering, bench.obeysClears) = (false, false)
    #expect(bench.order(.clear(tunnel: "to-b")).isDone)
    #expect(bench.tunnel?.state == "down")
    bench.wait(8)
    #expect(bench.tunnel?.state == "up")
    #expect(bench.tunnel?.reason == "Destination has never answered, its losses are ignored")
    #expect(Self.counts(bench)[Self.negotiation] == 1)
  }

  @Test func otherSettingsAreNoNegotiation() {
    var bench = SingleTunnel(Monitor(interval: .seconds(1), threshold: 3))
    bench.boot()
    bench.negotiate(1)
    var configuration = bench.core.configuration
    configuration.vpns[0].monitor?.verifyPath = .init()
    _ = bench.order(.reload(configuration))
    #expect(bench.tunnel?.state == "verifying")
    #expect(bench.tunnel?.reason == "configuration was reloaded, path not verified yet")
    configuration.vpns[0].monitor?.verifyPath = nil
    _ = bench.order(.reload(configuration))
    #expect(bench.tunnel?.state == "up")
    #expect(bench.tunnel?.reason == "Configuration was reloaded")
    #expect(Self.counts(bench)[Self.negotiation] == 1)
  }

  /// Programs tell reasons by words that stay.
  @Test func eachReasonHasACodeOfItsOwn() throws {
    let codes = Reason.allCases.map(\.code)
    #expect(Set(codes).count == codes.count)
    #expect(codes.allSatisfy { $0.wholeMatch(of: /[a-z]+(-[a-z]+)*/) != nil })
    for reason in Reason.allCases { #expect(Reason(reason.description) == reason) }
    var bench = SingleTunnel()
    bench.boot()
    #expect(bench.tunnel?.reasonCode == "no-sa")
    bench.negotiate(1)
    #expect(bench.tunnel?.reasonCode == "negotiated")
    bench.wait(4)
    #expect(bench.tunnel?.reasonCode == "verify-path-error")
    #expect(bench.tunnel?.lastFailureCode == "verify-path-error")
    let inactive = bench.inactive
    #expect(inactive.map(\.reasonCode) == ["verify-path-error"])
  }

  /// One that is held until its path is verified carries nothing.
  @Test func aHeldTunnelIsInactive() {
    var bench = SingleTunnel()
    bench.boot()
    bench.negotiate(1)
    bench.wait(1)
    let inactive = bench.inactive
    #expect(inactive.map(\.state) == ["verifying"])
    #expect(inactive.map(\.reason) == ["new SAs, path not verified yet"])
    // As found: it carries what it did before.
    var adopted = SingleTunnel()
    adopted.boot(sas: SingleTunnel.pair(1))
    #expect(adopted.state.hasPrefix("verifying/as-found"))
    #expect(adopted.inactive.isEmpty)
  }
}
