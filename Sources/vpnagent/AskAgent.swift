import ArgumentParser
import LinuxEdge

/// Sends a running agent one line; returns its whole answer.
///
/// - Throws: exit status 77 without permission, 2 when no agent answers.
func ask(_ line: String, in runDirectory: String, patience: Int32 = 5) throws -> [UInt8] {
  let socket = "\(runDirectory)/control.sock"
  do {
    return try askAgent(line, socket: socket, patience: patience)
  } catch {
    complain(
      error.isPermission
        ? "no permission for \(socket): run as root"
        : "no agent answers on \(socket): \(error.reason)")
    throw error.isPermission ? ExitCode.permission : ExitCode.noAgent
  }
}

/// Has a running agent do something and prints what has come of it.
///
/// - Throws: the exit status that the agent says, unless it is 0.
func order(_ words: String..., runDirectory: String, patience: Int32 = 5) throws {
  let bytes = try ask(words.joined(separator: " "), in: runDirectory, patience: patience)
  guard let answer = ControlAnswer(json: bytes) else { throw strangeAnswer(runDirectory) }
  try conclude(answer)
}

/// Prints an answer that is only text: complaints to standard error.
func conclude(_ answer: ControlAnswer) throws {
  for line in answer.lines {
    if answer.exit > 1 { complain(line) } else { show("\(line)\n") }
  }
  if answer.exit != 0 { throw ExitCode(answer.exit) }
}

/// Ends a look-up that the agent refuses. Its lines are complaints: standard output is for what was
/// asked for, JSON above all.
func refuse(_ answer: ControlAnswer) -> ExitCode {
  for line in answer.lines { complain(line) }
  return ExitCode(answer.exit == 0 ? ExitCode.noAgent.rawValue : answer.exit)
}

/// The agent's answer is none that this version knows.
func strangeAnswer(_ runDirectory: String) -> ExitCode {
  complain(
    "the agent on \(runDirectory)/control.sock sent an unexpected reply (version mismatch?)")
  return .noAgent
}
