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
    var hub = Hub([Hub.template(Self.byName)])
    hub.boot(links: [Hub.link(1), Hub.link(2, "lan2")], routes: [Hub.route(1)])
    #expect(hub.summary == ["ipsec1 branches absent/held"])
    #expect(hub.steps.contains(.deleteRoute(Hub.route(1))))
    hub.addLink(3)
    #expect(hub.summary.last == "ipsec3 branches absent/held")
    #expect(hub.steps.contains(.setDormant(linkIndex: 103, true)))
  }

  @Test func onTrafficLeavesItInServiceUntilThen() {
    var hub = Hub([Hub.template(Self.byName, establish: .onTraffic)])
    hub.boot(links: [Hub.link(1)])
    #expect(hub.summary == ["ipsec1 branches idle/in-service"])
    hub.answering = false
    hub.negotiate(1)
    #expect(hub.summary == ["ipsec1 branches verifying/held"])
  }

  @Test func byIDAndByNameAlike() {
    var hub = Hub([Hub.template(.init(ifIDs: 2...4))])
    hub.boot(links: (1...5).map { Hub.link($0) })
    #expect(hub.tunnels.map(\.name) == ["ipsec2", "ipsec3", "ipsec4"])
  }

  @Test func byPeerFromTheFirstSA() {
    var hub = Hub([Hub.template(Self.byPeer)])
    hub.boot(links: [Hub.link(1), Hub.link(300)])
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
    var hub = Hub([Hub.template(match)])
    hub.boot(links: [Hub.link(1), Hub.link(2, "lan2"), Hub.link(10)])
    for number in [1, 2, 10] { hub.negotiate(number) }
    #expect(hub.tunnels.map(\.template) == ["branches", nil, nil])
  }

  @Test func tunnelsWithoutALinkFitByPeerAndIfIDOfTheirSAs() {
    var hub = Hub([Hub.template(.init(ifIDs: 5...6, peer: Self.byPeer.peer))])
    hub.boot()
    for number in [4, 5] { hub.negotiate(number) }
    #expect(hub.summary == ["10.0.0.4#4 - up/-", "10.0.0.5#5 branches verifying/-"])
    hub.delete(5)
    hub.wait(4)
    #expect(hub.summary == ["10.0.0.4#4 - up/-"])
  }

  @Test func theFirstInTheFileThatFits() {
    let special = Hub.template(.init(ifIDs: 2...2), "special", isMonitored: false)
    var hub = Hub([special, Hub.template(Self.byName)])
    hub.boot(links: [Hub.link(1), Hub.link(2)])
    hub.negotiate(2)
    #expect(hub.summary == ["ipsec1 branches absent/held", "ipsec2 special up/-"])
  }

  @Test func anEarlierTemplateTakesOverWhenItsPeerAppears() {
    let near = Hub.template(Self.byPeer, "near", establish: .onTraffic)
    var hub = Hub([near, Hub.template(Self.byName)])
    hub.boot(links: [Hub.link(1)])
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
    var hub = Hub([Hub.template(Self.byPeer)])
    hub.boot(links: [Hub.link(1)], routes: [Hub.route(1)])
    hub.answering = false
    hub.negotiate(1)
    #expect(hub.summary == ["ipsec1 branches verifying/held"])
    hub.delete(1)
    hub.forgetEffects()
    hub.negotiate(1, peer: 700)
    #expect(hub.summary == ["ipsec1 - up/-"])
    #expect(hub.steps.contains(.addRoute(Hub.route(1))))
    #expect(hub.steps.contains(.setDormant(linkIndex: 101, false)))
    #expect(hub.record == GateRecord())
  }

  @Test func configuredLinksAreNoTemplates() {
    let vpn = VPN(name: "hq", gateway: "hq", bindInterface: "ipsec1")
    var hub = Hub([Hub.template(Self.byName)], vpns: [vpn])
    hub.boot(links: [Hub.link(1), Hub.link(2)])
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
    var hub = Hub([Hub.template(.init(interface: NamePattern("*")))])
    hub.boot(links: [fallback, external])
    #expect(hub.summary == [])
    hub.negotiate(1)
    #expect(hub.summary == ["10.0.0.1#1 - up/-"])
  }

  @Test func aVTIForAnyPeerCarriesNoSAWithAnIfID() {
    let vti = Link(
      index: 9, name: "vti9",
      kind: .vti(
        local: Hub.local, remote: IPAddress(0, 0, 0, 0), inputKey: 0, outputKey: 0))
    var hub = Hub([])
    hub.boot(links: [vti, Hub.link(1)])
    hub.negotiate(1)
    #expect(hub.summary == ["ipsec1 - up/-"])
  }

  // MARK: A full tunnel

  @Test func isVerifiedClearedAlarmedAndRecovers() {
    var hub = Hub([Hub.template(Self.byName)])
    hub.boot(links: [Hub.link(1), Hub.link(2)])
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
    let clears = hub.effects.filter { if case .clear = $0 { true } else { false } }
    #expect(clears.count == 1)
    hub.answering = true
    hub.negotiate(1, serial: 1)
    hub.wait(1.1)
    #expect(hub.summary.first == "ipsec1 branches up/in-service")
    #expect(hub.tunnels.first?.failures == 1)
    #expect(hub.tunnels.first?.configured == false)
  }

  @Test func olderSAsAreAdopted() {
    var hub = Hub([Hub.template(Self.byName)])
    hub.boot(links: [Hub.link(1)], sas: Hub.pair(1))
    #expect(hub.summary == ["ipsec1 branches verifying/as-found"])
    #expect(hub.steps.isEmpty)
    hub.wait(2)
    #expect(hub.summary == ["ipsec1 branches up/in-service"])
  }

  @Test(arguments: [byName, byPeer])
  func whatAnEarlierRunHeldStaysHeld(match: Template.Match) {
    let record = GateRecord(links: [.init(name: "ipsec1", withdrawn: [Hub.route(1)])])
    var hub = Hub([Hub.template(match)], record: record)
    var link = Hub.link(1)
    (link.operationalState, link.isLinkModeDormant) = (.dormant, true)
    hub.boot(links: [link])
    #expect(hub.summary == ["ipsec1 branches absent/held"])
    #expect(!hub.steps.contains(.addRoute(Hub.route(1))))
    hub.negotiate(1)
    hub.wait(0.1)
    #expect(hub.summary == ["ipsec1 branches up/in-service"])
    #expect(hub.steps.contains(.addRoute(Hub.route(1))))
  }

  // MARK: Links come and go

  @Test func isForgottenWithItsLink() {
    var hub = Hub([Hub.template(Self.byName)])
    hub.boot(links: [Hub.link(1)], routes: [Hub.route(1)])
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
    var hub = Hub([Hub.template(Self.byName)])
    hub.boot(links: [Hub.link(1)])
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
    var hub = Hub([Hub.template(Self.byName)])
    hub.boot(links: [Hub.link(1)], routes: [Hub.route(1)])
    hub.forgetEffects()
    hub.rename(1, to: "ipsec-hq")
    #expect(hub.summary == ["ipsec-hq branches absent/held"])
    #expect(
      hub.record == GateRecord(links: [.init(name: "ipsec-hq", withdrawn: [Hub.route(1)])]))
    #expect(hub.steps.isEmpty)
    hub.negotiate(1)
    hub.wait(0.1)
    #expect(hub.summary == ["ipsec-hq branches up/in-service"])
    #expect(hub.steps.contains(.addRoute(Hub.route(1))))
    hub.rename(1, to: "ipsec1")
    #expect(hub.summary == ["ipsec1 branches up/in-service"])
  }

  @Test func aLinkRenamedAwayIsReleased() {
    var hub = Hub([Hub.template(Self.byName)])
    hub.boot(links: [Hub.link(1)], routes: [Hub.route(1)])
    hub.rename(1, to: "mine")
    #expect(hub.summary == [])
    #expect(hub.steps.contains(.addRoute(Hub.route(1))))
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
    var hub = Hub([Hub.template(Self.byName)], vpns: [vpn])
    hub.boot(links: [Hub.link(1)], routes: [Hub.route(1)])
    hub.forgetEffects()
    hub.rename(1, to: "hq0")
    #expect(hub.summary == ["hq - absent/held"])
    #expect(!hub.steps.contains(.addRoute(Hub.route(1))))
    #expect(hub.record == GateRecord(links: [.init(name: "hq0", withdrawn: [Hub.route(1)])]))
    hub.negotiate(1)
    hub.wait(0.1)
    #expect(hub.summary == ["hq - up/in-service"])
    #expect(hub.steps.contains(.addRoute(Hub.route(1))))
  }

  @Test func theOperatorsReleaseAtTheEndReachesThem() {
    var hub = Hub([Hub.template(Self.byName)])
    hub.boot(links: [Hub.link(1)], routes: [Hub.route(1)])
    hub.play(.shutdown(release: true))
    #expect(hub.steps.contains(.addRoute(Hub.route(1))))
    #expect(hub.record == GateRecord())
  }
}
