import Testing
import TunnelCore

/// What a reload finds different.
@Suite struct ConfigurationChangeTests {
  static let monitor = Monitor(interval: .seconds(1), threshold: 3, verifyPath: .init())
  static let near = VPN(name: "near", gateway: "gw-b", bindInterface: "vti0", monitor: monitor)
  static let far = VPN(name: "far", gateway: "gw-c", bindInterface: "vti1", monitor: monitor)
  static let gateways = [
    "gw-b": Gateway(name: "gw-b", addresses: [IPAddress(203, 0, 113, 1)]),
    "gw-c": Gateway(name: "gw-c", addresses: [IPAddress(203, 0, 113, 2)]),
  ]
  static let template = Template(
    name: "rest", match: .init(interface: NamePattern("ipsec*")),
    settings: VPN(name: "rest", gateway: ""))
  static let old = Configuration(
    gateways: gateways, vpns: [near, far], templates: [template])

  /// One edit of the file, and the lines that the operator reads.
  struct Row: Sendable {
    let lines: [String]
    let edit: @Sendable (inout Configuration) -> Void

    init(_ lines: String..., edit: @escaping @Sendable (inout Configuration) -> Void) {
      self.lines = lines
      self.edit = edit
    }
  }

  static let rows = [
    Row("nothing changed") { _ in },
    Row("vpn near: settings of vpn-monitor changed") { $0.vpns[0].monitor?.interval = .seconds(9) },
    Row("vpn near: settings of vpn-monitor changed") { $0.vpns[0].monitor?.verifyPath = nil },
    Row("vpn near: vpn-monitor changed") { $0.vpns[0].monitor = nil },
    Row("vpn near: settings of the gate changed") { $0.vpns[0].linkControl = .none },
    Row("vpn near: settings of the gate changed") { $0.vpns[0].establishTunnels = .immediately },
    Row("vpn near: settings of vpn-monitor, settings of the gate changed") {
      $0.vpns[0].routes = [SingleTunnel.far16]
      $0.vpns[0].monitor?.threshold = 5
    },
    Row("vpn near: gateway or bind-interface changed: removed and added again") {
      $0.vpns[0].bindInterface = "vti9"
    },
    Row("vpn far: gateway or bind-interface changed: removed and added again") {
      $0.gateways["gw-c"]?.addresses.append(IPAddress(203, 0, 113, 3))
    },
    Row("vpn far: gateway or bind-interface changed: removed and added again") {
      $0.gateways["gw-c"]?.localAddress = SingleTunnel.local
    },
    Row("vpn far: changed") {
      $0.gateways["renamed"] = Gateway(name: "renamed", addresses: [IPAddress(203, 0, 113, 2)])
      $0.vpns[1].gateway = "renamed"
    },
    Row("vpn near: removed") { $0.vpns.removeFirst() },
    Row("vpn third: added", "vpn far: removed") { $0.vpns[1].name = "third" },
    Row("template rest: changed") { $0.templates[0].settings.monitor = monitor },
    Row("template rest: removed") { $0.templates = [] },
    Row("template more: added") {
      $0.templates.append(
        Template(name: "more", match: .init(ifIDs: 1...2), settings: VPN(name: "more", gateway: ""))
      )
    },
    Row("vici-socket stays /run/charon.vici until the agent is restarted") {
      $0.viciSocket = "/run/other.vici"
    },
  ]

  @Test(arguments: rows)
  func theOperatorReads(row: Row) {
    var new = Self.old
    row.edit(&new)
    let change = ConfigurationChange(from: Self.old, to: new)
    #expect(change.lines == row.lines)
    #expect(change.isEmpty == (row.lines == ["nothing changed"]))
  }

  @Test func theOrderOfVPNsIsNoChangeThatOfTemplatesIs() {
    var old = Self.old
    old.templates.append(
      Template(name: "more", match: .init(ifIDs: 1...2), settings: VPN(name: "more", gateway: "")))
    var new = old
    new.vpns.reverse()
    #expect(ConfigurationChange(from: old, to: new).isEmpty)
    new.templates.reverse()
    #expect(
      ConfigurationChange(from: old, to: new).lines == [
        "template more: changed", "template rest: changed",
      ])
  }
}
