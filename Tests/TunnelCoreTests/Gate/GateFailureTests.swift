import Testing
import TunnelCore

/// What becomes of a gate when steps fail, links go, and the agent ends or starts in between.
@Suite struct GateFailureTests {
  @Test func releaseOpensAGateInServiceWhoseLinkIsDown() {
    var bench = SingleTunnel.inService(SingleTunnel(routes: [SingleTunnel.far16]), after: 0.5)
    bench.link.isAdminUp = false
    bench.play(.kernel(.link(bench.link)))
    bench.forgetTrace()
    bench.play(.shutdown(release: true))
    #expect(bench.steps.contains(.deleteUnreachable(GateTests.unreachable)))
  }

  @Test func aStandInThatCannotBeRemovedIsTriedAgain() {
    var bench = SingleTunnel.inService(after: 0.5)
    let step = GateStep.deleteUnreachable(GateTests.unreachable)
    bench.play(.gateFailed(.step(link: "vti0", step, message: "no buffer space")))
    bench.wait(1.5)
    #expect(bench.steps == [step])
  }

  @Test func anOwnedRouteThatCannotBeRemovedFromAHeldLinkIsTriedAgain() {
    var bench = SingleTunnel.inService(SingleTunnel(routes: [SingleTunnel.far16]), after: 0.5)
    bench.answering = false
    bench.wait(4)
    let step = GateStep.deleteLinkRoute(GateTests.owned, linkIndex: 7)
    #expect(bench.steps.contains(step))
    bench.forgetTrace()
    bench.play(.gateFailed(.step(link: "vti0", step, message: "no buffer space")))
    bench.wait(1.5)
    #expect(bench.steps == [step])
  }

  @Test func aFullDiskIsNoContest() throws {
    var bench = SingleTunnel()
    bench.boot()
    let plan = try #require(bench.plans.first)
    for _ in 0..<6 {
      bench.play(.gateFailed(.record(link: "vti0", message: "disk full")))
      for step in plan.steps {
        bench.play(.gateFailed(.step(link: "vti0", step, message: "the record was not written")))
      }
      bench.forgetTrace()
      bench.wait(70)
      #expect(bench.steps.contains(.deleteRoute(SingleTunnel.farRoute)))
    }
  }

