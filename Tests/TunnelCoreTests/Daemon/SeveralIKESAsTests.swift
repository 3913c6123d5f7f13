import Testing
import TunnelCore

/// Several IKE SAs with one peer: what is known of the peer judges all of them.
@Suite struct SeveralIKESAsTests {
  private static func ike(_ id: UInt32, connection: String = "to-b", _ children: [UInt32]) -> IKESA
  {
    IKESA(
      connection: connection, id: id, isInitiator: true, local: SingleTunnel.local,
      remote: SingleTunnel.remote,
      children: children.map {
        var child = ChildSA.of($0)
        child.ikeID = id
        child.name.connection = connection
        return child
      })
  }

  /// A tunnel with two IKE SAs, each with a pair: of one reqid, as two ends make that negotiate at
  /// the same time, or of two.
  private func running(
    reqids: [UInt32], connections: [String] = ["to-b", "to-b"],
    transport: DeadPeerDetection.Transport = .ikePing
  ) -> (SingleTunnel, [IKESA]) {
    var detection = DeadPeerDetection(mode: .probeIdleTunnel, interval: 2, threshold: 3)
    detection.transport = transport
    var bench = SingleTunnel(
      Monitor(interval: .seconds(60), verifyPath: .init()), establish: .responderOnly,
      detection: detection)
    (bench.answering, bench.daemonAnswers) = (true, true)
    bench.boot()
    bench.negotiate(1, reqid: reqids[0])
    bench.negotiate(2, reqid: reqids[1])
    bench.play(.vici(.connected))
    let list = [
      Self.ike(7, connection: connections[0], [1]), Self.ike(8, connection: connections[1], [2]),
    ]
    stay(&bench, 8, list)
    #expect(bench.tunnel?.dpd?.support == "supported")
    bench.forgetTrace()
    return (bench, list)
  }

  /// strongSwan lists these, less what it was told to terminate.
  private func stay(_ bench: inout SingleTunnel, _ seconds: Double, _ all: [IKESA]) {
    var list = all
    let end = bench.now + seconds
    var answered = 0
    while bench.now < end {
      while answered < bench.trace.count {
        answered += 1
        guard case .daemon(let request) = bench.trace[answered - 1].effect else { continue }
        switch request {
        case .listSAs: bench.play(.vici(.sas(list)))
        case .listConnections: bench.play(.vici(.connections([])))
        case .terminateIKE(let id):
          let gone = list.filter { $0.id == id }
          list.removeAll { $0.id == id }
          for sa in gone.flatMap(\.children).flatMap(\.sas) {
            for known in bench.sas.keys where known.id == sa {
              bench.play(.kernel(.saDeleted(known)))
            }
          }
          bench.play(.vici(.finished(request, failure: nil)))
          bench.play(.vici(.changed))
        case .terminateChild, .rekeyChild, .initiate:
          bench.play(.vici(.finished(request, failure: nil)))
        }
      }
      bench.wait(0.1)
    }
  }

  @Test(arguments: [[1, 1], [1, 2]] as [[UInt32]], [["to-b", "to-b"], ["to-b", "other"]])
  func eachIsClearedWhenThePeerDies(reqids: [UInt32], connections: [String]) {
    var (bench, list) = running(reqids: reqids, connections: connections)
    (bench.answering, bench.daemonAnswers) = (false, false)
    stay(&bench, 40, list)
    #expect(Set(bench.acts) == [.terminateIKE(id: 7), .terminateIKE(id: 8)])
    #expect(bench.tunnel?.state != "up")
    // What comes back is not judged before it was heard.
    bench.negotiate(3)
    bench.forgetTrace()
    stay(&bench, 40, [Self.ike(9, [3])])
    #expect(!bench.acts.contains(.terminateIKE(id: 9)))
    #expect(bench.tunnel?.dpd?.support == "unsupported")
  }

  /// One is left while the other goes: the peer that answers is counted on.
  @Test func oneThatIsTakenDownLeavesTheOtherJudged() {
    var (bench, list) = running(reqids: [1, 2])
    bench.delete(1)
    stay(&bench, 5, [list[1]])
    (bench.answering, bench.daemonAnswers) = (false, false)
    stay(&bench, 40, [list[1]])
    #expect(bench.acts == [.terminateIKE(id: 8)])
  }
}
