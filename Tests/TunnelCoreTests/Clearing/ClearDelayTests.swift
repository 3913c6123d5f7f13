import Testing

@testable import TunnelCore

/// Which of two agents clears first.
@Suite struct ClearDelayTests {
  /// Lower than the bench's own address.
  private static let lower = IPAddress(192, 0, 2, 1)

  /// How long after the threshold the SAs are cleared, with an interval of one second.
  ///
  /// - Parameter roles: whether this end negotiated the IKE SA, for each that the daemon lists.
  private func delay(isLower: Bool, roles: [Bool]?) -> Double? {
    let peer = isLower ? SingleTunnel.remote : Self.lower
    var bench = SingleTunnel(addresses: [peer])
    bench.boot(
      link: Link(
        index: 7, name: "vti0",
        kind: .vti(local: SingleTunnel.local, remote: peer, inputKey: 42, outputKey: 42),
        operationalState: .up))
    let pair = SingleTunnel.pair(1).map { sa in
      var sa = sa
      if sa.source == SingleTunnel.remote { sa.source = peer }
      if sa.key.destination == SingleTunnel.remote { sa.key.destination = peer }
      return sa
    }
    bench.negotiate(pair)
    if let roles {
      bench.play(.vici(.connected))
      bench.wait(0.2)
      let list = roles.enumerated().map { number, isInitiator in
        IKESA(
          connection: "to-b", id: UInt32(number), isInitiator: isInitiator,
          children: [.of(1)].map { (child: ChildSA) in
            var child = child
            child.childID = UInt32(number)
            return child
          })
      }
      bench.play(.vici(.sas(list)))
    }
    // The second threshold falls three seconds after the first.
    bench.wait(5.4)
    let lines = bench.transitions.filter { $0.contains("state=down") }
    guard let down = lines.first.flatMap({ Double($0.split(separator: " ")[0]) }) else {
      return nil
    }
    let planned = Array(bench.core.monitors.values).first?.clearedAt
      .map { bench.now - $0.duration(to: bench.instant).inSeconds }
    return (planned ?? bench.clearTimes.first).map { $0 - down }
  }

  @Test(
    arguments: [
      (true, nil, false), (false, nil, true),
      (true, [true], false), (false, [true], false),
      (true, [false], true), (false, [false], true),
      // One of each end's: both must come to the same answer.
      (true, [true, false], false), (false, [true, false], true),
      (true, [false, true], false), (false, [true, false, true], true),
    ] as [(Bool, [Bool]?, Bool)])
  func theResponderWaits(isLower: Bool, roles: [Bool]?, waits: Bool) throws {
    let delay = try #require(self.delay(isLower: isLower, roles: roles))
    #expect(waits ? delay > 0.98 && delay < 1.52 : abs(delay) < 0.02, "\(delay)")
  }
}
