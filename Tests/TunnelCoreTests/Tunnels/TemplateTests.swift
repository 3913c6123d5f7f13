import Testing
import TunnelCore

@Suite struct TemplateTests {
  static let byName = Template.Match(interface: NamePattern("ipsec*"))
  static let byPeer = Template.Match(peer: IPPrefix(IPAddress(10, 0, 0, 0), length: 24))

  @Test(arguments: [
    ("ipsec*", "ipsec0", true), ("ipsec*", "ipsec", true), ("ipsec*", "xipsec0", false),
    ("ipsec?", "ipsec0", true), ("ipsec?", "ipsec10", false), ("*", "", true), ("", "a", false),
    ("*-a*b", "x-aab", true), ("*-a*b", "x-aa", false), ("i*c?*1", "ipsec21", true),
    ("[a]", "a", false), ("???", "äöü", true),
  ])
  func patterns(pattern: String, name: String, fits: Bool) {
    #expect(NamePattern(pattern).matches(name) == fits)
  }

  // MARK: What fits

  @Test func aLinkThatFitsIsHeldBeforeItsFirstSA() {
    var hub = ManyTunnels([ManyTunnels.template(Self.byName)])
    hub.boot(
      links: [ManyTunnels.link(1), ManyTunnels.link(2, "lan2")], routes: [ManyTunnels.route(1)])
    #expect(hub.summary == ["ipsec1 branches absent/held"])
    #expect(hub.steps.contains(.deleteRoute(ManyTunnels.route(1))))
    hub.addLink(3)
    #expect(hub.summary.last == "ipsec3 branches absent/held")
    #expect(hub.steps.contains(.setDormant(linkIndex: 103, true)))
  }

  @Test func onTrafficLeavesItInServiceUntilThen() {
    var hub = ManyTunnels([ManyTunnels.template(Self.byName, establish: .onTraffic)])
    hub.boot(links: [ManyTunnels.link(1)])
    #expect(hub.summary == ["ipsec1 branches idle/in-service"])
    hub.answering = false
    hub.negotiate(1)
    #expect(hub.summary == ["ipsec1 branches verifying/held"])
  }

  @Test func byIDAndByNameAlike() {
    var hub = ManyTunnels([ManyTunnels.template(.init(ifIDs: 2...4))])
    hub.boot(links: (1...5).map { ManyTunnels.link($0) })
    #expect(hub.tunnels.map(\.name) == ["ipsec2", "ipsec3", "ipsec4"])
  }

  @Test func byPeerFromTheFirstSA() {
    var hub = ManyTunnels([ManyTunnels.template(Self.byPeer)])
    hub.boot(links: [ManyTunnels.link(1), ManyTunnels.link(300)])
    #expect(hub.summary == [])
    hub.negotiate(1)
    hub.negotiate(300)
    hub.wait(0.1)
    #expect(hub.summary == ["ipsec1 branches up/in-service", "ipsec300 - up/-"])
    hub.delete(1)
    hub.wait(4)
    #expect(hub.summary.first == "ipsec1 branches absent/held")
  }

  @Test func everyMatchMustHold() {
    let match = Template.Match(
      interface: NamePattern("ipsec*"), ifIDs: 1...9, peer: Self.byPeer.peer)
    var hub = ManyTunnels([ManyTunnels.template(match)])
    hub.boot(links: [ManyTunnels.link(1), ManyTunnels.link(2, "lan2"), ManyTunnels.link(10)])
    for number in [1, 2, 10] { hub.negotiate(number) }
    #expect(hub.tunnels.map(\.template) == ["branches", nil, nil])
  }

  @Test func tunnelsWithoutALinkFitByPeerAndIfIDOfTheirSAs() {
    var hub = ManyTunnels([ManyTunnels.template(.init(ifIDs: 5...6, peer: Self.byPeer.peer))])
    hub.boot()
    for number in [4, 5] { hub.negotiate(number) }
    #expect(hub.summary == ["10.0.0.4#4 - up/-", "10.0.0.5#5 branches verifying/-"])
    hub.delete(5)
    hub.wait(4)
    #expect(hub.summary == ["10.0.0.4#4 - up/-"])
  }

  @Test func theFirstInTheFileThatFits() {
    let special = ManyTunnels.template(.init(ifIDs: 2...2), "special", isMonitored: false)
    var hub = ManyTunnels([special, ManyTunnels.template(Self.byName)])
    hub.boot(links: [ManyTunnels.link(1), ManyTunnels.link(2)])
    hub.negotiate(2)
    #expect(hub.summary == ["ipsec1 branches absent/held", "ipsec2 special up/-"])
  }

  @Test func anEarlierTemplateTakesOverWhenItsPeerAppears() {
    let near = ManyTunnels.template(Self.byPeer, "near", establish: .onTraffic)
    var hub = ManyTunnels([near, ManyTunnels.template(Self.byName)])
    hub.boot(links: [ManyTunnels.link(1)])
    #expect(hub.summary == ["ipsec1 branches absent/held"])
    hub.negotiate(1)
    hub.wait(0.1)
    #expect(hub.summary == ["ipsec1 near up/in-service"])
    hub.delete(1)
    hub.wait(4)
    #expect(hub.summary == ["ipsec1 near idle/in-service"])
    hub.negotiate(1, peer: 700)
    hub.wait(0.1)
    #expect(hub.summary == ["ipsec1 branches up/in-service"])
  }

