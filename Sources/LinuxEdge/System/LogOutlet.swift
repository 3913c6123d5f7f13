import Glibc
import TunnelCore

/// Where lines of the log go to, and those that it does not take yet.
///
/// Nobody waits for who reads them: what is not taken at once is kept, up to a bound, and tried again.
/// Lines beyond the bound are dropped, counted, and said where they are missing.
final class LogOutlet {
  /// Takes bytes of a line and says how many, or -errno: EAGAIN when it takes none now.
  typealias Send = (ArraySlice<UInt8>) -> Int64

  /// Lines that are kept, at most.
  static let mostLines = 1000
  /// Lines that are sent at once, at most.
  private static let batch = 100
  private static let pause = Duration.milliseconds(100)

  private let send: Send
  /// A line which says how many are missing.
  private let missing: (UInt64) -> [UInt8]
  /// The oldest first; of the first one what is left of it.
  private var waiting: [ArraySlice<UInt8>] = []
  private var retryAt: Instant?
  /// Lines that were dropped and not yet spoken of.
  private var dropped: UInt64 = 0

  /// An outlet that nothing waits for.
  init(missing: @escaping (UInt64) -> [UInt8], send: @escaping Send) {
    self.missing = missing
    self.send = send
  }

  /// When `wake` is due; nil while nothing waits.
  var nextDeadline: Instant? { retryAt }

  /// Sends a line, or keeps or drops it while others wait. Returns whether this was the place for it: not
  /// when it is not there, or broken.
  func put(_ line: [UInt8], at now: Instant) -> Bool {
    if waiting.isEmpty {
      let count = send(line[...])
      if count >= line.count { return true }
      if count < 0, count != -Int64(EAGAIN) { return false }
      keep(line.dropFirst(max(Int(count), 0)), at: now)
    } else {
      keep(line[...], at: now)
    }
    return true
  }

  private func keep(_ line: ArraySlice<UInt8>, at now: Instant) {
    guard waiting.count < Self.mostLines else { return dropped += 1 }
    sayWhatIsMissing()
    waiting.append(line)
    if retryAt == nil { retryAt = now.advanced(by: Self.pause) }
  }

  private func sayWhatIsMissing() {
    guard dropped > 0 else { return }
    waiting.append(missing(dropped)[...])
    dropped = 0
  }

  /// Sends what waits, when it is due.
  func wake(at now: Instant) {
    guard retryAt.isDue(at: now) else { return }
    let wasTaken = drain()
    retryAt = waiting.isEmpty ? nil : wasTaken ? now : now.advanced(by: Self.pause)
  }

  /// Sends what is taken of one batch; returns whether that was all of it.
  private func drain() -> Bool {
    if waiting.count < Self.mostLines { sayWhatIsMissing() }
    let batch = min(waiting.count, Self.batch)
    var gone = 0
    while gone < batch {
      let count = send(waiting[gone])
      if count < 0, count != -Int64(EMSGSIZE) { break }
      if count >= 0, count < waiting[gone].count {
        waiting[gone] = waiting[gone].dropFirst(Int(count))
        break
      }
      gone += 1
    }
    waiting.removeFirst(gone)
    return gone == batch
  }
}
