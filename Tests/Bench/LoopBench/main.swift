// The agent's own loop, sockets and core, with SAs that are made up:
//
//   LoopBench run TUNNELS INTERVAL-MS RUN-DIRECTORY [ipv6] [hold] [threshold=N]
//   LoopBench ask RUN-DIRECTORY WORD...
//
// Tunnel `n` goes by the link `t<n>`. scripts/bench-load makes those links, whose other ends answer; that
// they are XFRM interfaces, and their SAs, is what is made up. With `hold` a dead path's link is held, else
// links are not touched. Each second one line says what the loop did in it. Ends by SIGTERM; links that are
// held are opened then.
//
// `ask` is a client of the control socket: it says how long the answer took, and how long it is.

import LinuxEdge
import TunnelCore

func run(_ words: [String]) throws {
  guard words.count >= 3, let tunnels = Int(words[0]), let interval = Int(words[1]) else {
    fatalError("usage: LoopBench run TUNNELS INTERVAL-MS RUN-DIRECTORY [ipv6] [hold] [threshold=N]")
  }
  let options = words.dropFirst(3)
  let threshold = options.compactMap { Int($0.drop { $0 != "=" }.dropFirst()) }.first ?? 3
  let gateway = MadeUpGateway(
    tunnels: tunnels, interval: .milliseconds(interval), threshold: threshold,
    isIPv6: options.contains("ipv6"), isHeld: options.contains("hold"))
  let file = ConfigurationFile(configuration: gateway.configuration)
  let agent = try Agent(
    AgentOptions(
      configuration: file, readConfiguration: { .success(file) }, runDirectory: words[2],
      role: .active, onExit: .release, logLevel: .error, version: "bench"))
  let meter = LoopMeter(gateway, of: agent)
  try agent.run(under: meter)
  meter.end()
}

func ask(_ words: [String]) throws {
  guard words.count >= 2 else { fatalError("usage: LoopBench ask RUN-DIRECTORY WORD...") }
  let begun = monotonicNow()
  let answer = try askAgent(
    words.dropFirst().joined(separator: " "), socket: "\(words[0])/control.sock", patience: 60)
  let took = begun.duration(to: monotonicNow())
  print("took_us=\(took.nanoseconds / 1000) bytes=\(answer.count)")
  if words[1] == "metrics" { print(String(decoding: answer, as: UTF8.self)) }
}

let words = Array(CommandLine.arguments.dropFirst())
switch words.first {
case "run": try run(Array(words.dropFirst()))
case "ask": try ask(Array(words.dropFirst()))
default: fatalError("usage: LoopBench run|ask ...")
}
