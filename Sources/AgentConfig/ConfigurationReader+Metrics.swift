import TunnelCore

extension ConfigurationReader {
  /// `metrics`: a table with `listen`; nil: off.
  mutating func metrics(_ item: Item?) -> MetricsAddress? {
    guard let section = complaints.section(item, keys: ["listen"]) else { return nil }
    guard let listen = section["listen"] else {
      complaints.refuse(path: section.path(of: "listen"), "missing; expected: \(metricsForm)")
      return nil
    }
    return complaints.metricsAddress(listen)
  }
}

private let metricsForm = "\"127.0.0.1:PORT\", \"[::1]:PORT\" or \"unix:/PATH\""

extension Complaints {
  /// Where to listen for HTTP: nobody is asked for a password there, so only this host may come.
  fileprivate mutating func metricsAddress(_ item: Item) -> MetricsAddress? {
    guard let text = string(item, allowed: metricsForm) else { return nil }
    if text.hasPrefix("unix:") {
      let path = text.dropFirst("unix:".count)
      guard path.hasPrefix("/"), path.utf8.count <= 107, !path.utf8.contains(0) else {
        refuse(item, "not the path of a socket; expected: unix:/PATH, at most 107 bytes of path")
        return nil
      }
      return .unix(String(path))
    }
    guard let colon = text.lastIndex(of: ":"),
      let port = UInt16(text[text.index(after: colon)...]), port > 0,
      let address = address(text[..<colon])
    else {
      refuse(item, "not an address and a port; expected: \(metricsForm)")
      return nil
    }
    guard address.isLoopback else {
      refuse(item, "would be reachable from other hosts; use a loopback address: \(metricsForm)")
      return nil
    }
    return .tcp(address, port: port)
  }

  /// `127.0.0.1`, or `[::1]`.
  private func address(_ text: Substring) -> IPAddress? {
    guard text.hasPrefix("["), text.hasSuffix("]") else {
      return IPAddress(String(text)).flatMap { $0.family == .ipv4 ? $0 : nil }
    }
    return IPAddress(String(text.dropFirst().dropLast())).flatMap {
      $0.family == .ipv6 ? $0 : nil
    }
  }
}
