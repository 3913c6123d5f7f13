import TunnelCore

// Values of leaves. Each function notes why it returns nil.
extension JunosTranslator {
  /// A number in Junos' range; `unit` says what it counts.
  mutating func number(
    _ leaf: JunosNode, in path: [String], _ range: ClosedRange<Int>, _ unit: String,
    _ notes: inout [JunosNote]
  ) -> Int? {
    if let value = junosNumber(leaf.value, in: range) { return value }
    let allowed = "\(range.lowerBound)...\(range.upperBound) (\(unit))"
    notes.append(refusal(leaf, in: path, allowed: allowed))
    return nil
  }

  /// The address of one host.
  mutating func host(
    _ leaf: JunosNode, in path: [String], _ notes: inout [JunosNote]
  ) -> IPAddress? {
    if let address = leaf.value.flatMap({ IPAddress($0) }), address.isHost { return address }
    notes.append(refusal(leaf, in: path, allowed: "a unicast IPv4 or IPv6 address"))
    return nil
  }

  /// One of the names of an enumeration's cases, or of `others`.
  mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ leaf: JunosNode, in path: [String], others: [String: Choice], _ notes: inout [JunosNote]
  ) -> Choice? {
    if let value = leaf.value, let choice = Choice(rawValue: value) ?? others[value] {
      return choice
    }
    let allowed = Choice.allCases.map(\.rawValue) + others.keys.sorted()
    notes.append(refusal(leaf, in: path, allowed: allowed.joined(separator: ", ")))
    return nil
  }

  private mutating func refusal(
    _ leaf: JunosNode, in path: [String], allowed: String
  ) -> JunosNote {
    let problem = leaf.value == nil || leaf.value == "" ? "value missing" : "not valid"
    return findings.lose(leaf.head, in: path, line: leaf.line, "\(problem); expected: \(allowed)")
  }

  /// A name that our files take, made of one of Junos': 1...64 characters out of `A-Z a-z 0-9 . _ -`.
  func freeName(for junosName: String, notIn taken: [String]) -> String {
    var name = String.UnicodeScalarView()
    for scalar in junosName.unicodeScalars.prefix(56) {
      switch scalar {
      case "A"..."Z", "a"..."z", "0"..."9", ".", "_", "-": name.append(scalar)
      default: name.append("-")
      }
    }
    let stem = name.isEmpty ? "unnamed" : String(name)
    var free = stem
    var count = 2
    while taken.contains(free) {
      free = "\(stem)-\(count)"
      count += 1
    }
    return free
  }

  /// A prefix as Junos takes it, host bits left as they are: `10.2.0.0/16`, `10/8`, `default`.
  func prefix(_ text: String) -> (address: IPAddress, length: Int)? {
    if text == "default" { return (IPAddress(0, 0, 0, 0), 0) }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let first = parts.first else { return nil }
    var digits = String(first)
    if parts.count == 2, !digits.contains(":"), !digits.isEmpty {
      let missing = 3 - digits.utf8.count { $0 == UInt8(ascii: ".") }
      digits += String(repeating: ".0", count: max(0, missing))
    }
    guard let address = IPAddress(digits) else { return nil }
    guard parts.count == 2 else { return (address, address.family.bits) }
    guard let length = junosNumber(String(parts[1]), in: 0...address.family.bits) else {
      return nil
    }
    return (address, length)
  }
}

extension IPAddress {
  /// Whether one host can have it.
  var isHost: Bool { !isUnspecified && !isGroup(self) }
}
