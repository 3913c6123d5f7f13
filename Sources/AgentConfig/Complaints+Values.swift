import TunnelCore

extension Complaints {
  /// true or false.
  mutating func boolean(_ item: Item?) -> Bool? {
    guard let item else { return nil }
    guard case .boolean(let value) = item.value else {
      refuseType(item, wanted: "true or false")
      return nil
    }
    return value
  }

  /// An integer in `range`; `unit` says what it counts.
  mutating func integer(_ item: Item?, in range: ClosedRange<Int>, unit: String) -> Int? {
    guard let item else { return nil }
    let allowed = "\(range.lowerBound)...\(range.upperBound) (\(unit))"
    guard case .integer(let value) = item.value else {
      refuseType(item, wanted: "an integer", allowed: allowed)
      return nil
    }
    guard range.contains(value) else {
      refuse(item, "must be \(allowed)")
      return nil
    }
    return value
  }

  /// Seconds from `least` to 3600, rounded to the nanosecond.
  mutating func seconds(_ item: Item?, atLeast least: Double) -> Duration? {
    number(item, atLeast: least, atMost: 3600, of: "seconds")
      .map { .nanoseconds(Int64(($0 * 1e9).rounded())) }
  }

  /// A number from `least` to `most`, with or without a fraction; `unit` says what it counts.
  mutating func number(
    _ item: Item?, atLeast least: Double, atMost most: Int, of unit: String
  ) -> Double? {
    guard let item else { return nil }
    let allowed = "\(least)...\(most) (\(unit))"
    let value: Double
    switch item.value {
    case .integer(let integer): value = Double(integer)
    case .float(let float): value = float
    case .string(let text) where unit == "seconds" && meantSeconds(text) != nil:
      refuse(item, "times are numbers of seconds; write \(meantSeconds(text) ?? "")")
      return nil
    default:
      refuseType(item, wanted: "an integer or a float", allowed: allowed)
      return nil
    }
    guard value >= least, value <= Double(most) else {  // false for NaN too
      refuse(item, "must be \(allowed)")
      return nil
    }
    return value
  }

  /// A string; `allowed` says what may be in it.
  mutating func string(_ item: Item?, allowed: String) -> String? {
    guard let item else { return nil }
    guard case .string(let value) = item.value else {
      refuseType(item, wanted: "a string", allowed: allowed)
      return nil
    }
    return value
  }

  /// One of the names of an enumeration's cases.
  mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(_ item: Item?) -> Choice? {
    guard let item else { return nil }
    let allowed = Choice.allCases.map(\.rawValue).joined(separator: ", ")
    guard let name = string(item, allowed: allowed) else { return nil }
    if let choice = Choice(rawValue: name) { return choice }
    refuse(item, "unknown value; expected: \(allowed)")
    return nil
  }

  /// The path of a Unix socket: what fits into sockaddr_un.
  mutating func socketPath(_ item: Item?) -> String? {
    let allowed = "an absolute path of at most 107 bytes"
    guard let item, let path = string(item, allowed: allowed) else { return nil }
    guard path.hasPrefix("/"), path.utf8.count <= 107, !path.utf8.contains(0) else {
      refuse(item, "not the path of a socket; expected: \(allowed)")
      return nil
    }
    return path
  }

  /// A name of the IKE daemon's; VICI takes up to 255 bytes.
  mutating func ikeName(_ item: Item?) -> String? {
    let allowed = "1...255 bytes, a name of the IKE daemon's configuration"
    guard let item, let name = string(item, allowed: allowed) else { return nil }
    guard (1...255).contains(name.utf8.count), !name.utf8.contains(0) else {
      refuse(item, "not a name; expected: \(allowed)")
      return nil
    }
    return name
  }

  /// A program and its arguments, 1...64 words. No shell takes them apart.
  mutating func command(_ item: Item?) -> [String]? {
    guard let items = elements(item, of: "strings, the program and its arguments"), let item
    else { return nil }
    let words = items.compactMap { string($0, allowed: "one word of the command") }
    guard words.count == items.count else { return nil }
    guard (1...64).contains(words.count), words[0] != "", !words.contains(where: hasNul) else {
      refuse(item, "no command; expected: a program and up to 63 arguments, no NUL in them")
      return nil
    }
    return words
  }
}

private func hasNul(_ text: String) -> Bool { text.utf8.contains(0) }
