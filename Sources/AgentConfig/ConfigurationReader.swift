import OrderedCollections
import TunnelCore

let rootKeys = [
  "vici-socket", "notify", "notify-timeout", "respond-bad-spi", "mass-failure-threshold",
  "max-clears-per-minute", "metrics", "vpn-monitor-options", "gateway", "vpn", "template",
]

/// What `vpnagent clear` takes in the place of a VPN's name.
private let commandWords: Set<String> = ["statistics", "bad-spi-count"]

/// A configuration, and what in its file is allowed but hardly meant.
public struct LoadedConfiguration: Hashable, Sendable {
  /// What the file asks for.
  public var configuration: Configuration
  /// `FILE:LINE: KEY.PATH: remark`, one line each.
  public var warnings: [String]

  /// A configuration; without arguments that of an empty file.
  public init(configuration: Configuration = .observing, warnings: [String] = []) {
    self.configuration = configuration
    self.warnings = warnings
  }
}

/// Reads a TOML text. An empty one is valid and observes only.
///
/// `fileName` is not opened; it is what messages call the file. Throws every error of the file at
/// once, or the first where the text is not TOML.
public func parseConfiguration(
  _ text: String, fileName: String
) throws(ConfigurationError) -> LoadedConfiguration {
  try parseConfiguration(Array(text.utf8), fileName: fileName)
}

/// Reads the bytes of a TOML file, which must be UTF-8.
public func parseConfiguration(
  _ bytes: [UInt8], fileName: String
) throws(ConfigurationError) -> LoadedConfiguration {
  try parseConfiguration(bytes, fileName: fileName, namesLines: true)
}

/// - Parameter namesLines: Whether complaints name lines: not of a text that nobody has yet.
func parseConfiguration(
  _ bytes: [UInt8], fileName: String, namesLines: Bool
) throws(ConfigurationError) -> LoadedConfiguration {
  let document: TOMLDocument
  do {
    document = try TOMLDocument(bytes)
  } catch {
    let line = "\(printable(fileName)):\(error.line):\(error.column): \(error.reason)"
    throw ConfigurationError(lines: [line])
  }
  var reader = ConfigurationReader(fileName: fileName, document: namesLines ? document : nil)
  let configuration = reader.read(document.root)
  guard reader.complaints.errors.isEmpty else {
    throw ConfigurationError(lines: reader.complaints.errors)
  }
  return LoadedConfiguration(
    configuration: configuration, warnings: reader.complaints.warnings)
}

/// Turns the tables of one file into a `Configuration`. What it returns is only worth having when
/// there are no complaints: values that were refused have their defaults in it.
struct ConfigurationReader {
  var complaints: Complaints
  /// Every gateway that has a table, valid or not.
  private(set) var gatewayNames: [String] = []
  /// The same, to be looked up.
  private(set) var knownGateways: Set<String> = []
  /// Where each gateway address was first seen.
  var addressPaths: [IPAddress: String] = [:]
  /// Where each route was first seen.
  var routePaths: [IPPrefix: String] = [:]

  init(fileName: String, document: TOMLDocument?) {
    complaints = Complaints(fileName: fileName, document: document)
  }

  mutating func read(_ entries: OrderedDictionary<String, TOMLNode>) -> Configuration {
    let file = Item(path: "", value: .table(entries))
    guard let root = complaints.section(file, keys: rootKeys, home: homeOfRootKey)
    else { return .observing }
    let defaults = monitorDefaults(root["vpn-monitor-options"])
    let gateways = namedTables(root["gateway"], "gateway", gatewayKeys)
    gatewayNames = gateways.map(\.name)
    knownGateways = Set(gatewayNames)
    var configuration = Configuration.observing
    if let path = complaints.socketPath(root["vici-socket"]) { configuration.viciSocket = path }
    readNotify(root, into: &configuration)
    readGuards(root, into: &configuration)
    configuration.metrics = metrics(root["metrics"])
    configuration.respondBadSPI = respondBadSPI(root["respond-bad-spi"])
    for (name, item) in gateways {
      configuration.gateways[name] = gateway(name, item)
    }
    for (name, item) in namedTables(root["vpn"], "vpn", vpnKeys) {
      if commandWords.contains(name) {
        complaints.refuse(
          path: item.path,
          "bad name: `vpnagent clear \(name)` means something else; expected: any other name")
      }
      if let vpn = vpn(name, item, defaults: defaults) { configuration.vpns.append(vpn) }
    }
    for (name, item) in namedTables(root["template"], "template", templateKeys) {
      if let template = template(name, item, defaults: defaults) {
        configuration.templates.append(template)
      }
    }
    checkSharedLinks(configuration.vpns)
    checkTemplates(configuration.templates)
    checkUnusedGateways(configuration.vpns)
    checkTriggers(configuration)
    return configuration
  }

  /// The tables inside `[gateway]` or `[vpn]` in the file's order, those with bad names refused.
  private mutating func namedTables(
    _ item: Item?, _ kind: String, _ keys: [String]
  ) -> [(name: String, item: Item)] {
    guard let item else { return [] }
    if case .array(let elements) = item.value, elements.contains(where: \.isTable) {
      complaints.refuse(item, "write [\(kind).NAME] for each, not [[\(kind)]]")
      return []
    }
    guard let section = complaints.table(item) else { return [] }
    let tables = section.items.filter { name, item in
      let split = item.value.names(from: name, keys)
      for name in split {
        complaints.refuse(
          path: "\(kind).\(name)",
          "a name with dots needs quotes: [\(kind).\(quoted(name))]")
      }
      return split.isEmpty
    }
    for (name, item) in tables where !isName(name) {
      complaints.refuse(
        path: item.path,
        "invalid name; expected: 1...64 characters from A-Z, a-z, 0-9, '.', '_' and '-'")
    }
    return tables
  }

  /// Names stand in log lines and alarms that are taken apart at white space.
  private func isName(_ name: String) -> Bool {
    (1...64).contains(name.utf8.count)
      && name.unicodeScalars.allSatisfy { scalar in
        switch scalar {
        case "A"..."Z", "a"..."z", "0"..."9", ".", "_", "-": true
        default: false
        }
      }
  }
}
