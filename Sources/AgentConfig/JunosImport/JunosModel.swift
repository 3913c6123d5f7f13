import TunnelCore

/// What the importer makes of a Junos configuration.
struct JunosModel {
  /// Its interval and threshold are those of `vpn-monitor-options`.
  var defaults = Monitor()
  /// `security ike respond-bad-spi`; nil: off.
  var respondBadSPI: RespondBadSPI?
  var gateways: [JunosImported<Gateway>] = []
  var vpns: [JunosImported<VPN>] = []
  /// Whether probes go as Junos sends them without anybody having said so.
  var asksForProbeSource = false
  /// Of no gateway and no VPN.
  var notes: [JunosNote] = []

  /// What the agent is to read from the file that is written.
  var configuration: Configuration {
    let kept = gateways.filter { !$0.isLeftOut }.map { ($0.value.name, $0.value) }
    var configuration = Configuration(
      gateways: Dictionary(kept) { first, _ in first },
      vpns: vpns.filter { !$0.isLeftOut }.map(\.value))
    configuration.respondBadSPI = respondBadSPI
    return configuration
  }
}

/// A gateway or a VPN, and what the file says about it besides.
struct JunosImported<Value> {
  var value: Value
  /// Its name in Junos.
  var junosName: String
  /// Its path in Junos.
  var path: [String]
  /// Where it begins.
  var line: Int
  /// The section is written, but as a comment.
  var isLeftOut = false
  /// What Junos calls the interface: `st0.0`.
  var junosLink: String?
  /// Where statements that are judged later stand, by their keywords.
  var lines: [String: Int] = [:]
  /// What stands beside keys of the section.
  var remarks: [String: String] = [:]
  var notes: [JunosNote] = []
}

/// A statement that has no key of ours, and what to do instead.
struct JunosNote: Hashable {
  /// Counted from 1.
  var line: Int
  var statement: String
  /// Lines; a command has one of its own.
  var remedy: String
}
