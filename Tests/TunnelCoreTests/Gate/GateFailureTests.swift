import Testing
import TunnelCore

/// What becomes of a gate when steps fail, links go, and the agent ends or starts in between.
@Suite struct GateFailureTests {
  @Test func releaseOpensAGateInServiceWhoseLinkIsDown() {
    var bench = Bench.inService(Bench(routes: [Bench.far16]), after: 0.5)
    bench.link.isAdminUp = false
    bench.play(.link(bench.link))
    bench.forgetTrace()
    bench.play(.shutdown(release: true))
    #expect(bench.steps.contains(.deleteUnreachable(GateTests.unreachable)))
  }

  @Test func aStandInThatCannotBeRemovedIsTriedAgain() {
    var bench = Bench.inService(after: 0.5)
    let step = GateStep.deleteUnreachable(GateTests.unreachable)
    bench.play(.gateFailed(.step(link: "vti0", step, message: "no buffer space")))
    bench.wait(1.5)
    #expect(bench.steps == [step])
  }

  @Test func anOwnedRouteThatCannotBeRemovedFromAHeldLinkIsTriedAgain() {
    var bench = Bench.inService(Bench(routes: [Bench.far16]), after: 0.5)
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
    var bench = Bench()
    bench.boot()
    let plan = try #require(bench.plans.first)
    for _ in 0..<6 {
      bench.play(.gateFailed(.record(link: "vti0", message: "disk full")))
      for step in plan.steps {
        bench.play(.gateFailed(.step(link: "vti0", step, message: "the record was not written")))
      }
      bench.forgetTrace()
      bench.wait(70)
      #expect(bench.steps.contains(.deleteRoute(Bench.farRoute)))
    }
  }

  @Test func anOperstateThatTheKernelRefusesIsNotGivenUp() {
    var bench = Bench()
    bench.boot()
    let step = GateStep.setDormant(linkIndex: 7, true)
    var core = bench.core
    var now = bench.instant
    var effects = core.handle(.link(Bench.link(dormant: false)), at: now)
    for _ in 0..<20 {
      let asks = effects.contains {
        if case .changeGate(let plan) = $0 { plan.steps == [step] } else { false }
      }
      #expect(asks)
      _ = core.handle(.gateFailed(.step(link: "vti0", step, message: "device busy")), at: now)
      now = core.nextDeadline ?? now
      effects = core.handle(.tick, at: now)
    }
  }

  @Test func aRouteThatIsNotBackStaysOnRecord() {
    var bench = Bench.inService(after: 0.5)
    bench.play(
      .gateFailed(.step(link: "vti0", .addRoute(Bench.farRoute), message: "no such device")))
    let record = GateRecord(links: [.init(name: "vti0", withdrawn: [Bench.farRoute])])
    #expect(bench.plans.first?.recordBefore == record)
  }

  @Test func routesOfALinkThatIsDeletedAreNotPutBackThroughItsSuccessor() {
    var bench = Bench()
    bench.boot()
    #expect(bench.tunnel?.withdrawn == ["10.2.0.0/16"])
    bench.play(.linkDeleted(index: 7))
    #expect(bench.tunnel?.withdrawn == [])
    let empty = GateRecord(links: [.init(name: "vti0", withdrawn: [])])
    #expect(bench.plans.last?.recordBefore == empty)
    bench.answering = true
    bench.replyLink = 9
    bench.link = Bench.link(index: 9)
    bench.play(.link(bench.link))
    bench.negotiate(1)
    bench.wait(70)
    #expect(bench.state == "up/in-service/U")
    #expect(!bench.steps.contains(.addRoute(Bench.farRoute)))
  }

  @Test func noRouteIsWithdrawnWhileTheFailureOfItsRecordIsUnheard() throws {
    var bench = Bench()
    bench.boot()
    let plan = try #require(bench.plans.first)
    bench.forgetTrace()
    // The record of that plan failed, but a dump of routes comes first.
    bench.play(.routes([Bench.farRoute]))
    #expect(bench.steps.last == .deleteRoute(Bench.farRoute))
    #expect(bench.plans.first?.recordBefore == plan.recordBefore)
  }

