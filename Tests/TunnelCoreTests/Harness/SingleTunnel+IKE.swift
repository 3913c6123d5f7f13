import TunnelCore

extension ChildSA {
  /// The child of the bench's pair of this number.
  static func of(
    _ number: UInt32, _ state: State = .installed, child: String = "net"
  ) -> ChildSA {
    ChildSA(
      name: ChildName(connection: "to-b", child: child), ikeID: 7, childID: number, state: state,
      inbound: SAID(destination: SingleTunnel.local, spi: 0xc100_0000 + number),
      outbound: SAID(destination: SingleTunnel.remote, spi: 0xc200_0000 + number))
  }
}

extension IKESA {
  /// The bench's only IKE SA, with these children.
  static func of(_ children: [ChildSA], waiting: Bool = false) -> IKESA {
    IKESA(connection: "to-b", id: 7, isInitiator: true, isWaiting: waiting, children: children)
  }
}

extension SingleTunnel {
  static let monitor = Monitor(
    interval: .seconds(1), threshold: 3, verifyPath: .init())
  static let name = ChildName(connection: "to-b", child: "net")

  /// The bench, its tunnel up since 0.1 s and its trace forgotten, `seconds` after its SAs came.
  static func inService(_ bench: SingleTunnel = SingleTunnel(), after seconds: Double = 5.5)
    -> SingleTunnel
  {
    var bench = bench
    bench.answering = true
    bench.boot()
    bench.negotiate(1)
    bench.wait(seconds)
    bench.forgetTrace()
    return bench
  }

  /// A bench whose tunnel is up, with a daemon that lists the child of pair 1.
  static func connected(
    _ monitor: Monitor? = monitor, establish: VPN.EstablishTunnels
  ) -> SingleTunnel {
    var bench = SingleTunnel(monitor, establish: establish)
    bench.answering = true
    bench.boot()
    bench.negotiate(1)
    bench.play(.vici(.connected))
    bench.stay(2, children: [.of(1)])
    bench.forgetTrace()
    return bench
  }

  var requests: [VICIRequest] {
    trace.compactMap { if case .daemon(let request) = $0.effect { request } else { nil } }
      .filter { $0 != .listConnections }
  }
  /// What was asked besides lists.
  var acts: [VICIRequest] { requests.filter { $0 != .listSAs } }
  var viciLines: [String] {
    trace.compactMap {
      if case .tell(.log(_, "-", let text)) = $0.effect, text.hasPrefix("vici: ") {
        text
      } else {
        nil
      }
    }
  }

  func times(of request: VICIRequest) -> [Double] {
    trace.filter { $0.effect == .daemon(request) }.map(\.at)
  }

  func logged(_ line: String) -> Bool {
    trace.contains {
      if case .tell(.log(_, _, let text)) = $0.effect { text == line } else { false }
    }
  }

  mutating func list(_ children: [ChildSA], waiting: Bool = false) {
    play(.vici(.sas([.of(children, waiting: waiting)])))
  }

  mutating func finish(_ request: VICIRequest) {
    play(.vici(.finished(request, failure: nil)))
  }

  /// Lets time pass with a daemon that answers every list with these children, and does what it is
  /// told without any effect.
  mutating func stay(
    _ seconds: Double, children: [ChildSA], waiting: Bool = false,
    connections: [IKEConnection] = [RenegotiationTests.connection]
  ) {
    var answered = trace.count
    let end = now + seconds
    while true {
      while answered < trace.count {
        answered += 1
        guard case .daemon(let request) = trace[answered - 1].effect else { continue }
        switch request {
        case .listSAs: list(children, waiting: waiting)
        case .listConnections: play(.vici(.connections(connections)))
        case .terminateChild, .terminateIKE, .rekeyChild, .initiate: finish(request)
        }
      }
      guard now < end else { return }
      wait(min(0.05, end - now))
    }
  }

  /// Likewise, until something besides lists is asked for: `limit` seconds at most.
  mutating func stayUntilAct(
    _ limit: Double, children: [ChildSA],
    connections: [IKEConnection] = [RenegotiationTests.connection]
  ) {
    let (end, asked) = (now + limit, acts.count)
    while acts.count == asked, now < end { stay(0.1, children: children, connections: connections) }
  }
}

extension SingleTunnel {
  /// Takes SAs away; charon removes the other SA of each pair.
  mutating func clear(_ list: [SecurityAssociation]) {
    for sa in list where sas.removeValue(forKey: sa.key) != nil {
      play(.kernel(.saDeleted(sa.key)))
    }
    for sa in sas.values where list.contains(where: { $0.reqid == sa.reqid }) {
      sas[sa.key] = nil
      play(.kernel(.saDeleted(sa.key)))
    }
  }
}
