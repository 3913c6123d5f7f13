import CShims
import Glibc
import TunnelCore

/// Runs the operator's programs beside the loop: no shell, a process group and a bound of time for
/// each. It starts, watches and ends them, and decides nothing. Each has an owner, who has one at a
/// time.
final class ProcessRunner<Owner: Hashable> {
  /// One that runs.
  private final class Run {
    let pid: Int32
    let descriptor: Descriptor
    let killAt: Instant
    var isKilled = false

    init(pid: Int32, descriptor: consuming Descriptor, killAt: Instant) {
      self.pid = pid
      self.descriptor = descriptor
      self.killAt = killAt
    }
  }

  private var runs: [Owner: Run] = [:]

  deinit {
    // Nobody is left to tell how they end.
    for run in runs.values { _ = vpa_process_kill(run.pid) }
  }

  /// When `wake` is due.
  var nextDeadline: Instant? {
    runs.values.filter { !$0.isKilled }.map(\.killAt).min()
  }

  /// Starts a program for an owner that has none running; `environment` is `NAME=value`, beside
  /// the agent's own. It is killed after `bound`.
  ///
  /// - Returns: the descriptor to watch: it is readable once the program has ended.
  func start(
    _ owner: Owner, _ words: [String], environment: [String] = [], bound: Duration, at now: Instant
  ) throws(EdgeError) -> Int32 {
    var pid: Int32 = 0
    let (list, variables) = (terminated(words), terminated(environment))
    let descriptor = try Descriptor(
      taking: unsafe vpa_process_start(
        list, list.count, variables, variables.count, -1, &pid), operation: "run",
      object: words.first ?? "")
    let number = descriptor.number
    runs[owner] = Run(pid: pid, descriptor: descriptor, killAt: now.advanced(by: bound))
    return number
  }

  /// A program may have ended: whose, and how.
  func serve(_ descriptor: Int32) -> (owner: Owner, end: CommandEnd)? {
    guard let (owner, run) = runs.first(where: { $0.value.descriptor.number == descriptor })
    else { return nil }
    var end = vpa_end()
    guard unsafe vpa_process_collect(run.pid, &end) != -EAGAIN else { return nil }
    runs[owner] = nil
    let outcome: CommandEnd =
      run.isKilled
      ? .tookTooLong : end.signal != 0 ? .killed(signal: end.signal) : .exited(end.status)
    return (owner, outcome)
  }

  /// Kills what takes too long; how it ended comes by its descriptor.
  func wake(at now: Instant) {
    for run in runs.values where !run.isKilled && run.killAt <= now {
      run.isKilled = true
      _ = vpa_process_kill(run.pid)
    }
  }
}

/// Texts as the shim takes them, each with a NUL behind it.
func terminated(_ texts: [String]) -> [UInt8] {
  texts.flatMap { Array($0.utf8) + [0] }
}
