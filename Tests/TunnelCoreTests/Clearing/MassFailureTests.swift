import Testing

@testable import TunnelCore

/// Most tunnels fail at once, and the cap of clears.
@Suite struct MassFailureTests {
  static let downs = "KMD_VPN_DOWN_ALARM_USER"

  /// Spokes that are up.
  static func hub(_ count: Int, _ change: (inout Configuration) -> Void = { _ in }) -> ManyTunnels {
    var hub = ManyTunnels([ManyTunnels.template(TemplateTests.byName)], change)
    hub.boot(links: (1...count).map { ManyTunnels.link($0) })
    for number in 1...count { hub.negotiate(number) }
    hub.wait(3.2)
    hub.forgetEffects()
    return hub
  }

  @Test func oneAlarmAndOneClearAtATime() {
    var hub = Self.hub(16)
    hub.answering = false
    hub.wait(6)
    #expect(
      hub.massAlarms == [
        "VPN_MASS_FAILURE: 16 of 16 tunnels fail at once. "
          + "Clearing is suspended; one tunnel at a time is cleared as a test"
      ])
    #expect(hub.clears.count == 1)
    #expect(hub.core.massFailure(at: hub.instant)?.failing == 16)
    #expect(hub.tunnels.allSatisfy { $0.gate == "held" })
    hub.keepNegotiating(for: 20)
    #expect(hub.clears.count >= 4)
    #expect(zip(hub.clears.dropFirst(), hub.clears).allSatisfy { $0.at - $1.at >= 3 })
    hub.answering = true
    hub.keepNegotiating(for: 2.2)
    #expect(hub.tunnels.allSatisfy { $0.state == "up" && $0.gate == "in-service" })
    #expect(hub.massAlarms.count == 2)
    #expect(hub.core.massFailure(at: hub.instant) == nil)
    hub.wait(60)
    #expect(hub.alarms.isEmpty)
  }

  @Test func whoStaysBehindHasAnAlarmAndIsCleared() {
    var hub = Self.hub(16)
    hub.answering = false
    hub.wait(6)
    hub.forgetEffects()
    hub.answering = true
    hub.silent = [3, 5, 7]
    hub.keepNegotiating(for: 2.5)
    #expect(hub.massAlarms.count == 1)
    #expect(hub.alarms.isEmpty)
    hub.keepNegotiating(for: 3.3)
    #expect(hub.alarms.count { $0.hasPrefix(Self.downs) } == 3)
    hub.keepNegotiating(for: 3.7)
    #expect(Set(hub.clears.map(\.name)).isSubset(of: ["ipsec3", "ipsec5", "ipsec7"]))
    #expect(hub.clears.count >= 2)
  }

  @Test(arguments: [1, 8]) func halfOfThemIsNoMass(failing: Int) {
    var hub = Self.hub(16)
    hub.silent = Set(1...failing)
    hub.wait(7)
    #expect(hub.massAlarms.isEmpty)
    #expect(Set(hub.clears.map(\.name)).count == failing)
    #expect(hub.alarms.count { $0.hasPrefix(Self.downs) } == failing)
  }

  @Test func sevenAreTooFew() {
    var hub = Self.hub(7)
    hub.answering = false
    hub.wait(7)
    #expect(hub.massAlarms.isEmpty)
    #expect(Set(hub.clears.map(\.name)).count == 7)
  }

  @Test func oneAfterAnotherIsNoMass() {
    var hub = Self.hub(16)
    for number in 1...12 {
      hub.silent.insert(number)
      hub.wait(10)
    }
    #expect(hub.massAlarms.isEmpty)
    #expect(Set(hub.clears.map(\.name)).count == 12)
  }

  @Test func itsThresholdIsConfigured() {
    var hub = Self.hub(16) { $0.massFailureThreshold = 1 }
    hub.answering = false
    hub.wait(7)
    #expect(hub.massAlarms.isEmpty)
    hub = Self.hub(16) { $0.massFailureThreshold = 0.1 }
    hub.silent = [1, 2]
    hub.wait(7)
    #expect(hub.massAlarms.count == 1)
  }

  @Test func whatTheCapRefusesWaitsAndIsNotLost() {
    var hub = Self.hub(16) {
      $0.massFailureThreshold = 1
      $0.maxClearsPerMinute = 5
    }
    hub.answering = false
    hub.wait(30)
    #expect(hub.clears.count == 5)
    #expect(hub.logs.count { $0.contains("max-clears-per-minute = 5 is reached") } == 1)
    hub.wait(200)
    #expect(Set(hub.clears.map(\.name)).count == 16)
    for clear in hub.clears {
      let minute = hub.clears.filter { $0.at >= clear.at && $0.at < clear.at + 59.999 }
      #expect(minute.count <= 5)
    }
  }

  // MARK: Random stories

  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func guardsHoldWhateverHappens(seed: UInt64) {
    var random = SplitMix64(state: seed)
    var hub = Self.hub(12) { $0.maxClearsPerMinute = 8 }
    for _ in 0..<30 {
      switch Int.random(in: 0..<5, using: &random) {
      case 0: hub.answering = false
      case 1, 2: (hub.answering, hub.silent) = (true, [])
      default:
        hub.answering = true
        hub.silent = Set((1...12).filter { _ in Bool.random(using: &random) })
      }
      hub.keepNegotiating(for: Double.random(in: 0.5...15, using: &random))
    }
    for clear in hub.clears {
      let minute = hub.clears.count { $0.at >= clear.at && $0.at < clear.at + 59.999 }
      #expect(minute <= 8, "seed \(seed) at \(clear.at)")
    }
    #expect(hub.untimelyTests == [], "seed \(seed)")
    (hub.answering, hub.silent) = (true, [])
    hub.keepNegotiating(for: 400)
    #expect(hub.tunnels.allSatisfy { $0.state == "up" }, "seed \(seed)")
    #expect(hub.core.massFailure(at: hub.instant) == nil)
  }
}

