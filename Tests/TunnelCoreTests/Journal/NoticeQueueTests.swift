import Testing

@testable import TunnelCore

@Suite struct NoticeQueueTests {
  private func notice(_ vpn: String, _ state: String = "down") -> Notice {
    Notice(vpn: vpn, state: state, environment: ["VPN_NAME=\(vpn)"])
  }

  /// Starts all that may start now: their VPNs and states.
  private func start(_ queue: inout NoticeQueue) -> [String] {
    var started: [String] = []
    while let (_, notice) = queue.next() { started.append("\(notice.vpn) \(notice.state)") }
    return started
  }

  @Test func thoseOfOneVPNRunOneAfterAnother() {
    var queue = NoticeQueue()
    let lines = [notice("a", "down"), notice("a", "up"), notice("b", "down")].map { queue.add($0) }
    #expect(lines == [nil, nil, nil])
    #expect(start(&queue) == ["a down", "b down"])
    let ended = queue.ended(1, .exited(0))
    #expect(ended.isEmpty)
    #expect(start(&queue) == ["a up"])
    #expect(!queue.isIdle)
  }

  @Test func onlySoManyRunAtOnce() {
    var queue = NoticeQueue()
    for number in 1...10 { _ = queue.add(notice("v\(number)")) }
    #expect(start(&queue) == ["v1 down", "v2 down", "v3 down", "v4 down"])
    _ = queue.ended(2, .exited(0))
    #expect(start(&queue) == ["v5 down"])
  }

  @Test func whatIsDroppedIsSaidAtOnceAndCountedAtTheEnd() {
    var queue = NoticeQueue()
    var lines: [String] = []
    for number in 1...NoticeQueue.mostWaiting + 7 {
      if let line = queue.add(notice("v\(number)")) { lines.append(line) }
    }
    #expect(lines == ["notify: 256 alarms wait, the oldest are dropped"])
    var ends: [String] = []
    var ran: [String] = []
    while let (number, next) = queue.next() {
      ran.append(next.vpn)
      ends += queue.ended(number, .exited(0)).map(\.1)
    }
    #expect(ran.count == NoticeQueue.mostWaiting)
    #expect(ran.first == "v8")
    #expect(
      ends == [
        "notify: 7 alarms were dropped: v1 down, v2 down, v3 down, v4 down, v5 down, ..."
      ])
    #expect(queue.isIdle)
  }

  @Test func eachCauseIsSaidOnce() {
    var queue = NoticeQueue()
    func run(_ end: CommandEnd) -> [String] {
      _ = queue.add(notice("a"))
      return queue.next().map { queue.ended($0.number, end).map(\.1) } ?? ["did not run"]
    }
    #expect(run(.exited(0)) == [])
    #expect(run(.exited(1)) == ["notify ended with status 1, for a down"])
    #expect(run(.exited(1)) == [])
    #expect(run(.tookTooLong) == ["notify took too long and was killed, for a down"])
    #expect(run(.exited(1)) == [])
    #expect(
      run(.notStarted("No such file or directory"))
        == ["notify could not be started: No such file or directory, for a down"])
    #expect(run(.exited(0)) == ["notify: works again"])
    #expect(run(.exited(1)).count == 1)
  }

  @Test func withoutAProgramNothingWaits() {
    var queue = NoticeQueue()
    _ = queue.add(notice("a"))
    queue.forget()
    #expect(start(&queue) == [])
    #expect(queue.isIdle)
  }
}
