import TunnelCore

/// A .network file of systemd-networkd, as far as the doctor reads it.
public struct NetworkdFile: Hashable, Sendable {
  /// Its path.
  public var path: String
  /// `Name=` of [Match]: patterns; empty where another thing is matched.
  public private(set) var names: [String] = []
  /// Whether something else is to match too.
  public private(set) var matchesMore = false
  /// ConfigureWithoutCarrier= of [Network].
  public private(set) var configuresWithoutCarrier = false
  /// IgnoreCarrierLoss= of [Network]: whether it is yes; nil: not said, then it is as the other.
  public private(set) var ignoresCarrierLoss: Bool?

  /// Reads a file and its drop-ins, in their order.
  public init(path: String, texts: [String]) {
    self.path = path
    for text in texts { read(text) }
  }

  /// Whether a held link keeps what networkd gave it.
  public var keepsHeldLinks: Bool {
    configuresWithoutCarrier && (ignoresCarrierLoss ?? configuresWithoutCarrier)
  }

  /// Whether a link of this name is its: the first file that fits is the only one that applies.
  public func fits(_ name: String) -> Bool {
    let isMeant = names.contains { pattern in
      let parts = pattern.split(separator: " ").map(String.init)
      let refused = parts.first?.hasPrefix("!") == true
      let found = parts.contains {
        NamePattern($0.hasPrefix("!") ? String($0.dropFirst()) : $0).matches(name)
      }
      return found != refused
    }
    return isMeant && !matchesMore
  }

  private mutating func read(_ text: String) {
    var section = ""
    for line in text.split(separator: "\n") {
      let line = Self.trimmed(line)
      if line.hasPrefix("#") || line.hasPrefix(";") { continue }
      if line.hasPrefix("[") {
        section = line
        continue
      }
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { continue }
      read(section, Self.trimmed(parts[0]), Self.trimmed(parts[1]))
    }
  }

  private mutating func read(_ section: String, _ key: String, _ value: String) {
    switch (section, key) {
    case ("[Match]", "Name"): names.append(value)
    case ("[Match]", _): matchesMore = true
    case ("[Network]", "ConfigureWithoutCarrier"): configuresWithoutCarrier = Self.isYes(value)
    // A span of time is not for ever.
    case ("[Network]", "IgnoreCarrierLoss"): ignoresCarrierLoss = Self.isYes(value)
    case (_, _): break
    }
  }

  private static func isYes(_ value: String) -> Bool {
    ["yes", "true", "1", "on", "y", "t"].contains(value.lowercased())
  }

  private static func trimmed(_ text: some StringProtocol) -> String {
    let blank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" }
    var text = Substring(text).drop(while: blank)
    while let last = text.last, blank(last) { text.removeLast() }
    return String(text)
  }
}
