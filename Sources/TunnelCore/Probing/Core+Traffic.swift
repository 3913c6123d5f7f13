/// Whether an `optimized` monitor has to probe at all: only when its SAs sent and did not receive
/// during the last interval. What came in counts as life; silence both ways decides nothing.
extension Core {
  mutating func readCounters(_ id: MonitorID) {
    guard let key = monitors[id]?.key, let set = kernel.sas.sets[key] else { return }
    out.send(.probe(.readCounters(id, set.all.map(\.key))))
  }

  /// An interval is over and its counters are here.
  mutating func judgeTraffic(_ id: MonitorID, _ counts: [SAKey: UInt64], at now: Instant) {
    if monitors[id]?.meter.isToStart == true {
      monitors[id]?.meter.start(counts)
      return
    }
    guard let monitor = monitors[id], monitor.phase == .up, let set = kernel.sas.sets[monitor.key]
    else { return }
    let traffic = monitors[id]?.meter.read(
      inbound: counts.filter { set.inbound[$0.key] != nil },
      outbound: counts.filter { set.outbound[$0.key] != nil })
    switch (traffic?.sent, traffic?.received) {
    case (_, true):
      monitors[id]?.window.noteLife()
      noteSent(id, byOthers: true, at: now)
      noteGoodProbe(of: monitor.tunnel, at: now)
    case (true, _): sendProbe(id, at: now)
    case (_, _): break
    }
    schedule(id)
  }

  /// The ends are symmetric: the peer's probes come from where ours go to.
  mutating func notePeerProbe(from source: IPAddress, linkIndex: Int32) {
    for id in setsThatMayProbe(source) {
      guard let owner = monitors[id]?.tunnel, let tunnel = tunnels[owner], isMetered(tunnel),
        isProbed(source, linkIndex, tunnel, id)
      else { continue }
      monitors[id]?.meter.notePeerProbe()
      if let key = monitors[id]?.key { peers.noteMeters(key) { $0.notePeerProbe() } }
    }
  }

  private func isMetered(_ tunnel: Tunnel) -> Bool {
    tunnel.monitor?.mode == .optimized
      || tunnel.gateway.flatMap { configuration.gateways[$0]?.deadPeerDetection } != nil
  }

  /// Sets whose probes may go to an address, by what gives them a destination (`path(of:through:for:)`):
  /// settings, the other end of a link, a selector that is one host, the peer. No echo request may have
  /// all tunnels looked at: anybody can send them.
  private func setsThatMayProbe(_ address: IPAddress) -> Set<MonitorID> {
    var keys = kernel.sas.keys(towards: address)
    var owners = tunnelIndex.probing(address)
    for link in kernel.links(endingAt: address).compactMap({ kernel.links[$0] }) {
      keys.formUnion(kernel.sas.keys(carriedBy: link))
      owners.formUnion(tunnelIndex.onLink[link.name] ?? [])
    }
    let ids = Set(keys.compactMap { monitorOfSet[$0] }).union(setsOfHost[address] ?? [])
    return owners.reduce(into: ids) { $0.formUnion(tunnels[$1]?.monitors ?? []) }
  }

  private func isProbed(
    _ address: IPAddress, _ linkIndex: Int32, _ tunnel: Tunnel, _ id: MonitorID
  ) -> Bool {
    guard let monitor = monitors[id] else { return false }
    let key = monitor.key
    return [Purpose.verifyPath, .vpnMonitor].contains {
      guard case .success(let path) = path(of: tunnel, through: key, for: $0),
        path.destination == address
      else { return false }
      switch path.way {
      case .link(let index): return index == linkIndex || arrives(on: linkIndex, monitor)
      // What was decrypted without a link arrives on the underlay's.
      case .policy: return kernel.links[linkIndex]?.kind.isTunnel == false
      }
    }
  }

  /// Traffic is measured from now on.
  mutating func startMeter(_ id: MonitorID) {
    guard let key = monitors[id]?.key, let set = kernel.sas.sets[key] else { return }
    monitors[id]?.meter.start(
      Dictionary(set.all.map { ($0.key, $0.packets) }, uniquingKeysWith: { count, _ in count }))
  }
}
