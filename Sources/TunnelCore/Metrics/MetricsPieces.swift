/// All that the core knows for monitoring systems, made a few tunnels at a time: with ten thousand of
/// them the loop does something else in between, and each is as it is when its turn comes.
///
/// The samples of a family must stand together, so nothing is handed out before the last tunnel had its
/// turn.
public struct MetricsPieces: Sendable {
  /// Tunnels, names or gateways whose samples are written in one call.
  private static let atATime = 32
  /// Bytes that are handed out in one call, or a few more.
  private static let handful = 128 << 10

  private enum Step {
    case tunnels, gone, gateways, rest, finished
  }

  private var step = Step.tunnels
  private var ids: ArraySlice<TunnelID>
  /// Names that only counters know.
  private var gone: ArraySlice<String> = []
  private var gateways: ArraySlice<String> = []
  /// Names that were asked for; nil: all there is.
  private let wanted: [String]?
  private var written: Set<String> = []
  /// Gateways in the order in which tunnels name them.
  private var named: [String] = []
  private var seen: Set<String> = []
  private var discovered = 0
  /// Samples of each family, in the order in which they were written.
  private var samples: [[[UInt8]]]
  /// What is handed out next: a family, and which of its samples.
  private var place = (family: 0, sample: -1)

  /// Everything.
  public init(_ core: Core) {
    self.init(ids: core.tunnelIDs, wanted: nil)
  }

  /// Families of tunnels alone, for tunnels of these names.
  ///
  /// - Throws: the first that neither is a tunnel nor ever was one that was counted.
  public init(_ core: Core, of names: [String]) throws(UnknownTunnel) {
    for name in names where core.tunnelIndex.named(name) == nil && !core.out.counters.has(name) {
      throw UnknownTunnel(name: name)
    }
    self.init(ids: names.compactMap { core.tunnelIndex.named($0) }, wanted: names)
  }

  /// No tunnel has this name.
  public struct UnknownTunnel: Error, Hashable {
    /// The name.
    public let name: String

    /// No tunnel has this name.
    public init(name: String) { self.name = name }
  }

  private init(ids: [TunnelID], wanted: [String]?) {
    self.ids = ids[...]
    self.wanted = wanted
    samples = Array(repeating: [], count: Core.metricFamilies.count)
  }

  /// The next piece of the text; empty while it is being made, nil after the last one.
  ///
  /// - Parameters:
  ///   - core: as it is now, the same one each time.
  ///   - unixTime: seconds since 1970 at `now`, for points in time.
  public mutating func next(of core: Core, at now: Instant, unixTime: Double) -> [UInt8]? {
    switch step {
    case .tunnels: writeTunnels(core, now, unixTime)
    case .gone: writeGone(core, now, unixTime)
    case .gateways: writeGateways(core, now, unixTime)
    case .rest:
      write(MetricsSnapshot(core, at: now, unixTime: unixTime), Core.familiesOfAll)
      step = .finished
    case .finished: return takeText()
    }
    return []
  }

  // MARK: Samples

  private mutating func writeTunnels(_ core: Core, _ now: Instant, _ unixTime: Double) {
    guard !ids.isEmpty else {
      gone = (wanted ?? core.out.counters.names.sorted()).filter { !written.contains($0) }[...]
      step = .gone
      return
    }
    var scene = MetricsSnapshot(core, at: now, unixTime: unixTime)
    for id in ids.prefix(Self.atATime) {
      guard let tunnel = core.tunnels[id] else { continue }
      if let gateway = tunnel.gateway, seen.insert(gateway).inserted { named.append(gateway) }
      if !tunnel.isConfigured {
        discovered += 1
        if wanted == nil, discovered > Counters.mostDiscovered { continue }
      }
      // Each name once, or a monitoring system would refuse the whole text.
      if written.insert(tunnel.name).inserted { scene.add(tunnel) }
    }
    ids = ids.dropFirst(Self.atATime)
    write(scene, Core.familiesOfTunnels)
  }

  private mutating func writeGone(_ core: Core, _ now: Instant, _ unixTime: Double) {
    guard !gone.isEmpty else {
      let others = core.configuration.gateways.keys.filter { !seen.contains($0) }.sorted()
      gateways = (wanted == nil ? named + others : [])[...]
      step = wanted == nil ? .gateways : .finished
      return
    }
    var scene = MetricsSnapshot(core, at: now, unixTime: unixTime)
    for name in gone.prefix(Self.atATime) { scene.add(counted: name) }
    gone = gone.dropFirst(Self.atATime)
    write(scene, Core.familiesOfTunnels)
  }

  private mutating func writeGateways(_ core: Core, _ now: Instant, _ unixTime: Double) {
    guard !gateways.isEmpty else { return step = .rest }
    var scene = MetricsSnapshot(core, at: now, unixTime: unixTime)
    for name in gateways.prefix(Self.atATime) { scene.add(gateway: name) }
    gateways = gateways.dropFirst(Self.atATime)
    write(scene, Core.familiesOfGateways)
  }

  private mutating func write(_ scene: MetricsSnapshot, _ families: Range<Int>) {
    for index in families {
      let text = Core.metricFamilies[index].samples(scene)
      if !text.isEmpty { samples[index].append(text) }
    }
  }

  // MARK: The text

  private mutating func takeText() -> [UInt8]? {
    var text: [UInt8] = []
    let end = wanted == nil ? samples.count : Core.familiesOfTunnels.upperBound
    while place.family < end, text.count < Self.handful {
      if place.sample < 0 {
        text += Core.metricFamilies[place.family].head
      } else if place.sample < samples[place.family].count {
        text += samples[place.family][place.sample]
        samples[place.family][place.sample] = []
      } else {
        place = (place.family + 1, -1)
        continue
      }
      place.sample += 1
    }
    return text.isEmpty ? nil : text
  }
}
