import Testing
import TunnelCore

@testable import LinuxEdge

/// Commands run beside the loop.
@Suite struct ProcessRunnerTests {
  static let id = TunnelID(rawValue: 3)

  /// Waits for the command's descriptor, as the agent's loop does, and serves it.
  private func end(_ runner: ProcessRunner, _ descriptor: Int32) throws -> Event? {
    var reactor = try Reactor()
    try reactor.watch(descriptor)
    let now = monotonicNow()
    let ready = try reactor.wait(until: now.advanced(by: .seconds(20)), now: now)
    #expect(ready == [descriptor])
    return runner.serve(descriptor)
  }

  @Test(arguments: [
    (["sh", "-c", "exit 7"], CommandEnd.exited(7)),
    (["true"], .exited(0)),
    // Words are not taken apart, and nothing waits for input.
    (["test", "a b; exit 9", "=", "a b; exit 9"], .exited(0)),
    (["cat"], .exited(0)),
    (["sh", "-c", "kill -TERM $$"], .killed(signal: 15)),
  ])
  func howItEnds(words: [String], expected: CommandEnd) throws {
    let runner = ProcessRunner()
    let descriptor = try runner.start(Self.id, words, at: monotonicNow())
    #expect(runner.owns(descriptor))
    guard case .commandEnded(Self.id, let outcome)? = try end(runner, descriptor) else {
      Issue.record("no end")
      return
    }
    #expect(outcome == expected)
    #expect(!runner.owns(descriptor))
    #expect(runner.nextDeadline == nil)
  }

  @Test func whatTakesTooLongIsKilledWithAllThatItStarted() throws {
    let runner = ProcessRunner()
    let now = monotonicNow()
    let descriptor = try runner.start(Self.id, ["sh", "-c", "sleep 600 & sleep 600"], at: now)
    if runner.serve(descriptor) != nil { Issue.record("it does not run") }
    #expect(runner.nextDeadline == now.advanced(by: ProcessRunner.bound))
    runner.wake(at: now.advanced(by: .seconds(29)))
    #expect(runner.nextDeadline != nil)
    runner.wake(at: now.advanced(by: ProcessRunner.bound))
    #expect(runner.nextDeadline == nil)
    guard case .commandEnded(Self.id, .tookTooLong)? = try end(runner, descriptor) else {
      Issue.record("it was not killed")
      return
    }
  }

  @Test(arguments: [["/nowhere/ipsec"], ["/etc/passwd", "x"]])
  func whatCannotBeStartedIsSaid(words: [String]) {
    let runner = ProcessRunner()
    #expect(throws: EdgeError.self) {
      _ = try runner.start(Self.id, words, at: monotonicNow())
    }
  }
}