  @Test func aRecordThatCannotBeWrittenIsAlarmedOnceAndWhenItIsAgain() {
    var bench = SingleTunnel()
    bench.boot()
    for _ in 0..<3 {
      bench.play(.gateFailed(.record(link: "vti0", message: "disk full")))
      bench.wait(70)
    }
    for _ in 0..<2 { bench.play(.recordWritten) }
    let alarms = bench.trace.compactMap { _, effect in
      if case .tell(.recordAlarm(let alarm)) = effect {
        "\(alarm.level.rawValue) \(alarm)"
      } else {
        nil
      }
    }
    #expect(
      alarms == [
        "error VPN_RECORD_FAILED: the record of held links cannot be written: disk full. Links are "
          + "held without it; multipath routes, nexthop groups and admin flags stay as they are",
        "info VPN_RECORD_FAILED is over: the record of held links is written again",
      ])
  }

  @Test func anOperstateThatTheKernelRefusesIsNotGivenUp() {
    var bench = SingleTunnel()
    bench.boot()
    let step = GateStep.setDormant(linkIndex: 7, true)
    var core = bench.core
    var now = bench.instant
    var effects = core.handle(.kernel(.link(SingleTunnel.link(dormant: false))), at: now)
    for _ in 0..<20 {
      let asks = effects.contains {
        if case .gate(.change(let plan)) = $0 { plan.steps == [step] } else { false }
      }
      #expect(asks)
      _ = core.handle(.gateFailed(.step(link: "vti0", step, message: "device busy")), at: now)
      now = core.nextDeadline ?? now
      effects = core.handle(.tick, at: now)
    }
  }

  @Test func aRouteThatIsNotBackStaysOnRecord() {
    var bench = SingleTunnel.inService(after: 0.5)
    bench.play(
      .gateFailed(.step(link: "vti0", .addRoute(SingleTunnel.farRoute), message: "no such device")))
    let record = GateRecord(links: [.init(name: "vti0", withdrawn: [SingleTunnel.farRoute])])
    #expect(bench.plans.first?.recordBefore == record)
  }

  @Test func routesOfALinkThatIsDeletedAreNotPutBackThroughItsSuccessor() {
    var bench = SingleTunnel()
    bench.boot()
    #expect(bench.tunnel?.withdrawn == ["10.2.0.0/16"])
    bench.play(.kernel(.linkDeleted(index: 7)))
    #expect(bench.tunnel?.withdrawn == [])
    let empty = GateRecord(links: [.init(name: "vti0", withdrawn: [])])
    #expect(bench.plans.last?.recordBefore == empty)
    bench.answering = true
    bench.replyLink = 9
    bench.link = SingleTunnel.link(index: 9)
    bench.play(.kernel(.link(bench.link)))
    bench.negotiate(1)
    bench.wait(70)
    #expect(bench.state == "up/in-service/U")
    #expect(!bench.steps.contains(.addRoute(SingleTunnel.farRoute)))
  }

  @Test func noRouteIsWithdrawnWhileTheFailureOfItsRecordIsUnheard() throws {
    var bench = SingleTunnel()
    bench.boot()
    let plan = try #require(bench.plans.first)
    bench.forgetTrace()
    // The record of that plan failed, but a dump of routes comes first.
    bench.play(.routes([SingleTunnel.farRoute]))
    #expect(bench.steps.last == .deleteRoute(SingleTunnel.farRoute))
    #expect(bench.plans.first?.recordBefore == plan.recordBefore)
  }

  @Test func aFailureHeardLateLosesNoRoute() {
    var bench = SingleTunnel()
    bench.boot()
    // That plan's withdrawal failed; another one succeeded before the failure was heard.
    bench.play(.routes([SingleTunnel.farRoute]))
    bench.play(.kernel(.routeDeleted(SingleTunnel.farRoute)))
    bench.play(
      .gateFailed(.step(link: "vti0", .deleteRoute(SingleTunnel.farRoute), message: "try again")))
    // It counts as there until the next attempt, which finds it gone, and never leaves the record.
    bench.forgetTrace()
    bench.wait(1.5)
    #expect(bench.steps == [.deleteRoute(SingleTunnel.farRoute)])
    let record = GateRecord(links: [.init(name: "vti0", withdrawn: [SingleTunnel.farRoute])])
    #expect(bench.plans.map(\.recordBefore) == [record])
    #expect(bench.tunnel?.withdrawn == ["10.2.0.0/16"])
  }

  @Test func aLinkEventThatWasLostIsNotWaitedFor() {
    var bench = SingleTunnel()
    bench.boot()
    var core = bench.core
    // DORMANT is asked for again, done and undone, and nothing of it is heard.
    _ = core.handle(.kernel(.link(SingleTunnel.link(dormant: false))), at: bench.instant)
    let snapshot = Snapshot(
      links: [SingleTunnel.underlay, SingleTunnel.link()], addresses: SingleTunnel.addresses)
    let effects = core.handle(.snapshot(snapshot), at: bench.instant)
    let asks = effects.contains {
      if case .gate(.change(let plan)) = $0 {
        plan.steps.contains(.setDormant(linkIndex: 7, true))
      } else {
        false
      }
    }
    #expect(asks)
  }

  @Test func routesAreReadAfterTheStepsAreTaken() throws {
    var bench = SingleTunnel.inService(SingleTunnel(routes: [SingleTunnel.far16]), after: 0.5)
    bench.link.isAdminUp = false
    bench.play(.kernel(.link(bench.link)))
    #expect(bench.steps == [.addUnreachable(GateTests.unreachable)])
    #expect(bench.trace.last?.effect == .gate(.readRoutes))
  }

  @Test func aRouteRemovedBeforeItCouldBeWithdrawnDoesNotComeBack() {
    var bench = SingleTunnel()
    bench.boot()
    bench.play(
      .gateFailed(.step(link: "vti0", .deleteRoute(SingleTunnel.farRoute), message: "try again")))
    bench.play(.kernel(.routeDeleted(SingleTunnel.farRoute)))
    #expect(bench.tunnel?.withdrawn == [])
  }

  @Test func aRouteThatWentDownWithItsLinkBeforeItCouldBeWithdrawnDoesNotComeBack() {
    var bench = SingleTunnel()
    bench.boot()
    bench.play(
      .gateFailed(.step(link: "vti0", .deleteRoute(SingleTunnel.farRoute), message: "try again")))
    bench.link.isAdminUp = false
    bench.play(.kernel(.link(bench.link)))
    #expect(bench.tunnel?.withdrawn == [])
    let empty = GateRecord(links: [.init(name: "vti0", withdrawn: [])])
    #expect(bench.plans.last?.recordBefore == empty)
  }

  @Test func aRouteThatCouldNotBeWithdrawnIsNotPutBack() {
    var bench = SingleTunnel()
    bench.boot()
    bench.answering = true
    bench.negotiate(1)
    bench.play(
      .gateFailed(.step(link: "vti0", .deleteRoute(SingleTunnel.farRoute), message: "try again")))
    bench.forgetTrace()
    bench.wait(0.5)
    #expect(bench.state == "up/in-service/U")
    #expect(!bench.steps.contains(.addRoute(SingleTunnel.farRoute)))
    #expect(bench.tunnel?.withdrawn == [])
    bench.answering = false
    bench.wait(5)
    #expect(bench.steps.contains(.deleteRoute(SingleTunnel.farRoute)))
  }

  @Test func theStandInGoesWithARouteThatIsRemovedFromARenamedLink() {
    var bench = SingleTunnel()
    bench.boot()
    bench.link.name = "old0"
    bench.play(.kernel(.link(bench.link)))
    bench.play(.kernel(.route(SingleTunnel.farRoute)))
    bench.play(.kernel(.routeDeleted(SingleTunnel.farRoute)))
    #expect(bench.steps.contains(.deleteUnreachable(GateTests.unreachable)))
  }

  /// Its new name is told by an event, or seen after lost ones.
  @Test(arguments: [false, true])
  func whatWasTakenFromALinkThatIsRenamedIsGivenBack(isDumped: Bool) throws {
    var bench = SingleTunnel()
    bench.boot()
    #expect(bench.link.isLinkModeDormant)
    bench.forgetTrace()
    bench.link.name = "old0"
    let standIn = Route(
      identity: GateTests.unreachable, kind: .unreachable, routeProtocol: Route.agentProtocol,
      linkIndex: nil)
    let snapshot = Snapshot(
      links: [SingleTunnel.underlay, bench.link], addresses: SingleTunnel.addresses,
      routes: [standIn])
    bench.play(isDumped ? .snapshot(snapshot) : .kernel(.link(bench.link)))
    #expect(bench.steps.contains(.addRoute(SingleTunnel.farRoute)))
    #expect(bench.steps.contains(.deleteUnreachable(GateTests.unreachable)))
    #expect(bench.steps.contains(.setDormant(linkIndex: 7, false)))
    let plan = try #require(bench.plans.last)
    let record = try #require(plan.recordAfter ?? plan.recordBefore)
    #expect(record.links.flatMap(\.withdrawn).isEmpty)
  }

  // MARK: The end, where nothing is asked of a gate

  /// IPv6 SAs that are older than the agent and do not answer: the link is as found but for what
  /// their probes need.
  @Test(arguments: [false, true])
  func releaseRemovesWhatProbesOfAnAdoptedTunnelNeeded(isNeededNoMore: Bool) {
    let far = OwnLinkRouteTests.far
    let inner = InterfaceAddress(
      linkIndex: 7, address: OwnLinkRouteTests.inner, prefixLength: 64)
    var bench = SingleTunnel(
      Monitor(
        interval: .seconds(1), threshold: 3, destinations: [far],
        verifyPath: .init(destinations: [far])))
    bench.boot(sas: SingleTunnel.pair(1), more: [inner])
    bench.wait(0.5)
    #expect(bench.state == "verifying/as-found/V")
    let route = Route.Identity(
      table: Route.probeTable, destination: IPPrefix(host: far), metric: 7)
    let rule = ProbeRule(link: "vti0")
    #expect(bench.steps == [.addLinkRoute(route, linkIndex: 7), .addRule(rule)])
    bench.forgetTrace()
    if isNeededNoMore {
      let wider = Route.Identity(table: 254, destination: .any(.ipv6), metric: 1024)
      bench.play(.kernel(.route(Route(identity: wider, linkIndex: 7))))
    }
    bench.play(.shutdown(release: true))
    #expect(Set(bench.steps) == [.deleteLinkRoute(route, linkIndex: 7), .deleteRule(rule)])
  }

  /// Its VPN is gone, or it does not fit any more.
  @Test(arguments: [true, false])
  func releasePutsBackWhatAnAbandonedGateCouldNot(isUnfit: Bool) {
    var bench = SingleTunnel()
    bench.boot()
    bench.forgetTrace()
    if isUnfit {
      bench.link.hasSAsElsewhere = true
      bench.play(.kernel(.link(bench.link)))
    } else {
      bench.reload { $0.vpns = [] }
    }
    let step = GateStep.addRoute(SingleTunnel.farRoute)
    #expect(bench.steps.contains(step))
    bench.play(.gateFailed(.step(link: "vti0", step, message: "network is down")))
    bench.forgetTrace()
    bench.play(.shutdown(release: true))
    #expect(bench.steps.contains(step))
    #expect(bench.plans.last?.recordAfter == GateRecord())
  }
}
