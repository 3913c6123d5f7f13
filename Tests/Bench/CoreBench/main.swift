// Drives the protocol core alone, in made-up time, so that what it costs can be counted:
//
//   CoreBench probes TUNNELS SECONDS [INTERVAL-S]
//                                      a probe for each tunnel at each interval, all answered; a mark before
//                                      and after
//   CoreBench start TUNNELS            the first snapshot
//   CoreBench events TUNNELS COUNT     each kind of event so often, with a mark before and after; names
//                                      of kinds on standard output, and by what the cost is divided
//
// `scripts/bench` and `scripts/bench-load` run it under callgrind.

import TunnelCore

let arguments = CommandLine.arguments.dropFirst()
let numbers = arguments.dropFirst().compactMap { Int($0) }
guard let story = arguments.first, let tunnels = numbers.first else {
  fatalError("usage: CoreBench probes|start|events TUNNELS [COUNT]")
}
let count = numbers.dropFirst().first ?? 0

let interval = numbers.dropFirst(2).first ?? 1

var gateway = BenchGateway(
  tunnels: tunnels, interval: .seconds(interval), isMixed: story == "events")
gateway.boot()
switch story {
case "start": print("tunnels=\(tunnels) effects=\(gateway.effects)")
case "probes":
  // What a set remembers of its last probes has its full size then.
  gateway.run(seconds: 70)
  let before = gateway.probes
  mark()
  gateway.run(seconds: count)
  mark()
  print("tunnels=\(tunnels) probes=\(gateway.probes - before) effects=\(gateway.effects)")
case "events":
  gateway.run(seconds: 5)
  for kind in EventKind.allCases {
    // What is the first of its kind may make room.
    let times = kind.isOfAll ? 2 : count
    for serial in 0..<times { kind.play(serial, on: &gateway) }
    mark()
    for serial in times..<2 * times { kind.play(serial, on: &gateway) }
    mark()
    print(kind.rawValue, kind.isOfAll ? times * tunnels : times)
  }
default: fatalError("unknown story \(story)")
}