  @Test func aPeerThatNoLongerFitsLetsTheLinkGo() {
    var hub = ManyTunnels([ManyTunnels.template(Self.byPeer)])
    hub.boot(links: [ManyTunnels.link(1)], routes: [ManyTunnels.route(1)])
    hub.answering = false
    hub.negotiate(1)
    #expect(hub.summary == ["ipsec1 branches verifying/held"])
    hub.delete(1)
    hub.forgetEffects()
    hub.negotiate(1, peer: 700)
    #expect(hub.summary == ["ipsec1 - up/-"])
    #expect(hub.steps.contains(.addRoute(ManyTunnels.route(1))))
    #expect(hub.steps.contains(.setDormant(linkIndex: 101, false)))
    #expect(hub.record == GateRecord())
  }

  @Test func configuredLinksAreNoTemplates() {
    let vpn = VPN(name: "hq", gateway: "hq", bindInterface: "ipsec1")
    var hub = ManyTunnels([ManyTunnels.template(Self.byName)], vpns: [vpn])
    hub.boot(links: [ManyTunnels.link(1), ManyTunnels.link(2)])
    hub.negotiate(1, peer: 9)
    #expect(
      hub.summary == ["hq - idle/-", "ipsec2 branches absent/held", "ipsec1 - up/-"])
    #expect(!hub.steps.contains(.setDormant(linkIndex: 101, true)))
  }

  @Test func fallbackDevicesAndOtherLinksAreNobodysTunnel() {
    let any = IPAddress(0, 0, 0, 0)
    let fallback = Link(
      index: 9, name: "ip_vti0", kind: .vti(local: any, remote: any, inputKey: 0, outputKey: 0))
    let external = Link(index: 10, name: "xfrm9", kind: .xfrm(ifID: 0))
    var hub = ManyTunnels([ManyTunnels.template(.init(interface: NamePattern("*")))])
    hub.boot(links: [fallback, external])
    #expect(hub.summary == [])
    hub.negotiate(1)
    #expect(hub.summary == ["10.0.0.1#1 - up/-"])
  }

  @Test func aVTIForAnyPeerCarriesNoSAWithAnIfID() {
    let vti = Link(
      index: 9, name: "vti9",
      kind: .vti(
        local: ManyTunnels.local, remote: IPAddress(0, 0, 0, 0), inputKey: 0, outputKey: 0))
    var hub = ManyTunnels([])
    hub.boot(links: [vti, ManyTunnels.link(1)])
    hub.negotiate(1)
    #expect(hub.summary == ["ipsec1 - up/-"])
  }

  // MARK: A full tunnel

  @Test func isVerifiedClearedAlarmedAndRecovers() {
    var hub = ManyTunnels([ManyTunnels.template(Self.byName)])
    hub.boot(links: [ManyTunnels.link(1), ManyTunnels.link(2)])
    hub.negotiate(1)
    hub.wait(0.1)
    #expect(hub.summary == ["ipsec1 branches up/in-service", "ipsec2 branches absent/held"])
    #expect(hub.alarms.count == 1)
    hub.answering = false
    hub.wait(7)
    #expect(hub.summary.first == "ipsec1 branches down/held")
    #expect(
      hub.alarms.last?.hasPrefix(
        "KMD_VPN_DOWN_ALARM_USER: VPN ipsec1 from 10.0.0.1 is down.") == true)
    let clears = hub.effects.filter { if case .sa(.clear) = $0 { true } else { false } }
    #expect(clears.count == 1)
    hub.answering = true
    hub.negotiate(1, serial: 1)
    hub.wait(1.1)
    #expect(hub.summary.first == "ipsec1 branches up/in-service")
    #expect(hub.tunnels.first?.failures == 1)
    #expect(hub.tunnels.first?.configured == false)
  }

  @Test func olderSAsAreAdopted() {
    var hub = ManyTunnels([ManyTunnels.template(Self.byName)])
    hub.boot(links: [ManyTunnels.link(1)], sas: ManyTunnels.pair(1))
    #expect(hub.summary == ["ipsec1 branches verifying/as-found"])
    #expect(hub.steps.isEmpty)
    hub.wait(2)
    #expect(hub.summary == ["ipsec1 branches up/in-service"])
  }

  @Test(arguments: [byName, byPeer])
  func whatAnEarlierRunHeldStaysHeld(match: Template.Match) {
    let record = GateRecord(links: [.init(name: "ipsec1", withdrawn: [ManyTunnels.route(1)])])
    var hub = ManyTunnels([ManyTunnels.template(match)], record: record)
    var link = ManyTunnels.link(1)
    (link.operationalState, link.isLinkModeDormant) = (.dormant, true)
    hub.boot(links: [link])
    #expect(hub.summary == ["ipsec1 branches absent/held"])
    #expect(!hub.steps.contains(.addRoute(ManyTunnels.route(1))))
    hub.negotiate(1)
    hub.wait(0.1)
    #expect(hub.summary == ["ipsec1 branches up/in-service"])
    #expect(hub.steps.contains(.addRoute(ManyTunnels.route(1))))
  }

  // MARK: Links come and go

  @Test func isForgottenWithItsLink() {
    var hub = ManyTunnels([ManyTunnels.template(Self.byName)])
    hub.boot(links: [ManyTunnels.link(1)], routes: [ManyTunnels.route(1)])
    hub.negotiate(1)
    hub.wait(0.1)
    hub.delete(1)
    hub.wait(4)
    #expect(hub.summary == ["ipsec1 branches absent/held"])
    #expect(hub.alarms.count == 2)
    hub.forgetEffects()
    hub.deleteLink(1)
    #expect(hub.summary == [])
    #expect(hub.record == GateRecord())
    #expect(hub.steps.contains { if case .deleteUnreachable = $0 { true } else { false } })
    hub.wait(100)
    hub.addLink(1)
    #expect(hub.summary == ["ipsec1 branches absent/held"])
  }

  @Test func aLinkDeletedUnderItsSAsIsAlarmed() {
    var hub = ManyTunnels([ManyTunnels.template(Self.byName)])
    hub.boot(links: [ManyTunnels.link(1)])
    hub.negotiate(1)
    hub.wait(0.1)
    hub.deleteLink(1)
    #expect(hub.summary == ["10.0.0.1#1 - up/-"])
    #expect(hub.alarms.last?.contains("VPN ipsec1 from 10.0.0.1 is down") == true)
    hub.addLink(1)
    hub.wait(0.1)
    #expect(hub.summary == ["ipsec1 branches up/in-service"])
  }

  @Test func aRenamedLinkStaysHeldUnderItsNewName() {
    var hub = ManyTunnels([ManyTunnels.template(Self.byName)])
    hub.boot(links: [ManyTunnels.link(1)], routes: [ManyTunnels.route(1)])
    hub.forgetEffects()
    hub.rename(1, to: "ipsec-hq")
    #expect(hub.summary == ["ipsec-hq branches absent/held"])
    #expect(
      hub.record == GateRecord(links: [.init(name: "ipsec-hq", withdrawn: [ManyTunnels.route(1)])]))
    #expect(hub.steps.isEmpty)
    hub.negotiate(1)
    hub.wait(0.1)
    #expect(hub.summary == ["ipsec-hq branches up/in-service"])
    #expect(hub.steps.contains(.addRoute(ManyTunnels.route(1))))
    hub.rename(1, to: "ipsec1")
    #expect(hub.summary == ["ipsec1 branches up/in-service"])
  }

  @Test func aLinkRenamedAwayIsReleased() {
    var hub = ManyTunnels([ManyTunnels.template(Self.byName)])
    hub.boot(links: [ManyTunnels.link(1)], routes: [ManyTunnels.route(1)])
    hub.rename(1, to: "mine")
    #expect(hub.summary == [])
    #expect(hub.steps.contains(.addRoute(ManyTunnels.route(1))))
    #expect(hub.steps.last == .setDormant(linkIndex: 101, false))
    #expect(hub.record == GateRecord())
    hub.rename(1, to: "ipsec1")
    #expect(hub.summary == ["ipsec1 branches absent/held"])
  }

  @Test func aLinkRenamedToAConfiguredNameKeepsItsRoutesAway() {
    let monitor = Monitor(interval: .seconds(1), threshold: 3, verifyPath: .init())
    let vpn = VPN(
      name: "hq", gateway: "hq", bindInterface: "hq0", establishTunnels: .immediately,
      monitor: monitor)
    var hub = ManyTunnels([ManyTunnels.template(Self.byName)], vpns: [vpn])
    hub.boot(links: [ManyTunnels.link(1)], routes: [ManyTunnels.route(1)])
    hub.forgetEffects()
    hub.rename(1, to: "hq0")
    #expect(hub.summary == ["hq - absent/held"])
    #expect(!hub.steps.contains(.addRoute(ManyTunnels.route(1))))
    #expect(
      hub.record == GateRecord(links: [.init(name: "hq0", withdrawn: [ManyTunnels.route(1)])]))
    hub.negotiate(1)
    hub.wait(0.1)
    #expect(hub.summary == ["hq - up/in-service"])
    #expect(hub.steps.contains(.addRoute(ManyTunnels.route(1))))
  }

  @Test func theOperatorsReleaseAtTheEndReachesThem() {
    var hub = ManyTunnels([ManyTunnels.template(Self.byName)])
    hub.boot(links: [ManyTunnels.link(1)], routes: [ManyTunnels.route(1)])
    hub.play(.shutdown(release: true))
    #expect(hub.steps.contains(.addRoute(ManyTunnels.route(1))))
    #expect(hub.record == GateRecord())
  }
}
