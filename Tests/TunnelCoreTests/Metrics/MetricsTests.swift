import Testing

@testable import TunnelCore

/// What monitoring systems read of the core.
@Suite struct MetricsTests {
  // MARK: The whole text

  /// A tunnel that came up, lost its path and was cleared; its gateway has dead-peer-detection.
  @Test func theWholeText() {
    var bench = SingleTunnel(
      detection: DeadPeerDetection(), respondBadSPI: RespondBadSPI())
    bench.answering = true
    bench.rtt = 0.0123
    bench.boot()
    bench.negotiate(1)
    bench.wait(5.5)
    bench.answering = false
    bench.wait(4)
    let text = bench.metrics
    let lines = zip(text.split(separator: "\n"), metricsGolden.split(separator: "\n"))
    for (line, golden) in lines { #expect(line == golden) }
    #expect(text == metricsGolden)
  }

  /// Names, kinds and helps as https://prometheus.io/docs/practices/naming/ wants them; promtool
  /// sees the rest.
  @Test func familiesFollowTheConvention() {
    let families = Core.metricFamilies
    #expect(Set(families.map(\.name)).count == families.count)
    for family in families {
      #expect(family.name.allSatisfy { $0.isLowercase || $0 == "_" }, "\(family.name)")
      #expect((family.kind == .counter) == family.name.hasSuffix("_total"), "\(family.name)")
      #expect(family.help.hasSuffix("."), "\(family.name)")
    }
  }

  // MARK: Probes

  @Test func everyProbeIsCountedOnce() {
    var bench = SingleTunnel()
    bench.answering = true
    bench.boot()
    bench.negotiate(1)
    bench.wait(4.5)  // probes at 0, 1, 2, 3, 4
    #expect(bench.probeCounts == [5, 0, 0, 0])
    bench.answering = false
    bench.wait(1)  // at 5
    (bench.answering, bench.replyWay) = (true, .link(2))
    bench.wait(2)  // at 6 and 7, answered by another link; one is over
    #expect(bench.probeCounts == [5, 1, 1, 0])
    #expect(bench.value("clear_reply_failures_total{tunnel=\"to-b\"}") == 0)
    bench.wait(1)
    #expect(bench.probeCounts == [5, 1, 2, 0])
    #expect(bench.value("clear_reply_failures_total{tunnel=\"to-b\"}") == 1)
    #expect(bench.value("probe_rtt_seconds_count{tunnel=\"to-b\"}") == 5)
  }

  @Test func refusedProbesAreNotSent() throws {
    var bench = SingleTunnel()
    bench.boot()
    bench.negotiate(1)
    let probe = try #require(bench.probes.first)
    bench.play(.probeNotSent(probe.monitor, sequence: probe.sequence, errno: 11))
    #expect(bench.probeCounts == [0, 0, 0, 1])
    #expect(bench.value("probe_obstructed{tunnel=\"to-b\"}") == 1)
  }

  @Test func aLateReplyIsCountedBesideTheLoss() {
    var bench = SingleTunnel(
      Monitor(interval: .seconds(1), threshold: 5, timeout: .milliseconds(500)))
    bench.answering = true
    bench.rtt = 0.7
    bench.boot()
    bench.negotiate(1)
    bench.wait(2.8)
    #expect(bench.probeCounts == [2, 1, 0, 0], "the timeout follows at once")
    #expect(bench.value("probe_late_replies_total{tunnel=\"to-b\"}") == 1)
    #expect(bench.value("probe_rtt_seconds_bucket{tunnel=\"to-b\",le=\"0.5\"}") == 0)
    #expect(bench.value("probe_rtt_seconds_bucket{tunnel=\"to-b\",le=\"1\"}") == 3)
    #expect(bench.value("probe_loss_ratio{tunnel=\"to-b\"}") == 0)
  }

  @Test func aProbeThatIsSentLateSaysSo() {
    var bench = SingleTunnel()
    bench.answering = true
    bench.boot()
    bench.negotiate(1)
    bench.wait(3.5)
    #expect(bench.value("probe_lateness_seconds_bucket{le=\"0.001\"}") == 4)
    bench.sleepThrough(0.58)
    bench.play(.tick)
    bench.wait(0.3)
    #expect(bench.value("probe_lateness_seconds_count") == 5)
    #expect(bench.value("probe_lateness_seconds_bucket{le=\"0.05\"}") == 4)
    #expect(bench.value("probe_lateness_seconds_bucket{le=\"0.1\"}") == 5)
    bench.sleepThrough(4)
    bench.play(.tick)
    #expect(bench.value("stalls_total") == 1)
    #expect(bench.value("probe_lateness_seconds_bucket{le=\"1\"}") == 5)
    #expect(bench.value("probe_lateness_seconds_bucket{le=\"5\"}") == 7)
  }

  @Test(arguments: [(0.0, 0), (0.0005, 0), (0.000_500_001, 1), (0.0099, 4), (5, 12), (5.1, 13)])
  func bounds(seconds: Double, index: Int) {
    var histogram = Histogram(Histogram.roundTrips)
    histogram.note(.nanoseconds(Int64((seconds * 1e9).rounded())))
    #expect(histogram.counts.firstIndex(of: 1) == index)
  }

  // MARK: What was done

  @Test func clearsAreCountedByTheirCause() {
    var bench = SingleTunnel()
    bench.boot()
    bench.negotiate(1)
    bench.wait(5)
    #expect(bench.value("verify_path_failures_total{tunnel=\"to-b\"}") == 1)
    #expect(bench.value(clears("verify-path")) == 1)
    #expect(bench.value("renegotiation_attempts_total{tunnel=\"to-b\"}") == 1)
    bench.answering = true
    bench.negotiate(2)
    bench.wait(10)
    #expect(bench.value("tunnel_up{tunnel=\"to-b\"}") == 1)
    bench.play(.command(.clear(tunnel: "to-b"), nil))
    #expect(bench.value(clears("operator")) == 1)
    #expect(bench.value("tunnel_failures_total{tunnel=\"to-b\"}") == 1)
    bench.negotiate(3)
    bench.wait(10)
    bench.answering = false
    bench.wait(5)
    #expect(bench.value("vpn_monitor_failures_total{tunnel=\"to-b\"}") == 1)
    #expect(bench.value(clears("vpn-monitor")) == 1)
    #expect(bench.value(clears("other")) == 0)
  }

  private func clears(_ reason: String) -> String {
    "sa_clears_total{tunnel=\"to-b\",reason=\"\(reason)\"}"
  }

  @Test func aDeadPeerIsCounted() {
    var bench = SingleTunnel(
      nil, detection: DeadPeerDetection(mode: .optimized, interval: 2, threshold: 3))
    bench.daemonAnswers = true
    bench.boot()
    bench.negotiate(1)
    bench.traffic = (out: 5, in: 5)
    bench.wait(8)
    #expect(bench.value("dpd_peer_answers{gateway=\"gw-b\"}") == 1)
    #expect(bench.value("dpd_answers_total{gateway=\"gw-b\"}") == 1)
    (bench.traffic, bench.daemonAnswers) = ((out: 5, in: 0), false)
    bench.wait(9)
    #expect(bench.value("dpd_peer_deaths_total{gateway=\"gw-b\"}") == 1)
    #expect(bench.value("dpd_questions_total{gateway=\"gw-b\"}") ?? 0 >= 4)
    #expect(bench.value(clears("dead-peer-detection")) == 1)
    #expect(bench.value("bad_spi_packets_total{gateway=\"gw-b\"}") == nil)
  }

  // MARK: Names

  @Test func numbersOfATunnelThatGoesStay() {
    var hub = ManyTunnels([ManyTunnels.template(TemplateTests.byName)])
    hub.boot()
    var last: [String: Double] = [:]
    for round in 0..<6 {
      hub.answering = round % 2 == 0
      hub.addLink(1)
      hub.negotiate(1, serial: UInt32(round))
      hub.wait(7)
      hub.delete(1, serial: UInt32(round))
      hub.wait(4)
      hub.deleteLink(1)
      hub.wait(4)
      #expect(hub.tunnels.isEmpty)
      let now = hub.counters
      for (series, value) in last { #expect(now[series] ?? -1 >= value, "\(series)") }
      last = now
    }
    #expect(last["vpnagent_probes_total{tunnel=\"ipsec1\",result=\"answered\"}"] ?? 0 >= 18)
    #expect(last["vpnagent_sa_clears_total{tunnel=\"ipsec1\",reason=\"verify-path\"}"] == 3)
  }

  @Test func tunnelsWithoutEndAreCountedTogether() {
    var hub = ManyTunnels([ManyTunnels.template(TemplateTests.byName, isVerified: false)])
    let count = Counters.mostDiscovered + 40
    hub.boot(links: (1...count).map { ManyTunnels.link($0) })
    for number in 1...count { hub.negotiate(number) }
    hub.wait(0.5)
    let samples = hub.samples
    #expect(samples.keys.count { $0.hasPrefix("vpnagent_tunnel_up{") } == Counters.mostDiscovered)
    #expect(samples["vpnagent_tunnels{state=\"up\"}"] == Double(count))
    let answered = samples.filter {
      $0.key.hasPrefix("vpnagent_probes_total{") && $0.key.contains("answered")
    }
    #expect(answered.count == Counters.mostDiscovered + 1)
    #expect(answered.values.reduce(0, +) == Double(count))
    let others = "vpnagent_probes_total{tunnel=\"(others)\",result=\"answered\"}"
    #expect(answered[others] == 40)
  }

  @Test func noNameBreaksALine() {
    let name = "a\"b\\c\nd\r\ne"
    #expect(Exposition.label("tunnel", name) == "tunnel=\"a\\\"b\\\\c\\nd\r\\ne\"")
    var text = Exposition()
    text.begin("x", .gauge, "a \"quote\", a \\ and a\nline")
    text.sample(Exposition.label("l", "ä"), 0.1)
    text.sample("", Double.infinity)
    text.sample("", Double.nan)
    let golden = """
      # HELP vpnagent_x a "quote", a \\\\ and a\\nline
      # TYPE vpnagent_x gauge
      vpnagent_x{l="ä"} 0.1
      vpnagent_x +Inf
      vpnagent_x NaN

      """
    #expect(String(decoding: text.bytes, as: UTF8.self) == golden)
  }

  @Test func aFoundTunnelWithTheNameOfAConfiguredOneIsNotTwice() {
    let vpn = VPN(name: "ipsec1", gateway: "g", bindInterface: "ipsec2", monitor: Monitor())
    var hub = ManyTunnels([ManyTunnels.template(TemplateTests.byName)], vpns: [vpn])
    hub.boot(links: [ManyTunnels.link(1), ManyTunnels.link(2)])
    #expect(hub.tunnels.map(\.name) == ["ipsec1", "ipsec1"])
    #expect(hub.series.count == Set(hub.series).count)
    #expect(hub.samples["vpnagent_tunnels{state=\"absent\"}"] == 1)
    #expect(hub.samples["vpnagent_tunnels{state=\"idle\"}"] == 1)
  }
}

extension Core {
  func metrics(at now: Instant) -> String {
    var pieces = MetricsPieces(self)
    var text: [UInt8] = []
    while let piece = pieces.next(of: self, at: now, unixTime: 1_795_651_200) { text += piece }
    return String(decoding: text, as: UTF8.self)
  }
}

/// Series and values of a text, without its comments.
private func samples(of text: String) -> [(series: String, value: Double)] {
  text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
    let space = line.lastIndex(of: " ") ?? line.startIndex
    return (String(line[..<space]), Double(line[line.index(after: space)...]) ?? .nan)
  }
}

extension SingleTunnel {
  var metrics: String { core.metrics(at: instant) }

  /// The value of a series, `vpnagent_` left out.
  func value(_ series: String) -> Double? {
    samples(of: metrics).first { $0.series == "vpnagent_\(series)" }?.value
  }

  /// Probes answered, lost, clear, not sent.
  var probeCounts: [Int] {
    ["answered", "lost", "clear", "not_sent"].map {
      Int(value("probes_total{tunnel=\"to-b\",result=\"\($0)\"}") ?? -1)
    }
  }
}

extension ManyTunnels {
  var series: [String] {
    TunnelCoreTests.samples(of: core.metrics(at: instant)).map(\.series)
  }

  var samples: [String: Double] {
    let all = TunnelCoreTests.samples(of: core.metrics(at: instant))
    return Dictionary(all.map { ($0.series, $0.value) }) { $1 }
  }

  /// All that must only grow.
  var counters: [String: Double] {
    samples.filter { series, _ in
      ["_total", "_bucket", "_sum", "_count"].contains { series.prefix { $0 != "{" }.hasSuffix($0) }
    }
  }
}
