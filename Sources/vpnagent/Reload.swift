import ArgumentParser

struct Reload: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes the running agent reread its configuration file.",
    discussion: """
      Prints what changed, one line per VPN. An invalid file changes nothing. --check prints what \
      would change, and changes nothing.
      Exit status: 0 done, 2 no agent answers, 77 unreadable, 78 not valid.
      """)

  @Flag(help: "Only print what would change.") var check = false
  @OptionGroup var place: Place

  func run() throws {
    try order(check ? "reload-check" : "reload", runDirectory: place.directory, patience: 30)
  }
}
