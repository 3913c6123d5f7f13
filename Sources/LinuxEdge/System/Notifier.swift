import TunnelCore

/// Runs the operator's `notify` program for alarms, beside the loop. `NoticeQueue` decides which and
/// when; this starts them, and says in the log what came of them.
final class Notifier {
  private let log: Log
  private let processes = ProcessRunner<Int>()
  private var queue = NoticeQueue()
  private var words: [String]?
  private var bound = Duration.zero
  /// Descriptors of programs that were started since the last `takeInterests`.
  private var started: [Int32] = []

  init(_ configuration: Configuration, _ log: Log) {
    self.log = log
    adopt(configuration)
  }

  /// Another configuration: what waits is run by it.
  func adopt(_ configuration: Configuration) {
    words = configuration.notify
    if words == nil { queue.forget() }
    bound = configuration.notifyTimeout
  }

  /// What is run for an alarm in this configuration, for a dry run; nil: nothing.
  var command: String? { words?.joined(separator: " ") }

  /// When `wake` is due.
  var nextDeadline: Instant? { processes.nextDeadline }

  /// Descriptors to be watched from now on.
  func takeInterests() -> [Int32] {
    defer { started = [] }
    return started
  }

  /// An alarm was raised.
  func post(_ notice: Notice, at now: Instant) {
    guard words != nil else { return }
    if let line = queue.add(notice) { log(.warning, "-", line) }
    startNext(at: now)
  }

  /// A program may have ended.
  func serve(_ descriptor: Int32, at now: Instant) {
    guard let (number, end) = processes.serve(descriptor) else { return }
    finish(number, end)
    startNext(at: now)
  }

  /// Kills what takes too long.
  func wake(at now: Instant) { processes.wake(at: now) }

  private func startNext(at now: Instant) {
    while let words, let (number, notice) = queue.next() {
      do {
        let descriptor = try processes.start(
          number, words, environment: notice.environment, bound: bound, at: now)
        started.append(descriptor)
      } catch {
        finish(number, .notStarted(error.reason))
      }
    }
  }

  private func finish(_ number: Int, _ end: CommandEnd) {
    for (level, line) in queue.ended(number, end) { log(level, "-", line) }
  }
}
