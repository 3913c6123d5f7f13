import ArgumentParser
import LinuxEdge

struct ShowMetrics: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "metrics",
    abstract: "Prints the agent's metrics in the Prometheus format.",
    discussion: """
      The same text as `metrics` in the configuration serves over HTTP. With --output for the \
      node exporter's textfile collector: the file is written under another name and renamed, so \
      that no reader sees half of it.
      Exit status: 0, 2 no agent answers, 71 the file cannot be written.
      """)

  @Option(help: "Write to this file instead of standard output.") var output: String?
  @OptionGroup var place: Place

  func run() throws {
    let text = try ask("metrics", in: place.directory)
    guard text.starts(with: "# HELP ".utf8) else {
      if let answer = ControlAnswer(json: text) { throw refuse(answer) }
      throw strangeAnswer(place.directory)
    }
    guard let output else { return show(String(decoding: text, as: UTF8.self)) }
    do {
      try replaceFile(output, with: text, mode: 0o644)
    } catch {
      complain(error.description)
      throw error.isPermission ? ExitCode.permission : ExitCode.system
    }
  }
}
