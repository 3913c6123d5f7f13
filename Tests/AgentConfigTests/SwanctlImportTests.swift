import Testing
import TunnelCore

@testable import AgentConfig

/// What `vpnagent import swanctl` writes, to the letter; all of it is a valid file.
@Suite struct SwanctlImportTests {
  private static let own = IPAddress(198, 51, 100, 1)
  private static let peer = IPAddress(203, 0, 113, 1)
  private static let vti = Link(
    index: 5, name: "vti0",
    kind: .vti(local: own, remote: peer, inputKey: 42, outputKey: 42))
  private static let xfrm = Link(index: 6, name: "xfrm0", kind: .xfrm(ifID: 7))
  private static let addresses = [
    InterfaceAddress(linkIndex: 5, address: IPAddress(169, 254, 100, 1), prefixLength: 30)
  ]

  private func model(
    _ connections: [SwanctlModel.Connection], socket: String = "/run/charon.vici"
  ) -> SwanctlModel {
    SwanctlModel(
      version: "5.9.8", socket: socket, connections: connections,
      links: [Self.vti, Self.xfrm], addresses: Self.addresses)
  }

  @Test func aVTIByItsMark() throws {
    let toml = try importSwanctl(
      model([
        .init(
          name: "to-b", local: ["198.51.100.1"], remote: ["203.0.113.1"], dpdDelay: 30,
          children: [
            .init(
              name: "net", local: ["0.0.0.0/0"], remote: ["0.0.0.0/0"], startAction: "start",
              mark: 42)
          ])
      ]))
    let expected = """
      # From strongSwan 5.9.8 by `vpnagent import swanctl`: a skeleton.
      # Lines that begin with #! need a decision.

      [gateway.to-b]
      address = "203.0.113.1"
      local-address = "198.51.100.1"
      ike-connection = "to-b"
      dead-peer-detection = { mode = "probe-idle-tunnel", interval = 30 }

      [vpn.to-b]
      gateway = "to-b"
      bind-interface = "vti0"
      ike-child = "net"
      establish-tunnels = "immediately"   # start_action = start
      vpn-monitor = { verify-path = true }   # probes go from 169.254.100.1 to 169.254.100.2

      """
    #expect(toml == expected)
  }

  @Test func twoChildrenOfOneConnection() throws {
    let toml = try importSwanctl(
      model(
        [
          .init(
            name: "b c", local: ["%any"], remote: ["203.0.113.1", "b.example"], isInitiator: true,
            children: [
              .init(name: "x", remote: ["10.2.0.0/16"], closeAction: "start", ifID: 7),
              .init(name: "plain", remote: ["10.3.0.0/16"], startAction: "none"),
              .init(name: "bypass", mode: "PASS"),
            ])
        ], socket: "/run/ike/vici"))
    let expected = """
      # From strongSwan 5.9.8 by `vpnagent import swanctl`: a skeleton.
      # Lines that begin with #! need a decision.

      vici-socket = "/run/ike/vici"

      [gateway.b_c]
      address = "203.0.113.1"
      ike-connection = "b c"
      # dead-peer-detection = true   # dpd_delay is 0
      # b c: b.example: no address, left out
      # child bypass is PASS: not monitored

      [vpn.b_c-xfrm0]
      gateway = "b_c"
      bind-interface = "xfrm0"
      ike-child = "x"
      establish-tunnels = "immediately"   #! this end initiated the current IKE SA
      #! xfrm0 has no address that identifies the other end: set where probes go
      # vpn-monitor = { destination-ip = "...", verify-path = { destination-ip = "..." } }
      # close_action = start of x: both ends may negotiate after a clear; none is better

      [vpn.b_c-vti0]
      gateway = "b_c"
      bind-interface = "vti0"
      ike-child = "plain"
      establish-tunnels = "immediately"   #! this end initiated the current IKE SA
      vpn-monitor = { verify-path = true }   # probes go from 169.254.100.1 to 169.254.100.2

      """
    #expect(toml == expected)
  }

  @Test func whatHasNoLinkAndWhoHasNoAddress() throws {
    let toml = try importSwanctl(
      model([
        .init(
          name: "p", remote: ["192.0.2.1"],
          children: [.init(name: "net", remote: ["10.4.0.0/16"], mark: 9)]),
        .init(name: "p", remote: ["192.0.2.1", "192.0.2.2"], children: [.init(name: "net")]),
        .init(
          name: "any", remote: ["%any"], currentRemote: IPAddress(192, 0, 2, 9),
          children: [.init(name: "in", ifID: 7)]),
        .init(name: "road", remote: ["0.0.0.0/0"], children: [.init(name: "in")]),
      ]))
    let expected = """
      # From strongSwan 5.9.8 by `vpnagent import swanctl`: a skeleton.
      # Lines that begin with #! need a decision.

      [gateway.p]
      address = ["192.0.2.1", "192.0.2.2"]
      #! connections to this peer: p, p; ike-child tells them apart
      # dead-peer-detection = true   # dpd_delay is 0

      [vpn.p]
      gateway = "p"
      #! bind-interface: its SAs have mark 9, and no VTI has this key
      ike-child = "net"
      establish-tunnels = "on-traffic"   #! start_action is not known
      #! without a link probes need addresses inside the selectors, here one in 10.4.0.0/16:
      # vpn-monitor = { source-interface = "lan", destination-ip = "...", verify-path = { destination-ip = "..." } }

      [vpn.p-2]
      gateway = "p"
      ike-child = "net"
      establish-tunnels = "on-traffic"   #! start_action is not known
      #! without a link probes need addresses inside the selectors, here one in the peer's net:
      # vpn-monitor = { source-interface = "lan", destination-ip = "...", verify-path = { destination-ip = "..." } }

      # connection any: remote_addrs = %any
      # its peer is 192.0.2.9 now; write a [gateway] with this address if it never changes

      [template.xfrm0]
      match.interface = "xfrm0"
      establish-tunnels = "responder-only"
      vpn-monitor = { verify-path = true }

      # connection road: remote_addrs = 0.0.0.0/0
      # it has no link of its own: use a [template] with match.peer

      """
    #expect(toml == expected)
  }

  /// Names of strongSwan's may have any character; ours, and comments, must stay valid.
  @Test(arguments: [
    "", "a\"b", "a\nb = 1", "ä", String(repeating: "x", count: 200), "]", "#\\u0000",
  ])
  func anyNameGivesAValidFile(name: String) throws {
    let toml = try importSwanctl(
      model([
        .init(
          name: "c" + name, remote: ["203.0.113.1", name],
          children: [
            .init(name: "n" + name, remote: [name], closeAction: "trap", mark: 42),
            .init(name: "m" + name, mode: name),
          ]),
        .init(name: name, remote: [name], children: [.init(name: "n")]),
      ]))
    let loaded = try parseConfiguration(toml, fileName: "x")
    #expect(loaded.configuration.vpns.count == 1)
    #expect(loaded.configuration.vpns[0].ikeChild == "n" + name)
  }
}
