/// Active or standby: what a change of the role means for sets and gates.
///
/// What the other gateway has proven does not hold here: whoever becomes active verifies every path
/// anew, and no link with verify-path opens before that.
extension Core {
  var isStandby: Bool { role == .standby }

  /// The role is what the redundancy daemon says; saying it again changes nothing.
  mutating func changeRole(to new: Role, at now: Instant) {
    guard new != role else { return }
    log(.warning, "-", "role=\(new.rawValue) was=\(role.rawValue)")
    role = new
    switch new {
    case .active: leaveStandby(at: now)
    case .standby: enterStandby(at: now)
    }
    for id in tunnels.keys { reconcile(id, at: now) }
    ownLinks.touchAll()
    reconcilePeers(at: now)
  }

  private mutating func enterStandby(at now: Instant) {
    renegotiator.becomeStandby()
    for id in tunnels.keys { tunnels[id]?.owesNegotiation = false }
    badSPI.endCapture(&out)
    for id in monitors.keys.sorted() {
      guard let monitor = monitors[id] else { continue }
      if monitor.absentUntil != nil {
        endAbsence(id, at: now)
      } else if monitor.phase != .incomplete, tunnels[monitor.tunnel]?.monitor != nil {
        standBy(id)
      }
    }
    for id in tunnels.keys {
      tunnels[id]?.heldUntil = nil
      // What is proven or not is found anew by who becomes active.
      note(failure: nil, of: id)
      for index in tunnels[id]?.lost.indices ?? 0..<0 { tunnels[id]?.lost[index].forgetFailure() }
    }
  }

  private mutating func leaveStandby(at now: Instant) {
    for id in monitors.keys.sorted() where monitors[id]?.phase == .standby {
      startFresh(id, isSpread: true, because: .becameActive, at: now)
    }
  }

  /// A set is watched, and nothing is made of it.
  mutating func standBy(_ id: MonitorID) {
    if monitors[id]?.path?.way.needsSocket == true { out.send(.probe(.end(id))) }
    monitors[id]?.enter(.standby, because: .standby)
    monitors[id]?.isAdopted = false
    monitors[id]?.isVerified = false
    monitors[id]?.obstacle = nil
    monitors[id]?.heldUntil = nil
    monitors[id]?.nextProbe = nil
    monitors[id]?.endClearPlan()
    endClearing(id)
    monitors[id]?.window.restart()
    schedule(id)
  }
}
