import TunnelCore

/// Writes a model as TOML: keys that differ from their defaults, and a comment for each note.
struct JunosWriter {
  /// One key of a section.
  private struct Entry {
    var key: String
    var value: String
  }

  private(set) var text = ""
  private static let width = 100

  /// The whole file. `fileName` is only named.
  static func write(_ model: JunosModel, fileName: String) -> String {
    var writer = JunosWriter()
    writer.comment("From \(fileName) (Junos) by `vpnagent import junos`.")
    writer.comment("N: STATEMENT -> what to do about line N, which has no equivalent key.")
    if model.asksForProbeSource {
      writer.comment(
        "Probes go as on Junos (probe-source). For Linux peers import with --probe-source link.")
    }
    writer.respondBadSPI(model.respondBadSPI)
    writer.defaults(model.defaults)
    for gateway in model.gateways { writer.gateway(gateway) }
    for vpn in model.vpns { writer.vpn(vpn) }
    if !model.notes.isEmpty {
      writer.text += "\n# Outside of gateways and VPNs:\n"
      writer.notes(model.notes)
    }
    return writer.text
  }

  /// It stands before the first table.
  private mutating func respondBadSPI(_ settings: RespondBadSPI?) {
    guard let settings else { return }
    let value =
      settings == RespondBadSPI() ? "true" : "{ max-responses = \(settings.maxResponses) }"
    text += "\nrespond-bad-spi = \(value)\n"
  }

  private mutating func defaults(_ monitor: Monitor) {
    let usual = Monitor()
    var entries: [Entry] = []
    if monitor.interval != usual.interval {
      entries.append(Entry(key: "interval", value: "\(monitor.interval.components.seconds)"))
    }
    if monitor.threshold != usual.threshold {
      entries.append(Entry(key: "threshold", value: "\(monitor.threshold)"))
    }
    if !entries.isEmpty { section("vpn-monitor-options", entries) }
  }

  // MARK: - Sections

  private mutating func gateway(_ gateway: JunosImported<Gateway>) {
    let addresses = gateway.value.addresses.map { quoted($0.description) }
    var entries = [
      Entry(
        key: "address",
        value: addresses.count == 1 ? addresses[0] : "[\(addresses.joined(separator: ", "))]")
    ]
    if let local = gateway.value.localAddress {
      entries.append(Entry(key: "local-address", value: quoted(local.description)))
    }
    if let detection = gateway.value.deadPeerDetection {
      entries.append(Entry(key: "dead-peer-detection", value: value(detection)))
    }
    var remarks = gateway.remarks
    if gateway.value.name != gateway.junosName { remarks[""] = junosText([gateway.junosName]) }
    section(
      "gateway.\(writtenKey(gateway.value.name))", entries, remarks, isLeftOut: gateway.isLeftOut)
    notes(gateway.notes)
  }

  private func value(_ detection: DeadPeerDetection) -> String {
    let usual = DeadPeerDetection()
    var parts: [String] = []
    if detection.mode != usual.mode { parts.append("mode = \(quoted(detection.mode.rawValue))") }
    if detection.interval != usual.interval { parts.append("interval = \(detection.interval)") }
    if detection.threshold != usual.threshold {
      parts.append("threshold = \(detection.threshold)")
    }
    return parts.isEmpty ? "true" : "{ \(parts.joined(separator: ", ")) }"
  }

  private mutating func vpn(_ vpn: JunosImported<VPN>) {
    let name = "vpn.\(writtenKey(vpn.value.name))"
    var remarks = vpn.remarks
    if vpn.value.name != vpn.junosName { remarks[""] = junosText([vpn.junosName]) }
    section(name, entries(vpn.value), remarks, isLeftOut: vpn.isLeftOut)
    notes(vpn.notes)
    guard let monitor = vpn.value.monitor else { return }
    section(
      "\(name).vpn-monitor", entries(monitor), vpn.remarks, isLeftOut: vpn.isLeftOut)
  }

