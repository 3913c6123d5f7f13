// The agent's own loop, sockets and core, with tunnels that are made up:
//
//   LoopBench TUNNELS INTERVAL-MS RUN-DIRECTORY
//
// Tunnel `n` goes by the link `t<n>` with index 1000 + n, from 10.(n / 64 / 256).(n / 64).(4 n + 1) to the
// next address. scripts/bench-loop makes those links, whose other ends answer; SAs and their being XFRM
// interfaces are what is made up. Links are not touched (`link-control = "none"`). Ends by SIGTERM.

import LinuxEdge
import TunnelCore

struct MadeUpGateway {
  private static let local = IPAddress(198, 51, 100, 1)
  let tunnels: Int
  let interval: Duration

  private static func inner(_ number: Int, _ host: Int) -> IPAddress {
    let (net, last) = (number / 64, 4 * (number % 64) + host)
    return IPAddress(10, UInt8(net >> 8 & 255), UInt8(net & 255), UInt8(last))
  }

  private static func peer(_ number: Int) -> IPAddress {
    IPAddress(172, UInt8(16 + number >> 16), UInt8(number >> 8 & 255), UInt8(number & 255))
  }

  private static func index(_ number: Int) -> Int32 { Int32(1000 + number) }

  var configuration: Configuration {
    let monitor = Monitor(interval: interval, threshold: 3, verifyPath: .init())
    let numbers = 0..<tunnels
    return Configuration(
      gateways: Dictionary(
        uniqueKeysWithValues: numbers.map {
          ("gw\($0)", Gateway(name: "gw\($0)", addresses: [Self.peer($0)]))
        }),
      vpns: numbers.map {
        VPN(
          name: "vpn\($0)", gateway: "gw\($0)", bindInterface: "t\($0)",
          establishTunnels: .responderOnly, linkControl: .none, monitor: monitor)
      })
  }

  var snapshot: Snapshot {
    let numbers = 0..<tunnels
    let underlay = Link(index: 1, name: "lo", kind: .other(""), operationalState: .up)
    return Snapshot(
      sas: numbers.flatMap(Self.pair),
      links: [underlay]
        + numbers.map {
          Link(
            index: Self.index($0), name: "t\($0)", kind: .xfrm(ifID: UInt32($0 + 1)),
            operationalState: .up)
        },
      addresses: [InterfaceAddress(linkIndex: 1, address: Self.local, prefixLength: 32)]
        + numbers.map {
          InterfaceAddress(
            linkIndex: Self.index($0), address: Self.inner($0, 1), prefixLength: 30)
        })
  }

  private static func pair(_ number: Int) -> [SecurityAssociation] {
    let id = UInt32(number + 1)
    return [
      SecurityAssociation(
        key: SAKey(destination: local, spi: 0xc000_0000 + id), source: peer(number), reqid: id,
        ifID: id),
      SecurityAssociation(
        key: SAKey(destination: peer(number), spi: 0x4000_0000 + id), source: local, reqid: id,
        ifID: id),
    ]
  }
}

let arguments = CommandLine.arguments
guard arguments.count == 4, let tunnels = Int(arguments[1]), let interval = Int(arguments[2]) else {
  fatalError("usage: LoopBench TUNNELS INTERVAL-MS RUN-DIRECTORY")
}
let gateway = MadeUpGateway(tunnels: tunnels, interval: .milliseconds(interval))
let file = ConfigurationFile(configuration: gateway.configuration)
let agent = try Agent(
  AgentOptions(
    configuration: file, readConfiguration: { .success(file) }, runDirectory: arguments[3],
    role: .active, onExit: .keep, logLevel: .error, version: "bench"))
try agent.run(after: .snapshot(gateway.snapshot))
print("sent=\(agent.probesSent)")
