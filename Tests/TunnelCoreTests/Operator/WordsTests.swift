import Testing

@testable import TunnelCore

/// What log and status say, in words that are true and that people read.
@Suite struct WordsTests {
  /// What an operator had cleared was not dead.
  @Test func theLogSaysWhoClearedIt() {
    var bench = SingleTunnel.connected(establish: .immediately)
    #expect(bench.order(.clear(tunnel: "to-b")).isDone)
    bench.stay(2, children: [.of(1)])
    let lines = bench.trace.compactMap { entry -> String? in
      if case .tell(.log(_, _, let text)) = entry.effect { text } else { nil }
    }
    #expect(lines.contains { $0.hasPrefix("to-b/net is cleared by the operator: terminating") })
    #expect(!lines.contains { $0.contains("dead") })
  }

  @Test func everyErrorHasWords() {
    for errno: Int32 in 1...133 where errno != 41 && errno != 58 {
      let words = SendError(errno).words
      #expect(!words.contains("errno"), "\(errno)")
    }
    #expect(
      "\(TriggerObstacle.kernel(1))".hasPrefix("the kernel does not send the packet: operation"))
  }
}
