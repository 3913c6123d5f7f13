import ArgumentParser

struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Verifies a tunnel's path now, with a probe through each of its SA sets.",
    discussion: """
      Waits for the replies for the tunnel's timeout, at most ten seconds.
      Exit status: 0 all answered through the tunnel, 1 otherwise, 2 no agent answers.
      """)

  @Argument(help: "Names in `vpnagent status`; patterns as in a shell.", completion: offeredTunnels)
  var names: [String]
  @OptionGroup var place: Place

  func run() throws {
    try inTurn(try tunnels(names, in: place.directory)) { name in
      try order("verify", name, runDirectory: place.directory, patience: 15)
    }
  }
}

struct Clear: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Clears a tunnel's SAs, as reaching the threshold does, so that it is renegotiated.",
    discussion:
      """
      `clear statistics` resets the counters of `vpnagent statistics`. `clear bad-spi-count \
      [GATEWAY]` resets respond-bad-spi's count of responses to a gateway, or to all gateways. \
      Several names and patterns such as 'aws-*' need --yes.
      Exit status: 0 done, 1 nothing to clear, 2 no agent answers.
      """)

  @Argument(
    help: "Names in `vpnagent status`; or `statistics`, or `bad-spi-count` and a gateway.",
    completion: offeredTunnels)
  var names: [String]
  @Flag(help: "Clear several tunnels without asking.") var yes = false
  @OptionGroup var place: Place

  func validate() throws {
    switch names.first {
    case "statistics" where names.count > 1:
      throw ValidationError("clear statistics takes no name")
    case "bad-spi-count" where names.count > 2:
      throw ValidationError("clear bad-spi-count takes one gateway at most")
    case "statistics", "bad-spi-count": break
    default:
      guard yes || Names(names).single != nil else {
        throw ValidationError(
          "clearing several tunnels interrupts them all: add --yes if that is meant")
      }
    }
  }

  func run() throws {
    switch names.first {
    case "statistics": try order("clear-statistics", runDirectory: place.directory)
    case "bad-spi-count":
      let line = ["clear-bad-spi-count"] + names.dropFirst()
      try order(line.joined(separator: " "), runDirectory: place.directory)
    default:
      try inTurn(try tunnels(names, in: place.directory)) { name in
        try order("clear", name, runDirectory: place.directory)
      }
    }
  }
}

/// Does the same for each tunnel, whatever comes of the others.
///
/// - Throws: the highest exit status of all, unless it is 0.
func inTurn(_ names: [String], _ body: (String) throws -> Void) throws {
  var worst: Int32 = 0
  for name in names {
    do {
      try body(name)
    } catch let code as ExitCode {
      worst = max(worst, code.rawValue)
      // Nobody is there to ask for the others.
      if code == .noAgent || code == .permission { break }
    }
  }
  if worst != 0 { throw ExitCode(worst) }
}
