import ArgumentParser

struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Verifies a tunnel's path now, with a probe through each of its SA sets.",
    discussion: """
      Waits for the replies for the tunnel's timeout, at most ten seconds.
      Exit status: 0 all answered through the tunnel, 1 otherwise, 2 no agent answers.
      """)

  @Argument(help: "The tunnel's name in `vpnagent status`.") var name: String
  @OptionGroup var place: Place

  func run() throws { try order("verify", name, runDirectory: place.directory, patience: 15) }
}

struct Clear: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Clears a tunnel's SAs, as reaching the threshold does, so that it is renegotiated.",
    discussion:
      """
      `clear statistics` resets the counters of `vpnagent statistics`. `clear bad-spi-count \
      [GATEWAY]` resets respond-bad-spi's count of responses to a gateway, or to all gateways.
      Exit status: 0 done, 1 nothing to clear, 2 no agent answers.
      """)

  @Argument(help: "The tunnel's name in `vpnagent status`, `statistics` or `bad-spi-count`.")
  var name: String
  @Argument(help: "With `bad-spi-count`: the gateway (default: all gateways).") var gateway: String?
  @OptionGroup var place: Place

  func run() throws {
    if name == "statistics" { return try order("clear-statistics", runDirectory: place.directory) }
    if name == "bad-spi-count" {
      let line = ["clear-bad-spi-count", gateway].compactMap(\.self).joined(separator: " ")
      return try order(line, runDirectory: place.directory)
    }
    guard gateway == nil else { throw ValidationError("only bad-spi-count takes a gateway") }
    try order("clear", name, runDirectory: place.directory)
  }
}
