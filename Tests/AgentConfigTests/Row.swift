import AgentConfig
import Testing

/// One row of a table of bad files: its text, and what is said of it after the file's name.
struct Row: Sendable, CustomTestStringConvertible {
  var text: String
  var complaints: [String]

  var testDescription: String { text.debugDescription }

  init(_ text: String, _ complaints: String...) {
    self.text = text
    self.complaints = complaints
  }

  /// A file with a gateway GW and a VPN v through it; `lines` are in v's table.
  static func vpn(_ lines: String, _ complaints: String...) -> Row {
    var row = Row("gateway.GW.address = '203.0.113.1'\n[vpn.v]\ngateway = 'GW'\n\(lines)")
    row.complaints = complaints
    return row
  }

  /// Expects the parser to say just that.
  func check(sourceLocation: SourceLocation = #_sourceLocation) {
    do {
      _ = try parseConfiguration(text, fileName: "f.toml")
      Issue.record("no error", sourceLocation: sourceLocation)
    } catch {
      #expect(
        error.lines.map { PlacedLine($0).text } == complaints.map { "f.toml:\($0)" },
        sourceLocation: sourceLocation)
      for line in error.lines {
        #expect(PlacedLine(line).isRight(in: text), "\(line)", sourceLocation: sourceLocation)
      }
    }
  }
}

/// A complaint of a value: `f.toml:3: vpn.v.routes[1] = 7: ...`.
struct PlacedLine {
  /// Counted from 1; nil: it names none, or a column too.
  var number: Int?
  /// The complaint without it.
  var text: String

  init(_ line: String) {
    text = line
    let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, let number = Int(parts[1]), parts[2].first == " " else { return }
    self.number = number
    text = "\(parts[0]):\(parts[2])"
  }

  /// Whether that line of the file has the key, a key around it, or an element.
  func isRight(in file: String) -> Bool {
    guard let number else { return text.split(separator: ":")[1].first?.isNumber == true }
    let lines = file.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.indices.contains(number - 1) else { return false }
    let path = text.dropFirst("f.toml: ".count).prefix { $0 != ":" && $0 != "=" && $0 != " " }
    let keys = path.split { "[].\"".contains($0) }.map(String.init)
    return keys.contains { lines[number - 1].contains($0) } || path.contains("[")
      || keys.isEmpty || path.contains("\"")
  }
}

// What is allowed, as messages have it.
let vpnKeys =
  "gateway, bind-interface, establish-tunnels, link-control, routes, guard-protocols, "
  + "held-route, vpn-monitor, ike-child, renegotiate-command"
let monitorKeys =
  "optimized, interval, threshold, timeout, probe-source, source-interface, "
  + "destination-ip, accept-clear-reply, path-mtu, verify-path, \(reactionKeys)"
let reactionKeys = "action, recovery-threshold, renegotiate-backoff, never-answered"
let rootKeys =
  "vici-socket, notify, notify-timeout, respond-bad-spi, mass-failure-threshold, "
  + "max-clears-per-minute, metrics, vpn-monitor-options, gateway, vpn, template"
let programForm =
  "an absolute path, or an array of it and up to 63 arguments"
let protocols =
  "unspec, unset, redirect, boot, static, ra, dhcp, zebra, bird, babel, bgp, isis, ospf, "
  + "rip, eigrp, or a number 0...255 except 2"
let addressForm =
  "an IPv4 or IPv6 address without zone or length"
let prefixForm =
  "ADDRESS/LENGTH, 0...32 for IPv4, 0...128 for IPv6"
let interfaceForm =
  "1...15 bytes without '/', ':' or white space"
let nameForm =
  "1...64 characters from A-Z, a-z, 0-9, '.', '_' and '-'"
let socketForm =
  "an absolute path of at most 107 bytes"
let sizeRange =
  "64...1350 (bytes of the whole ICMP message)"
let thresholdRange =
  "1...65536 (consecutive lost probes)"
let intervalRange =
  "0.1...3600 (seconds)"
let timeoutRange =
  "0.05...3600 (seconds)"
let sharing =
  "use one gateway per link, or link-control = \"none\" in every VPN on it"
let unicast =
  "expected: a unicast address"
let once =
  "list each address only once in the file"
