import ArgumentParser
import Glibc
import LinuxEdge
import TunnelCore

/// Names of tunnels as a user types them: whole ones, and patterns with `*`, `?` and `[...]` as a shell
/// has them (fnmatch(3)).
struct Names {
  private let words: [String]

  init(_ words: [String]) { self.words = words }

  static func isPattern(_ word: String) -> Bool { word.contains { "*?[".contains($0) } }

  /// The name where a single whole one was typed, which is the agent's to judge; else nil.
  var single: String? {
    words.count == 1 ? words.first.flatMap { Self.isPattern($0) ? nil : $0 } : nil
  }

  /// Those of the names that were asked for, each once, in the order of `all`.
  ///
  /// - Throws: the first word that none matches.
  func chosen(from all: [String]) throws(Unknown) -> [String] {
    let tests = words.map { word in (word, all.filter { Self.matches($0, word) }) }
    if let (word, _) = tests.first(where: { $0.1.isEmpty }) {
      throw Unknown(line: Self.complaint(word, all))
    }
    let wanted = Set(tests.flatMap(\.1))
    var seen: Set<String> = []
    return all.filter { wanted.contains($0) && seen.insert($0).inserted }
  }

  /// No tunnel is called so; what to tell who asked.
  struct Unknown: Error, Hashable { let line: String }

  private static func complaint(_ word: String, _ all: [String]) -> String {
    guard !all.isEmpty else { return "\(word): no tunnels are known" }
    let known = all.prefix(5).joined(separator: ", ") + (all.count > 5 ? ", ..." : "")
    return "\(word): \(isPattern(word) ? "matches no tunnel" : "no such tunnel"); known: \(known)"
  }

  /// A name that has such characters itself is found by them.
  private static func matches(_ name: String, _ word: String) -> Bool {
    if name == word { return true }
    return unsafe isPattern(word) && fnmatch(word, name, 0) == 0
  }
}

/// The tunnels that a user names, for commands that ask for one after the other.
func tunnels(_ words: [String], in runDirectory: String) throws -> [String] {
  let names = Names(words)
  if let name = names.single { return [name] }
  let answer = try ask("status", in: runDirectory)
  guard let status = AgentStatus(json: answer) else { throw strangeAnswer(runDirectory) }
  do {
    return try names.chosen(from: status.tunnels.map(\.name))
  } catch {
    complain(error.line)
    throw ExitCode(1)
  }
}

/// What a shell offers for the name of a tunnel: those that the agent has whose command is being typed,
/// nothing where none answers.
let offeredTunnels = CompletionKind.custom { words, _, _ in
  func value(of option: String) -> String? {
    words.firstIndex(of: option).flatMap { words.dropFirst($0 + 1).first }
  }
  let directory =
    value(of: "--run-dir") ?? value(of: "--netns").map { "/run/vpnagent-\($0)" } ?? "/run/vpnagent"
  let answer = try? askAgent("status", socket: "\(directory)/control.sock", patience: 1)
  let tunnels = answer.flatMap { AgentStatus(json: $0) }?.tunnels ?? []
  return tunnels.map(\.name)
}
