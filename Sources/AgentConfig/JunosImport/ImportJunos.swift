import TunnelCore

/// What the import of a Junos configuration gives.
public struct JunosImport: Hashable, Sendable {
  /// A file that `parseConfiguration` takes.
  public var toml: String
  /// `FILE: remark`, one line each: what was left out, what is allowed but hardly meant.
  public var warnings: [String]
}

/// Turns a Junos configuration, in set or curly form, into the agent's.
///
/// Statements that the agent has no key for become comments that say what to do instead.
///
/// - Parameters:
///   - text: All of a configuration, or its `security` part.
///   - fileName: Not opened; what messages and the file's head call it.
///   - links: Names of Linux interfaces by those of Junos (`st0.0`), or by the VPN they are for.
///   - probeSource: Where probes of VPNs with a link go; nil: between the endpoints, as Junos does,
///     and the file asks for it.
///   - isLenient: Whether what cannot be kept is left out, with a comment and a warning each,
///     instead of being an error.
/// - Throws: Every statement that cannot be kept, or the first where the text is no configuration:
///   `FILE:LINE: STATEMENT: what is wrong; expected: ...`.
public func importJunos(
  _ text: String, fileName: String, links: [String: String] = [:],
  probeSource: Monitor.ProbeSource? = nil, isLenient: Bool = false
) throws(ConfigurationError) -> JunosImport {
  let name = printable(fileName)
  try checkLinks(links)
  if let form = junosOtherForm(text) {
    throw ConfigurationError(lines: ["\(name):\(form.line): \(form.name); \(junosExport)"])
  }
  let read: JunosStatements
  do {
    read = try JunosReader.read(text)
  } catch {
    throw ConfigurationError(lines: ["\(name):\(error.line): \(printable(error.reason))"])
  }
  let tree = JunosNode.tree(read.commands)
  let skipped = passedOver(read.skipped, fileName: name)
  var translator = JunosTranslator(fileName: fileName, links: links, probeSource: probeSource)
  translator.translate(tree, unfollowed: read.unfollowed)
  let hasTunnels = ["ike", "ipsec"].contains { tree["security"]?[$0]?.children.isEmpty == false }
  guard hasTunnels || !translator.findings.errors.isEmpty else {
    throw ConfigurationError(lines: skipped + ["\(name): \(nothingToImport)"])
  }
  let losses = translator.findings.errors
  guard losses.isEmpty || isLenient else {
    throw ConfigurationError(lines: losses + ["\(name): \(lenientHint(losses.count))"])
  }
  let toml = JunosWriter.write(translator.model, fileName: fileName)
  let loaded = try parseConfiguration(
    Array(toml.utf8), fileName: "\(name) as TOML", namesLines: false)
  let isEmpty = loaded.configuration.vpns.isEmpty
  let unused = links.keys.filter { !translator.usedLinks.contains($0) }.sorted()
  return JunosImport(
    toml: toml,
    warnings: skipped + translator.findings.warnings + loaded.warnings
      + unused.map {
        "\(name): --link \(junosText([$0])): no interface or VPN of this name in the file"
      }
      + (isEmpty ? ["\(name): contains no VPN that can be converted"] : []))
}

private let nothingToImport =
  "contains neither 'security ike' nor 'security ipsec'; expected: the output of 'show "
  + "configuration' or 'show configuration security', with or without '| display set'"

private func lenientHint(_ losses: Int) -> String {
  "\(counted(losses, "statement")) cannot be converted; --lenient turns "
    + (losses == 1 ? "it into a comment" : "them into comments")
}

/// What had nothing to do with tunnels and could not be read, a line each; of many the first ones.
private func passedOver(_ skipped: [JunosSyntaxError], fileName: String) -> [String] {
  let lines = skipped.prefix(5).map {
    "\(fileName):\($0.line): \(printable($0.reason)); passed over"
  }
  let rest = skipped.count - lines.count
  return lines + (rest == 0 ? [] : ["\(fileName): \(rest) more lines passed over"])
}

private func checkLinks(_ links: [String: String]) throws(ConfigurationError) {
  var complaints = Complaints(fileName: "--link")
  for (name, link) in links.sorted(by: { $0.key < $1.key }) {
    _ = complaints.interfaceName(Item(path: junosText([name]), value: .string(link)))
  }
  guard complaints.errors.isEmpty else { throw ConfigurationError(lines: complaints.errors) }
}
