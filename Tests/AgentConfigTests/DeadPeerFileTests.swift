import AgentConfig
import Testing
import TunnelCore

@Suite struct DeadPeerFileTests {
  private func load(_ value: String) throws -> (DeadPeerDetection?, [String]) {
    let text =
      "[gateway.GW]\naddress = '203.0.113.1'\ndead-peer-detection = \(value)\n"
      + "[vpn.v]\ngateway = 'GW'"
    let loaded = try parseConfiguration(text, fileName: "f.toml")
    return (loaded.configuration.gateways["GW"]?.deadPeerDetection, loaded.warnings)
  }

  @Test(
    arguments: [
      ("true", DeadPeerDetection()), ("false", nil), ("{}", DeadPeerDetection()),
      ("'always-send'", DeadPeerDetection(mode: .alwaysSend)),
      ("'probe-idle-tunnel'", DeadPeerDetection(mode: .probeIdleTunnel)),
      (
        "{ mode = 'optimized', interval = 2, threshold = 3 }",
        DeadPeerDetection(interval: 2, threshold: 3)
      ),
      ("{ transport = 'ike-ping' }", DeadPeerDetection(transport: .ikePing)),
      (
        "{ transport = 'charon' }",
        DeadPeerDetection(mode: .probeIdleTunnel, transport: .charon)
      ),
      (
        "{ transport = 'auto', mode = 'probe-idle-tunnel' }",
        DeadPeerDetection(mode: .probeIdleTunnel)
      ),
      ("{ interval = 60, threshold = 1 }", DeadPeerDetection(interval: 60, threshold: 1)),
    ] as [(String, DeadPeerDetection?)])
  func values(text: String, wanted: DeadPeerDetection?) throws {
    let (detection, warnings) = try load(text)
    #expect(detection == wanted)
    #expect(warnings.isEmpty)
  }

  @Test func aHastyThresholdIsWarnedOf() throws {
    let (_, warnings) = try load("{ interval = 5, threshold = 2 }")
    #expect(
      warnings == [
        "f.toml:3: gateway.GW.dead-peer-detection: threshold 2 x interval 5 s: a few lost packets, "
          + "or a peer busy for 10 s, take its tunnels down; recommended below 10 s: a threshold "
          + "of at least 3"
      ])
  }

  @Test(arguments: [
    Row(
      "'always'",
      " gateway.GW.dead-peer-detection = \"always\": unknown value; expected: optimized, "
        + "probe-idle-tunnel, always-send"),
    Row(
      "10",
      " gateway.GW.dead-peer-detection = 10: must be true, false, a mode or a table, not an "
        + "integer; expected: optimized, probe-idle-tunnel, always-send, or a table"),
    Row(
      "{ mode = 'optimised', interval = 1, threshold = 6, delay = 3 }",
      " gateway.GW.dead-peer-detection.delay = 3: unknown key; expected: mode, interval, "
        + "threshold, transport",
      " gateway.GW.dead-peer-detection.mode = \"optimised\": unknown value; expected: optimized, "
        + "probe-idle-tunnel, always-send",
      " gateway.GW.dead-peer-detection.interval = 1: must be 2...60 (seconds)",
      " gateway.GW.dead-peer-detection.threshold = 6: must be 1...5 (consecutive unanswered "
        + "questions)"),
    Row(
      "{ transport = 'vici' }",
      " gateway.GW.dead-peer-detection.transport = \"vici\": unknown value; expected: auto, "
        + "ike-ping, charon"),
    Row(
      "{ transport = 'charon', mode = 'optimized' }",
      " gateway.GW.dead-peer-detection.mode = \"optimized\": with transport = \"charon\" "
        + "strongSwan probes when no packets arrive; expected: probe-idle-tunnel"),
    Row(
      "{ interval = 2.5 }",
      " gateway.GW.dead-peer-detection.interval = 2.5: must be an integer, not a float; expected: "
        + "2...60 (seconds)"),
  ])
  func badValuesAreRefused(row: Row) {
    var row = row
    row.text =
      "[gateway.GW]\naddress = '203.0.113.1'\ndead-peer-detection = \(row.text)\n"
      + "[vpn.v]\ngateway = 'GW'"
    row.check()
  }
}