extension ManyTunnels {
  var massAlarms: [String] {
    effects.compactMap { if case .tell(.massAlarm(let alarm)) = $0 { "\(alarm)" } else { nil } }
  }

  var logs: [String] {
    effects.compactMap {
      if case .tell(.log(_, let name, let text)) = $0 { "\(name) \(text)" } else { nil }
    }
  }

  /// First clears, not those of survivors.
  var clears: [(at: Double, name: String)] {
    zip(times, effects).compactMap { at, effect in
      if case .sa(.clear(_, let name, _)) = effect { (at, name) } else { nil }
    }
  }

  /// Lets time pass in which the IKE daemon negotiates anew what was cleared.
  mutating func keepNegotiating(for seconds: Double) {
    var left = seconds
    while left > 0 {
      // Not by `tunnels`, which is all that status says of each.
      for tunnel in core.tunnels.values where tunnel.monitors.isEmpty {
        if let number = Int(tunnel.name.dropFirst("ipsec".count)) { negotiate(number) }
      }
      wait(min(left, 0.1))
      left -= 0.1
    }
  }

  /// Tunnels that were cleared as a test while another one's outcome was open.
  var untimelyTests: [String] {
    var open: (name: String, at: Double)?
    var found: [String] = []
    for (at, effect) in zip(times, effects) {
      guard case .tell(.log(_, let name, let text)) = effect else {
        if case .tell(.massAlarm(let alarm)) = effect, alarm.isOver { open = nil }
        continue
      }
      if text.contains("probes unanswered") || text.contains("state=up"), open?.name == name {
        open = nil
      }
      guard text.hasPrefix("cleared as a test") else { continue }
      if let last = open, last.name != name, at < last.at + 60 { found.append("\(name) at \(at)") }
      open = (name, at)
    }
    return found
  }
}