  @Test func aFailureHeardLateLosesNoRoute() {
    var bench = Bench()
    bench.boot()
    // That plan's withdrawal failed; another one succeeded before the failure was heard.
    bench.play(.routes([Bench.farRoute]))
    bench.play(.routeDeleted(Bench.farRoute))
    bench.play(
      .gateFailed(.step(link: "vti0", .deleteRoute(Bench.farRoute), message: "try again")))
    // It counts as there until the next attempt, which finds it gone, and never leaves the record.
    bench.forgetTrace()
    bench.wait(1.5)
    #expect(bench.steps == [.deleteRoute(Bench.farRoute)])
    let record = GateRecord(links: [.init(name: "vti0", withdrawn: [Bench.farRoute])])
    #expect(bench.plans.map(\.recordBefore) == [record])
    #expect(bench.tunnel?.withdrawn == ["10.2.0.0/16"])
  }

  @Test func aLinkEventThatWasLostIsNotWaitedFor() {
    var bench = Bench()
    bench.boot()
    var core = bench.core
    // DORMANT is asked for again, done and undone, and nothing of it is heard.
    _ = core.handle(.link(Bench.link(dormant: false)), at: bench.instant)
    let snapshot = Snapshot(links: [Bench.underlay, Bench.link()], addresses: Bench.addresses)
    let effects = core.handle(.snapshot(snapshot), at: bench.instant)
    let asks = effects.contains {
      if case .changeGate(let plan) = $0 {
        plan.steps.contains(.setDormant(linkIndex: 7, true))
      } else {
        false
      }
    }
    #expect(asks)
  }

  @Test func routesAreReadAfterTheStepsAreTaken() throws {
    var bench = Bench.inService(Bench(routes: [Bench.far16]), after: 0.5)
    bench.link.isAdminUp = false
    bench.play(.link(bench.link))
    #expect(bench.steps == [.addUnreachable(GateTests.unreachable)])
    #expect(bench.trace.last?.effect == .readRoutes)
  }

  @Test func aRouteRemovedBeforeItCouldBeWithdrawnDoesNotComeBack() {
    var bench = Bench()
    bench.boot()
    bench.play(
      .gateFailed(.step(link: "vti0", .deleteRoute(Bench.farRoute), message: "try again")))
    bench.play(.routeDeleted(Bench.farRoute))
    #expect(bench.tunnel?.withdrawn == [])
  }

  @Test func aRouteThatWentDownWithItsLinkBeforeItCouldBeWithdrawnDoesNotComeBack() {
    var bench = Bench()
    bench.boot()
    bench.play(
      .gateFailed(.step(link: "vti0", .deleteRoute(Bench.farRoute), message: "try again")))
    bench.link.isAdminUp = false
    bench.play(.link(bench.link))
    #expect(bench.tunnel?.withdrawn == [])
    let empty = GateRecord(links: [.init(name: "vti0", withdrawn: [])])
    #expect(bench.plans.last?.recordBefore == empty)
  }

  @Test func aRouteThatCouldNotBeWithdrawnIsNotPutBack() {
    var bench = Bench()
    bench.boot()
    bench.answering = true
    bench.negotiate(1)
    bench.play(
      .gateFailed(.step(link: "vti0", .deleteRoute(Bench.farRoute), message: "try again")))
    bench.forgetTrace()
    bench.wait(0.5)
    #expect(bench.state == "up/in-service/U")
    #expect(!bench.steps.contains(.addRoute(Bench.farRoute)))
    #expect(bench.tunnel?.withdrawn == [])
    bench.answering = false
    bench.wait(5)
    #expect(bench.steps.contains(.deleteRoute(Bench.farRoute)))
  }

  @Test func theStandInGoesWithARouteThatIsRemovedFromARenamedLink() {
    var bench = Bench()
    bench.boot()
    bench.play(.link(Bench.link(dormant: true, name: "old0")))
    bench.play(.route(Bench.farRoute))
    bench.play(.routeDeleted(Bench.farRoute))
    #expect(bench.steps.last == .deleteUnreachable(GateTests.unreachable))
  }
}