  private func entries(_ vpn: VPN) -> [Entry] {
    let usual = VPN(name: "", gateway: "")
    var entries = [Entry(key: "gateway", value: quoted(vpn.gateway))]
    if let link = vpn.bindInterface {
      entries.append(Entry(key: "bind-interface", value: quoted(link)))
    }
    if vpn.establishTunnels != usual.establishTunnels {
      entries.append(
        Entry(key: "establish-tunnels", value: quoted(vpn.establishTunnels.rawValue)))
    }
    if vpn.linkControl != usual.linkControl {
      entries.append(Entry(key: "link-control", value: quoted(vpn.linkControl.rawValue)))
    }
    if !vpn.routes.isEmpty { entries.append(Entry(key: "routes", value: list(vpn.routes))) }
    return entries
  }

  private func entries(_ monitor: Monitor) -> [Entry] {
    var entries: [Entry] = []
    if monitor.mode == .optimized { entries.append(Entry(key: "optimized", value: "true")) }
    if monitor.probeSource != Monitor().probeSource {
      entries.append(Entry(key: "probe-source", value: quoted(monitor.probeSource.rawValue)))
    }
    if let name = monitor.sourceInterface {
      entries.append(Entry(key: "source-interface", value: quoted(name)))
    }
    if let address = monitor.destinations.first {
      entries.append(Entry(key: "destination-ip", value: quoted(address.description)))
    }
    if let verifyPath = monitor.verifyPath {
      entries.append(Entry(key: "verify-path", value: value(verifyPath)))
    }
    return entries
  }

  private func value(_ verifyPath: Monitor.VerifyPath) -> String {
    var parts: [String] = []
    if let address = verifyPath.destinations.first {
      parts.append("destination-ip = \(quoted(address.description))")
    }
    if verifyPath.packetSize != Monitor.VerifyPath().packetSize {
      parts.append("packet-size = \(verifyPath.packetSize)")
    }
    return parts.isEmpty ? "true" : "{ \(parts.joined(separator: ", ")) }"
  }

  /// On one line where it fits.
  private func list(_ prefixes: [IPPrefix]) -> String {
    let items = prefixes.map { quoted($0.description) }
    let line = "[\(items.joined(separator: ", "))]"
    return line.count <= 80 ? line : "[\n  \(items.joined(separator: ",\n  ")),\n]"
  }

  // MARK: - Lines

  private mutating func section(
    _ name: String, _ entries: [Entry], _ remarks: [String: String] = [:], isLeftOut: Bool = false
  ) {
    var lines = ["[\(name)]" + remark(remarks[""])]
    for entry in entries {
      lines.append("\(entry.key) = \(entry.value)" + remark(remarks[entry.key]))
    }
    let margin = isLeftOut ? "# " : ""
    let rows = lines.joined(separator: "\n").split(separator: "\n")
    text += "\n" + rows.map { "\(margin)\($0)\n" }.joined()
  }

  private func remark(_ remark: String?) -> String { remark.map { "  # \(plain($0))" } ?? "" }

  private mutating func notes(_ notes: [JunosNote]) {
    let ordered = notes.enumerated().sorted {
      ($0.element.line, $0.offset) < ($1.element.line, $1.offset)
    }
    for note in ordered.map(\.element) {
      let statement = "\(note.line): \(note.statement) ->"
      let remedies = note.remedy.split(separator: "\n").map(String.init)
      let line = "\(statement) \(remedies.joined(separator: " "))"
      if line.count + 2 <= Self.width {
        comment(line)
      } else {
        comment(statement)
        for remedy in remedies { comment(remedy, indent: Self.indent) }
      }
    }
  }

  private static let indent = "#    "

  /// Comment lines no wider than they need be: a word that is too long has a line of its own.
  private mutating func comment(_ words: String, indent: String = "#") {
    var line = indent
    for word in plain(words).split(separator: " ") {
      if line.count + 1 + word.count > Self.width {
        text += line + "\n"
        line = Self.indent
      }
      line += " " + word
    }
    text += line + "\n"
  }

  /// Our own reader refuses U+0000 in escaped form wherever it stands, hence no backslashes.
  private func plain(_ text: String) -> String {
    printable(text).filter { $0 != "\\" }
  }
}
