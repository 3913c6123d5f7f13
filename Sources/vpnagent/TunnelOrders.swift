import ArgumentParser

struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Proves a tunnel's path now, by a probe through each of its SA sets.",
    discussion: """
      Waits for the replies, as long as the tunnel's timeout is, ten seconds at most.
      Exit status: 0 all answered through the tunnel, 1 not, 2 no agent answers.
      """)

  @Argument(help: "The tunnel's name in `vpnagent status`.") var name: String
  @OptionGroup var place: Place

  func run() throws { try order("verify", name, runDirectory: place.directory, patience: 15) }
}

struct Clear: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Clears a tunnel's SAs, as a threshold does, so that it is negotiated anew.",
    discussion:
      """
      `clear statistics` clears the counters of `vpnagent statistics`. `clear bad-spi-count [GATEWAY]` \
      forgets what respond-bad-spi did for a gateway, or for all of them.
      Exit status: 0 done, 1 there is nothing to clear, 2 no agent answers.
      """)

  @Argument(help: "The tunnel's name in `vpnagent status`, `statistics` or `bad-spi-count`.")
  var name: String
  @Argument(help: "With `bad-spi-count`: the gateway; all of them without.") var gateway: String?
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
