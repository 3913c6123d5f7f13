// Drives the protocol core alone, in made-up time, so that what it costs can be counted:
//
//   CoreBench probes TUNNELS SECONDS   a probe a second for each tunnel, all answered
//   CoreBench start TUNNELS            the first snapshot
//   CoreBench sas TUNNELS EVENTS       SAs that are added and deleted among them
//
// `scripts/bench core` runs it twice under callgrind and takes the difference.

import TunnelCore

let arguments = CommandLine.arguments.dropFirst()
let numbers = arguments.dropFirst().compactMap { Int($0) }
guard let story = arguments.first, let tunnels = numbers.first else {
  fatalError("usage: CoreBench probes|start|sas TUNNELS [COUNT]")
}
let count = numbers.dropFirst().first ?? 0

var gateway = BenchGateway(tunnels: tunnels)
gateway.boot()
switch story {
case "start": print("tunnels=\(tunnels) effects=\(gateway.effects)")
case "probes":
  gateway.run(seconds: 3)
  let before = gateway.probes
  gateway.run(seconds: count)
  print("tunnels=\(tunnels) probes=\(gateway.probes - before) effects=\(gateway.effects)")
case "sas":
  gateway.run(seconds: 3)
  for number in 0..<count { gateway.renew(number % tunnels) }
  print("tunnels=\(tunnels) events=\(2 * count) effects=\(gateway.effects)")
default: fatalError("unknown story \(story)")
}
