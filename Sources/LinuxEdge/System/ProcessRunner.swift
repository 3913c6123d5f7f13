import CShims
import Glibc
import TunnelCore

/// Runs the operator's commands beside the loop: no shell, a process group and a bound of time for
/// each. It starts, watches and ends them, and decides nothing.
final class ProcessRunner {
  /// How long a command may take.
  static let bound = Duration.seconds(30)

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

  private var runs: [TunnelID: Run] = [:]

  deinit {
    // Nobody is left to tell how they end.
    for run in runs.values { _ = vpa_process_kill(run.pid) }
  }

  /// When `wake` is due.
  var nextDeadline: Instant? {
    runs.values.filter { !$0.isKilled }.map(\.killAt).min()
  }

  func owns(_ descriptor: Int32) -> Bool {
    runs.values.contains { $0.descriptor.number == descriptor }
  }

  /// Starts a command for a tunnel that has none running.
  ///
  /// - Returns: the descriptor to watch: it is readable once the command has ended.
  func start(_ id: TunnelID, _ words: [String], at now: Instant) throws(EdgeError) -> Int32 {
    var pid: Int32 = 0
    var bytes: [UInt8] = []
    for word in words { bytes += Array(word.utf8) + [0] }
    let descriptor = try Descriptor(
      taking: unsafe vpa_process_start(bytes, bytes.count, &pid), operation: "run",
      object: words.first ?? "")
    let number = descriptor.number
    runs[id] = Run(pid: pid, descriptor: descriptor, killAt: now.advanced(by: Self.bound))
    return number
  }

  /// A command may have ended.
  func serve(_ descriptor: Int32) -> Event? {
    guard let (id, run) = runs.first(where: { $0.value.descriptor.number == descriptor })
    else { return nil }
    var end = vpa_end()
    guard unsafe vpa_process_collect(run.pid, &end) != -EAGAIN else { return nil }
    runs[id] = nil
    let outcome: CommandEnd =
      run.isKilled
      ? .tookTooLong : end.signal != 0 ? .killed(signal: end.signal) : .exited(end.status)
    return .commandEnded(id, outcome)
  }

  /// Kills what takes too long; how it ended comes by its descriptor.
  func wake(at now: Instant) {
    for run in runs.values where !run.isKilled && run.killAt <= now {
      run.isKilled = true
      _ = vpa_process_kill(run.pid)
    }
  }
}
