import ArgumentParser

struct Reload: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Has the agent read its configuration file again.",
    discussion: """
      Prints what changed, one line a VPN. A file that is not valid changes nothing.
      Exit status: 0 taken over, 2 no agent answers, 77 unreadable, 78 not valid.
      """)

  @OptionGroup var place: Place

  func run() throws { try order("reload", runDirectory: place.directory, patience: 30) }
}
