import Testing

@testable import TunnelCore

/// Each cause leads from where it may to where it may, and nowhere else.
@Suite struct SetPhaseTests {
  typealias Kind = SetMonitor.Phase.Kind

  static func monitor(in phase: SetMonitor.Phase) -> SetMonitor {
    var monitor = SetMonitor(
      id: MonitorID(rawValue: 1), tunnel: TunnelID(rawValue: 1),
      key: SASetKey(local: SingleTunnel.local, remote: SingleTunnel.remote, reqid: 1))
    switch phase {
    case .incomplete: break
    case .verifying, .up: monitor.enter(phase, because: .begun)
    case .observed: monitor.enter(phase, because: .noWay)
    case .standby: monitor.enter(phase, because: .standby)
    case .down:
      monitor.enter(.up, because: .begun)
      monitor.enter(phase, because: .silence)
    }
    return monitor
  }

  static let phases: [SetMonitor.Phase] = [
    .incomplete, .verifying, .up, .observed, .standby, .down(.monitorFailure),
  ]

  /// Rows: a cause; columns: the phases that a set may be in, and those that it may get into.
  static let table: [(SetMonitor.Cause, from: Set<Kind>, to: Set<Kind>)] = [
    (.begun, [.incomplete, .verifying, .up, .observed, .standby, .down], [.verifying, .up]),
    (.continued, [.incomplete, .up], [.up]),
    (.answered, [.verifying, .down], [.up]),
    (.silence, [.verifying, .up, .down], [.down]),
    (.excused, [.verifying, .down], [.up]),
    (.peerDead, [.incomplete, .verifying, .up, .observed, .down], [.down]),
    (.peerAlive, [.down], [.up]),
    (.command, [.verifying, .up, .down], [.down]),
    (.noWay, [.incomplete, .verifying, .up, .observed, .standby, .down], [.observed]),
    (.standby, [.incomplete, .verifying, .up, .observed, .standby, .down], [.standby]),
    (.gone, [.incomplete, .verifying, .up, .observed, .standby, .down], [.incomplete]),
  ]

  @Test func everyTransitionIsAllowedOrRefused() {
    #expect(Self.table.map(\.0) == SetMonitor.Cause.allCases)
    for (cause, from, to) in Self.table {
      for old in Self.phases {
        for new in Self.phases {
          var monitor = Self.monitor(in: old)
          #expect(monitor.phase == old)
          let isAllowed = from.contains(old.kind) && to.contains(new.kind)
          #expect(monitor.enter(new, because: cause) == isAllowed, "\(old) \(cause) \(new)")
          #expect(monitor.phase == (isAllowed ? new : old))
        }
      }
    }
  }

  @Test func theGroundsAreThoseOfTheLastPhaseThatHadAny() {
    var monitor = Self.monitor(in: .up)
    monitor.enter(.down(.monitorFailure), because: .silence)
    #expect(monitor.grounds == .negotiated)
    // What is refused leaves them too.
    monitor.enter(.up, because: .continued, on: .pathVerified)
    #expect(monitor.phase.isDown)
    #expect(monitor.grounds == .negotiated)
    monitor.enter(.up, because: .answered, on: .pathVerified)
    #expect(monitor.grounds == .pathVerified)
  }

  @Test func aFailureIsKeptUntilThePathIsProven() {
    var monitor = Self.monitor(in: .up)
    monitor.enter(.down(.monitorFailure), because: .silence)
    #expect(monitor.hasFailed)
    for (phase, cause) in [
      (SetMonitor.Phase.incomplete, SetMonitor.Cause.gone), (.verifying, .begun),
    ] {
      monitor.enter(phase, because: cause)
      #expect(monitor.hasFailed)
    }
    monitor.enter(.up, because: .answered)
    #expect(!monitor.hasFailed)
  }
}
