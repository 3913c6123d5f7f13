import TunnelCore

/// Names of links. What cannot be one is refused with what was meant.
extension Complaints {
  private static let longest = 15

  /// The name of a network interface, as the kernel would take it (dev_valid_name).
  mutating func interfaceName(_ item: Item?) -> String? {
    guard let item, let name = string(item, allowed: "1...15 bytes without '/', ':' or white space")
    else {
      return nil
    }
    if let problem = Self.problem(withName: name) {
      refuse(item, "not an interface name: \(problem)")
      return nil
    }
    return name
  }

  /// A pattern for names of interfaces.
  mutating func namePattern(_ item: Item?) -> NamePattern? {
    let allowed = "an interface name; * matches any characters, ? exactly one"
    guard let item, let text = string(item, allowed: allowed) else { return nil }
    let pattern = NamePattern(text)
    if let problem = Self.problem(withName: text, length: pattern.shortest) {
      refuse(item, "no interface can have this name: \(problem)")
      return nil
    }
    return pattern
  }

  /// What is wrong with the name of an interface, and what it should be; nil when nothing is.
  ///
  /// - Parameter length: bytes that it has at least; nil: as many as it is long.
  private static func problem(withName name: String, length: Int? = nil) -> String? {
    if name.isEmpty { return "it is empty" }
    let first = name.split(separator: "/", omittingEmptySubsequences: false).first.map(String.init)
    if IPAddress(name) != nil || first.flatMap({ IPAddress($0) }) != nil {
      return "it is an address; write the name of the interface that has it (ip -br address)"
    }
    if let at = name.firstIndex(of: "@") {
      let (link, other) = (name[..<at], name[name.index(after: at)...])
      return "write \(quoted(String(link))): the part after @ is "
        + (other == "NONE" ? "not part of the name" : "the underlying link")
    }
    if let colon = name.firstIndex(of: ":") {
      return
        "write \(quoted(String(name[..<colon]))): the part after ':' is an address label"
    }
    if name.unicodeScalars.contains(where: { $0.properties.isWhitespace || $0.value < 0x20 }) {
      return "it contains white space"
    }
    if name.contains("/") { return "it contains '/'" }
    if name == "." || name == ".." { return "the kernel does not accept . or .." }
    let bytes = length ?? name.utf8.count
    return bytes > longest ? "it has \(bytes) bytes, the maximum is \(longest)" : nil
  }

  /// Refuses or warns of a link that cannot be a tunnel's, by its name alone. What a link really is
  /// only the host says: the agent looks before it touches one, and `doctor` tells.
  mutating func checkTunnelName(_ item: Item, _ name: String) -> Bool {
    if Link.isOwnName(name) {
      refuse(item, "reserved for the agent's own links; use a name that does not begin with vpa")
      return false
    }
    if name == "lo" || kernelsOwn.contains(name) {
      refuse(
        item,
        "a fallback device that exists in every namespace; write the name of the tunnel's VTI or "
          + "XFRM interface")
      return false
    }
    if devices.contains(where: { NamePattern($0).matches(name) }),
      name.utf8.last.map({ (48...57).contains($0) }) ?? false
    {
      warn(
        path: item.path,
        "\(name) looks like a network device; unless it is the tunnel's VTI or XFRM interface, the "
          + "agent leaves it alone")
    }
    return true
  }
}

/// Devices that modules make in each namespace.
private let kernelsOwn: Set<String> = [
  "ip_vti0", "ip6_vti0", "tunl0", "sit0", "gre0", "gretap0", "erspan0", "ip6tnl0", "ip6gre0",
]

/// Names that udev and others give to devices.
private let devices = [
  "eth?*", "eno?*", "enp?*", "ens?*", "enx?*", "wlan?*", "wlp?*", "ppp?*", "bond?*", "virbr?*",
]
