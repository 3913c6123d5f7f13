import Glibc
import Testing
import TunnelCore

@testable import LinuxEdge

/// Commands run beside the loop.
@Suite struct ProcessRunnerTests {
  static let id = TunnelID(rawValue: 3)
  static let bound = Duration.seconds(30)

  /// Waits for the command's descriptor, as the agent's loop does, and serves it.
  private func end(
    _ runner: ProcessRunner<TunnelID>, _ descriptor: Int32
  ) throws -> (owner: TunnelID, end: CommandEnd)? {
    var reactor = try Reactor()
    try reactor.watch(descriptor, for: .commands)
    let now = monotonicNow()
    let ready = try reactor.wait(until: now.advanced(by: .seconds(20)), now: now)
    #expect(ready == [Ready(descriptor: descriptor, owner: .commands)])
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
    let runner = ProcessRunner<TunnelID>()
    let descriptor = try runner.start(Self.id, words, bound: Self.bound, at: monotonicNow())
    let outcome = try end(runner, descriptor)
    #expect(outcome?.owner == Self.id)
    #expect(outcome?.end == expected)
    #expect(runner.serve(descriptor) == nil)
    #expect(runner.nextDeadline == nil)
  }

  @Test func whatTakesTooLongIsKilledWithAllThatItStarted() throws {
    let runner = ProcessRunner<TunnelID>()
    let now = monotonicNow()
    let descriptor = try runner.start(
      Self.id, ["sh", "-c", "sleep 600 & sleep 600"], bound: Self.bound, at: now)
    if runner.serve(descriptor) != nil { Issue.record("it does not run") }
    #expect(runner.nextDeadline == now.advanced(by: Self.bound))
    runner.wake(at: now.advanced(by: .seconds(29)))
    #expect(runner.nextDeadline != nil)
    runner.wake(at: now.advanced(by: Self.bound))
    #expect(runner.nextDeadline == nil)
    #expect(try end(runner, descriptor)?.end == .tookTooLong)
  }

  @Test(arguments: [["/nowhere/ipsec"], ["/etc/passwd", "x"]])
  func whatCannotBeStartedIsSaid(words: [String]) {
    let runner = ProcessRunner<TunnelID>()
    #expect(throws: EdgeError.self) {
      _ = try runner.start(Self.id, words, bound: Self.bound, at: monotonicNow())
    }
  }

  /// Its own variables come before the agent's, whose others stay; nothing else is open to it.
  @Test(arguments: [
    #"test "$VPN_NAME" = "to b" -a "$PATH" = /bin:/usr/bin"#,
    #"test "$VPA_TEST" = kept"#,
    "test ! -e /proc/$$/fd/200",
  ])
  func whatItIsGiven(script: String) throws {
    let isSet = unsafe setenv("VPA_TEST", "kept", 1)
    #expect(isSet == 0)
    // One that exec does not close.
    let leak = dup2(2, 200)
    defer { close(leak) }
    let runner = ProcessRunner<TunnelID>()
    let descriptor = try runner.start(
      Self.id, ["sh", "-c", script], environment: ["VPN_NAME=to b", "PATH=/bin:/usr/bin"],
      bound: Self.bound, at: monotonicNow())
    #expect(try end(runner, descriptor)?.end == .exited(0))
  }
}
