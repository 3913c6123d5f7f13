import AgentConfig
import Testing
import TunnelCore

/// A Junos configuration, and what its import gives: a file, or errors.
struct JunosRow: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var links: [String: String]
  var probeSource: Monitor.ProbeSource?
  var isLenient: Bool
  var text: String
  /// Without the two lines that head every file.
  var toml: String?
  /// Of a file that was written.
  var warnings: [String]
  var errors: [String]
  /// Lines that say again what another one says, or what holds anyway.
  var redundant: Set<Int>

  init(
    _ name: String, links: [String: String] = [:], probeSource: Monitor.ProbeSource? = nil,
    isLenient: Bool = false,
    redundant: Set<Int> = [], _ text: String, toml: String? = nil, warnings: String = "",
    errors: String = ""
  ) {
    testDescription = name
    self.links = links
    self.probeSource = probeSource
    self.isLenient = isLenient
    self.redundant = redundant
    self.text = text
    self.toml = toml
    self.warnings = warnings.split(separator: "\n").map(String.init)
    self.errors = errors.split(separator: "\n").map(String.init)
  }
}

/// What the reader says of a monitored VPN that Junos' default leaves on-traffic.
let junosOnTraffic = """
  f.conf as TOML: vpn.V.establish-tunnels: "on-traffic" (the default) with vpn-monitor: after a failure \
  the tunnel is held, and only start_action = trap in strongSwan, or the peer, brings it back; "immediately" \
  always does
  """

private let head = """
  # From f.conf (Junos) by `vpnagent import junos`.
  # N: STATEMENT -> what to do about line N, which has no equivalent key.

  """

/// The head of a file with a monitored VPN whose probe-source nobody asked for.
private let askingHead =
  head
  + "# Probes go as on Junos (probe-source). For Linux peers import with --probe-source link.\n"

let junosRows =
  junosPlainRows + junosLinkRows + junosOddRows + junosDaemonRows + junosLostRows + junosBrokenRows
  + junosElsewhereRows + [threeVPNs]

@Test(arguments: junosRows)
func aJunosConfigurationIsImportedAsListed(row: JunosRow) {
  do {
    let result = try importJunos(
      row.text, fileName: "f.conf", links: row.links, probeSource: row.probeSource,
      isLenient: row.isLenient)
    #expect(
      result.toml
        == row.toml.map { toml in
          let asks = row.probeSource == nil && toml.contains("\nprobe-source")
          return (asks ? askingHead : head) + toml
        })
    #expect(result.warnings == row.warnings)
  } catch {
    #expect(row.toml == nil)
    #expect(error.lines == row.errors)
  }
}

@Test func fortyFragmentsAtLeast() {
  #expect(junosRows.count >= 40)
  #expect(junosRows.count { $0.toml != nil } >= 20)
  #expect(junosRows.count { $0.toml == nil } >= 15)
}

@Test(arguments: junosRows.filter { $0.toml != nil && !$0.isLenient })
func ourReaderHasNoComplaintAboutAnImportedFile(row: JunosRow) throws {
  let loaded = try parseConfiguration(try #require(row.toml), fileName: "f.toml")
  // What Junos' on-traffic needs of strongSwan is said beside it.
  #expect(loaded.warnings.filter { !$0.contains(".establish-tunnels: \"on-traffic\"") } == [])
}

/// The curly form of the same statements gives the same file.
@Test func bothFormsMeanTheSame() throws {
  let set = """
    set security ike gateway GW address 203.0.113.1
    set security ipsec vpn V ike gateway GW
    set security ipsec vpn V bind-interface st0.0
    set security ipsec vpn V vpn-monitor verify-path packet-size 100
    """
  let curly = """
    security { ike { gateway GW {\taddress 203.0.113.1; } }
    ipsec { vpn V { ike { gateway GW; }
    bind-interface st0.0;
    vpn-monitor { verify-path { packet-size 100; } } } } }
    """
  #expect(try importJunos(set, fileName: "f") == importJunos(curly, fileName: "f"))
}

@Test func secretsAreNowhere() throws {
  let text = threeVPNs.text.replacing("address 192.0.2.77;", with: "adress \"$9$hQbc\";")
  for isLenient in [true, false] {
    var said = ""
    do {
      let result = try importJunos(text, fileName: "f", isLenient: isLenient)
      said = result.toml + result.warnings.joined()
    } catch {
      said = error.description
    }
    #expect(said.contains("<secret>"))
    #expect(!said.contains("$9$"))
  }
}

// MARK: - Robustness

/// Imports `text`; whatever comes of it must be a file of ours or lines without control characters.
private func survives(_ text: String) {
  for isLenient in [true, false] {
    var lines: [String] = []
    do {
      let result = try importJunos(text, fileName: "f.conf", isLenient: isLenient)
      lines = result.warnings
      #expect(throws: Never.self) { try parseConfiguration(result.toml, fileName: "f.toml") }
    } catch {
      lines = error.lines
      #expect(!lines.isEmpty)
      // What was written is always a file of ours.
      #expect(!lines.contains { $0.hasPrefix("f.conf as TOML") }, "\(text.debugDescription)")
    }
    #expect(
      !lines.contains { $0.unicodeScalars.contains { $0.properties.generalCategory == .control } },
      "\(text.debugDescription)")
  }
}

@Test func everyPrefixIsImportedOrRefused() {
  let bytes = Array(threeVPNs.text.utf8)
  for end in stride(from: 0, to: bytes.count, by: 7) {
    survives(String(decoding: bytes[..<end], as: UTF8.self))
  }
}

@Test(arguments: junosRows)
func aChangedWordIsImportedOrRefused(row: JunosRow) {
  let words = row.text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
  let others = [
    "", "{", "}", ";", "[", "]", "\"", "/*", "#", "\n", "\\u0000", "\u{1}", "é", "deactivate", "::",
    "st0.0", "99999999999999999999", "apply-groups", "inactive:", "set", "\"a\\u0000\nb\"",
  ]
  for index in stride(from: 0, to: words.count, by: max(1, words.count / 40)) {
    var changed = words
    changed[index] = others[index % others.count]
    survives(changed.joined(separator: " "))
    changed.remove(at: index)
    survives(changed.joined(separator: " "))
  }
}

@Test(arguments: [
  "{", "a{", "[", "set ", "a;", "}", "\"", "/*", "*/", "security{ike{", "inactive: ", "edit a\n",
  "set security ike gateway ", "\\", "$", "\u{feff}",
])
func endlessRepetitionIsImportedOrRefused(part: String) {
  for count in [1, 2, 3, 70, 5_000] {
    survives(String(repeating: part, count: count))
    survives("set security ipsec vpn V ike gateway " + String(repeating: part, count: count))
  }
}
