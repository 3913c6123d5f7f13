/// `path-mtu`: how large a packet the path of a set carries. Nothing is held or cleared for it.
extension Core {
  /// The longest IP packet.
  private static let longestPacket = 65535

  /// Does what is due. Asks for nothing while the path does not carry small packets.
  mutating func seekPathMTU(_ id: MonitorID, at now: Instant) {
    guard
      let (owner, isBegun) = monitors.with(id, { ($0.tunnel, $0.pathMTU.deadline != nil) }),
      tunnels.with(owner, { isBegun || $0.probeSettings?.findsPathMTU == true }) == true,
      let monitor = monitors[id], let tunnel = tunnels[monitor.tunnel],
      let policy = tunnel.monitor, monitor.pathMTU.isDue(at: now)
    else { return }
    guard policy.findsPathMTU, monitor.phase == .up, monitor.absentUntil == nil else {
      monitors[id]?.pathMTU.reconsider()
      return
    }
    let (drained, pause) = (punctuality.drainedAt ?? now, punctuality.lastPause)
    if monitors[id]?.pathMTU.expire(drained: drained, after: pause, at: now) == true {
      reportPathMTU(id)
    }
    guard monitor.isHealthy, let roundTrip = tunnel.roundTrip.smoothed,
      case .success(let path) = path(of: tunnel, through: monitor.key, for: monitor.purpose)
    else {
      monitors[id]?.pathMTU.wait()
      return
    }
    let terms = PathMTU.Terms(
      full: fullSize(path.way), small: path.size + path.destination.family.headerSize,
      timeout: max(.seconds(1), roundTrip * 3), pause: max(.seconds(5), policy.interval * 6))
    guard let probes = monitors[id]?.pathMTU.begin(terms, at: now) else { return }
    send(probes, of: id, along: path)
  }

  /// Without a link the kernel alone knows, and says so when it refuses.
  private func fullSize(_ way: ProbeWay) -> Int {
    switch way {
    case .link(let index): min(Int(kernel.links[index]?.mtu ?? 0), Self.longestPacket)
    case .policy: Self.longestPacket
    }
  }

  private mutating func send(_ probes: PathMTU.Probes, of id: MonitorID, along path: ProbePath) {
    guard let owner = monitors.with(id, { $0.tunnel }) else { return }
    let header = path.destination.family.headerSize
    for (sequence, size) in [(probes.small, path.size), (probes.large, probes.size - header)] {
      monitors[id]?.meter.noteProbe()
      out.send(
        .probe(
          .send(
            ProbeRequest(
              tunnel: owner, monitor: id, sequence: sequence, way: path.way,
              source: path.source, destination: path.destination, size: size,
              staysWhole: sequence == probes.large))))
    }
  }

  /// The kernel did not take one of these probes.
  mutating func refusedWhole(_ id: MonitorID, _ sequence: UInt64, limit: Int?, at now: Instant) {
    monitors[id]?.meter.takeBackProbe()
    monitors[id]?.pathMTU.refused(sequence, limit: limit, at: now)
    schedule(id)
  }

  /// One of these probes was answered through the tunnel.
  mutating func receiveWhole(_ id: MonitorID, _ sequence: UInt64, at now: Instant) {
    monitors[id]?.meter.noteReply()
    if monitors[id]?.pathMTU.receive(sequence, at: now) == true { reportPathMTU(id) }
  }

  private mutating func reportPathMTU(_ id: MonitorID) {
    guard let monitor = monitors[id], let tunnel = tunnels[monitor.tunnel] else { return }
    let set = tunnel.monitors.count > 1 ? "set=\"\(monitor.name)\" " : ""
    switch monitor.pathMTU.finding {
    case .unknown: break
    case .full(let size):
      log(.info, tunnel.name, "\(set)path-mtu=\(size) packets of full size pass again")
    case .reduced(let size, let full):
      log(
        .warning, tunnel.name,
        "\(set)path-mtu=\(size) larger packets are lost, full size is \(full): "
          + remedy(size, monitor.path?.way))
    }
  }

  /// What the operator should do where packets of more than `size` bytes vanish. IPv6 ends on a
  /// link of less than 1280 bytes (RFC 8200, 5).
  private func remedy(_ size: Int, _ way: ProbeWay?) -> String {
    let clamp = "clamp TCP MSS to \(size - 40) (IPv6: \(size - 60))"
    guard case .link(let index) = way, let link = kernel.links[index], !link.isOwn else {
      return clamp
    }
    return size < 1280
      ? "\(clamp); an MTU below 1280 would disable IPv6 on \(link.name)"
      : "lower the MTU of \(link.name) to \(size), or \(clamp)"
  }

  /// What status shows; nil when nobody asked.
  func pathMTUStatus(_ monitor: SetMonitor) -> PathMTUStatus? {
    guard tunnels[monitor.tunnel]?.monitor?.findsPathMTU == true else { return nil }
    switch monitor.pathMTU.finding {
    case .unknown: return PathMTUStatus(state: "unknown")
    case .full(let size): return PathMTUStatus(state: "full", size: size, full: size)
    case .reduced(let size, let full):
      return PathMTUStatus(
        state: "reduced", size: size, full: full, remedy: remedy(size, monitor.path?.way))
    }
  }
}

extension IPAddress.Family {
  /// Bytes of an IP header without options or extensions.
  fileprivate var headerSize: Int {
    switch self {
    case .ipv4: 20
    case .ipv6: 40
    }
  }
}
