import Testing

@testable import TunnelCore

/// What an event names is found without a walk over all tunnels: the same things must be found as by one.
@Suite struct FoundByNameTests {
  static let (old, new) = (IPAddress(10, 9, 0, 1), IPAddress(10, 9, 0, 2))

  static func template(_ destination: IPAddress) -> Template {
    var template = ManyTunnels.template(.init(ifIDs: 7...7))
    template.settings.monitor?.mode = .optimized
    template.settings.monitor?.destinations = [destination]
    return template
  }

  @Test func aReloadedTemplatesDestinationIsKnown() {
    var hub = ManyTunnels([Self.template(Self.old)])
    hub.boot(links: [ManyTunnels.link(7)])
    #expect(hub.core.tunnelIndex.probing(Self.old).count == 1)
    hub.reload { $0.templates = [Self.template(Self.new)] }
    #expect(hub.core.tunnelIndex.probing(Self.old).isEmpty)
    #expect(hub.core.tunnelIndex.probing(Self.new).count == 1)
  }

  /// SAs by hand between the same ends, which nothing but their if_ids tells apart.
  @Test func everyIfIDOfATunnelHasItsLinkOnceATemplateFits() {
    var hub = ManyTunnels([ManyTunnels.template(.init(ifIDs: 6...6))])
    hub.boot()
    for ifID in [UInt32(5), 6] {
      for var sa in ManyTunnels.pair(1, serial: ifID) {
        (sa.ifID, sa.reqid) = (ifID, 0)
        hub.play(.kernel(.sa(sa)))
      }
    }
    let made = hub.effects.compactMap {
      if case .gate(.makeLink(_, let ifID)) = $0 { ifID } else { nil }
    }
    #expect(Set(made) == [5, 6])
  }

  @Test func theConfigurationsTunnelIsMeantByANameThatTwoHave() {
    var hub = ManyTunnels([ManyTunnels.template(TemplateTests.byName)])
    hub.boot(links: [ManyTunnels.link(1), ManyTunnels.link(2, "xfrm2")])
    hub.reload {
      $0.gateways["b"] = Gateway(name: "b", addresses: [ManyTunnels.peer(2)])
      $0.vpns = [VPN(name: "ipsec1", gateway: "b", bindInterface: "xfrm2")]
    }
    #expect(hub.tunnels.count { $0.name == "ipsec1" } == 2)
    #expect(hub.core.status(of: "ipsec1", at: hub.instant)?.link == "xfrm2")
  }

  @Test func whatChangedIsNotGatheredForEver() {
    var hub = ManyTunnels([ManyTunnels.template(TemplateTests.byName, establish: .onTraffic)])
    hub.boot(links: [ManyTunnels.link(1)])
    for number in 0..<5000 {
      let id = UInt32(number + 1)
      hub.play(.kernel(.nexthop(Nexthop(id: id, linkIndex: 2))))
      hub.play(.kernel(.nexthopDeleted(id: id)))
      let link = Link(index: 5000 + Int32(number), name: "veth\(number)", kind: .other("veth"))
      hub.play(.kernel(.link(link)))
      hub.play(.kernel(.linkDeleted(index: link.index)))
    }
    let routes = hub.core.gates.routes
    #expect(routes.nexthops.changed.count <= 1024)
    #expect(routes.parked.changed.isEmpty && routes.parkedNexthops.changed.isEmpty)
  }
}
