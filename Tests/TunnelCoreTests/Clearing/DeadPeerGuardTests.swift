import Testing

@testable import TunnelCore

/// What the guards make of deaths that dead peer detection finds.
@Suite struct DeadPeerGuardTests {
  private static let detection = DeadPeerDetection(mode: .alwaysSend, interval: 2, threshold: 3)

  /// A hub whose spokes are configured and watched by dead peer detection; probes would take longer.
  private static func hub(
    _ count: Int, monitor: Monitor? = Monitor(interval: .seconds(60), verifyPath: .init()),
    _ change: (inout Configuration) -> Void = { _ in }
  ) -> ManyTunnels {
    var hub = ManyTunnels([]) { configuration in
      for number in 1...count {
        let gateway = Gateway(
          name: "g\(number)", addresses: [ManyTunnels.peer(number)], deadPeerDetection: detection)
        configuration.gateways[gateway.name] = gateway
        configuration.vpns.append(
          VPN(
            name: "ipsec\(number)", gateway: gateway.name, bindInterface: "ipsec\(number)",
            establishTunnels: .immediately, monitor: monitor))
      }
      change(&configuration)
    }
    hub.boot(links: (1...count).map { ManyTunnels.link($0) })
    for number in 1...count { hub.negotiate(number) }
    hub.wait(5)
    hub.forgetEffects()
    return hub
  }

  @Test(arguments: [false, true]) func deathsOfMostPeersAreOneMassFailure(isMonitored: Bool) {
    var hub = isMonitored ? Self.hub(16) : Self.hub(16, monitor: nil)
    #expect(hub.tunnels.allSatisfy { $0.state == "up" })
    hub.answering = false
    hub.wait(12)
    #expect(
      hub.massAlarms == [
        "VPN_MASS_FAILURE: 16 of 16 tunnels fail at once. "
          + "Clearing is suspended; one tunnel at a time is cleared as a test"
      ])
    #expect(hub.clears.count == 1)
    #expect(hub.alarms.isEmpty)
    #expect(hub.tunnels.allSatisfy { $0.state == "down" })
    #expect(hub.tunnels.allSatisfy { $0.gate == "held" })
    hub.wait(130)
    #expect(hub.clears.count == 3, "the next test follows a minute without new SAs")
    hub.answering = true
    hub.keepNegotiating(for: isMonitored ? 62 : 4)
    #expect(hub.tunnels.allSatisfy { $0.state == "up" }, "\(hub.tunnels.map(\.state))")
    #expect(hub.massAlarms.count == 2)
    let clears = hub.clears.count
    hub.keepNegotiating(for: 100)
    #expect(hub.clears.count == clears)
  }

  @Test func halfOfThemIsNoMass() {
    var hub = Self.hub(16)
    hub.silent = Set(1...8)
    hub.wait(12)
    #expect(hub.massAlarms.isEmpty)
    #expect(Set(hub.clears.map(\.name)).count == 8)
  }

  @Test func whatTheCapRefusesWaitsAndIsNotLost() {
    var hub = Self.hub(16) {
      $0.massFailureThreshold = 1
      $0.maxClearsPerMinute = 5
    }
    hub.answering = false
    hub.wait(30)
    #expect(hub.clears.count == 5)
    #expect(hub.tunnels.allSatisfy { $0.state == "down" && $0.gate == "held" })
    #expect(hub.alarms.count == 16)
    #expect(hub.tunnels.count { $0.nextAttempt ?? 0 > 20 } >= 11)
    hub.wait(200)
    #expect(Set(hub.clears.map(\.name)).count == 16)
    for clear in hub.clears {
      #expect(hub.clears.count { $0.at >= clear.at && $0.at < clear.at + 59.999 } <= 5)
    }
  }

  /// Where nothing goes out its daemon's answer is what tells.
  @Test(arguments: [0, 5] as [UInt64]) func aSignOfLifeTakesAWaitingClearBack(traffic: UInt64) {
    var hub = Self.hub(4, monitor: nil) { $0.maxClearsPerMinute = 1 }
    hub.traffic = traffic
    hub.wait(4)
    hub.answering = false
    hub.wait(13)
    #expect(hub.clears.count == 1)
    hub.answering = true
    hub.wait(5)
    #expect(hub.tunnels.count { $0.state == "up" } == 3)
    hub.wait(200)
    #expect(hub.clears.count == 1)
  }

  @Test(arguments: [Monitor.Action.hold, .warn]) func actionIsObeyed(action: Monitor.Action) {
    var monitor = Monitor(interval: .seconds(60), verifyPath: .init())
    monitor.action = action
    var hub = Self.hub(1, monitor: monitor)
    hub.answering = false
    hub.wait(40)
    #expect(hub.clears.isEmpty)
    #expect(hub.summary == ["ipsec1 - down/\(action == .hold ? "held" : "in-service")"])
    #expect(hub.alarms.count == 1)
    let lines = hub.effects.count {
      if case .tell(.log(.warning, _, let text)) = $0 { text.contains("dpd=dead") } else { false }
    }
    #expect(lines == 1)
    hub.answering = true
    hub.wait(125)
    #expect(hub.summary == ["ipsec1 - up/in-service"])
  }

  @Test func deathsOfOneTunnelBackOff() {
    var hub = Self.hub(1) { $0.vpns[0].monitor?.renegotiateBackoff.initial = .seconds(20) }
    for _ in 0..<6 {
      // The daemon negotiates, and then nothing is heard any more.
      hub.answering = false
      let before = hub.clears.count
      while hub.clears.count == before { hub.wait(1) }
      hub.answering = true
      hub.negotiate(1, serial: UInt32(before + 1))
      hub.wait(0.005)
    }
    let gaps = zip(hub.clears.dropFirst(), hub.clears).map { $0.at - $1.at }
    for (number, gap) in gaps.enumerated() {
      #expect(gap >= min(20 * Double(1 << number), 300) * 0.75, "\(gaps)")
    }
  }

  @Test func settingsThatAreTakenAwayClearNothing() {
    var hub = Self.hub(2, monitor: nil) { $0.maxClearsPerMinute = 1 }
    hub.answering = false
    hub.wait(12)
    #expect(hub.clears.count == 1)
    hub.reload { $0.gateways["g2"]?.deadPeerDetection = nil }
    hub.reload { $0.gateways["g1"]?.deadPeerDetection = nil }
    hub.wait(200)
    #expect(hub.clears.count == 1)
  }
}
