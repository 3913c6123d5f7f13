import ArgumentParser
import Glibc
import LinuxEdge
import TunnelCore

/// `vpnagent status --watch`: asks the agent, draws, follows keys, the size and signals.
///
/// It asks once a second, and leaves the agent alone for nine times as long as an answer took: with
/// thousands of tunnels a watcher costs it a tenth of its time at most.
struct StatusWatch {
  private static let interval = Duration.seconds(1)
  private static let patience = Duration.seconds(5)
  private static let rest = 9

  private let socket: String
  private var question: AgentQuestion?
  private var askedAt = monotonicNow()
  private var askAt = monotonicNow()

  init(runDirectory: String) { socket = "\(runDirectory)/control.sock" }

  /// Returns when q is typed.
  ///
  /// - Throws: 128 and the signal's number when one ends it, 71 when there is no terminal to draw on.
  mutating func run() throws {
    var signal: Int32?
    do {
      let terminal = try Terminal()
      defer { terminal.leave() }
      signal = try watch(terminal)
    } catch let error as EdgeError {
      complain(error.description)
      throw ExitCode.system
    }
    if let signal { throw ExitCode(128 + signal) }
  }

  /// Returns the signal that ended it; nil for q.
  private mutating func watch(_ terminal: Terminal) throws -> Int32? {
    var screen = WatchScreen(terminal.size, Sparkline(), host: hostName())
    while true {
      askIfDue(&screen)
      try terminal.draw(screen.lines)
      let due = question == nil ? askAt : askedAt.advanced(by: Self.patience)
      for input in try terminal.wait(for: question?.descriptor, until: due) {
        switch input {
        case .key(.quit): return nil
        case .key(let key): screen.scroll(key)
        case .resized: screen.resize(terminal.size)
        case .signal(let number): return number
        case .ready: receive(&screen)
        }
      }
    }
  }

  private mutating func askIfDue(_ screen: inout WatchScreen) {
    let now = monotonicNow()
    if question != nil, askedAt.advanced(by: Self.patience) <= now {
      lose("the agent does not answer", &screen)
    }
    guard question == nil, askAt <= now else { return }
    askedAt = now
    askAt = now.advanced(by: Self.interval)
    do {
      question = try AgentQuestion("status", socket: socket)
    } catch {
      lose(
        error.isPermission
          ? "no permission for \(socket): run as root"
          : "no agent answers on \(socket): \(error.reason)", &screen)
    }
  }

  private mutating func receive(_ screen: inout WatchScreen) {
    do {
      guard let answer = try question?.receive() else { return }
      guard let status = AgentStatus(json: answer) else {
        return lose("unexpected reply (version mismatch?)", &screen)
      }
      question = nil
      screen.show(status, clock: timeOfDay())
      let now = monotonicNow()
      askAt = max(askAt, now.advanced(by: askedAt.duration(to: now) * Self.rest))
    } catch {
      lose("the connection to the agent was lost: \(error.reason)", &screen)
    }
  }

  private mutating func lose(_ reason: String, _ screen: inout WatchScreen) {
    question = nil
    screen.lose("\(reason); asking again every second")
  }
}

/// The host's name; `-` where it has none.
private func hostName() -> String {
  var bytes = [CChar](repeating: 0, count: 256)
  guard unsafe gethostname(&bytes, bytes.count - 1) == 0, bytes[0] != 0 else { return "-" }
  return String(decoding: bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}

/// `03:04:05`, by the local clock.
private func timeOfDay() -> String {
  var now = time(nil)
  var parts = unsafe tm()
  guard unsafe localtime_r(&now, &parts) != nil else { return "-" }
  func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
  let (hour, minute, second) = unsafe (parts.tm_hour, parts.tm_min, parts.tm_sec)
  return "\(two(hour)):\(two(minute)):\(two(second))"
}
