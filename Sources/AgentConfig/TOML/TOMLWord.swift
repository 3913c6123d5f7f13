import TunnelCore

extension TOMLCursor {
  /// A number, a boolean, a date or a time.
  mutating func word() throws(TOMLFault) -> TOMLNode {
    let start = position
    skipWord()
    // A space may stand between a date and a time.
    if TOMLWord(String(decoding: bytes[start..<position], as: UTF8.self)).isDate, isAt(" ") {
      position += 1
      if isAtDigit { skipWord() } else { position -= 1 }
    }
    guard position > start || current == UInt8(ascii: "/") else {
      throw unexpected("a value", allowed: allowedValues)
    }
    let word = TOMLWord(String(decoding: bytes[start..<position], as: UTF8.self))
    let goesOn = current == UInt8(ascii: "/") || current == UInt8(ascii: "%")
    let node = word.node
    if node == nil || goesOn, let fault = meantWord(at: start) { throw fault }
    if let node { return node }
    position = start
    let (reason, allowed) = word.complaint
    throw fault(reason, allowed: allowed)
  }

  /// Why a word without quotes is no value, where it is plain what was meant: an address, a name, a
  /// path, a truth value or a time with its unit.
  private func meantWord(at start: Int) -> TOMLFault? {
    // Up to where a value ends for certain.
    let rest = bytes[start...].prefix { $0 > 0x20 && !",]}#\"'[{=".utf8.contains($0) }
    let text = String(decoding: rest, as: UTF8.self)
    let short = text.count <= 40 ? text : text.prefix(39) + "…"
    let shown = printable(short)
    if let remedy = meantTruth(text)
      ?? meantSeconds(text).map({ seconds in
        "write \(seconds): times are numbers of seconds, without a unit"
      })
    {
      return TOMLFault(offset: start, reason: "\(shown) is not a value", remedy: remedy)
    }
    let isAddress = IPAddress(text) != nil || IPPrefix(text) != nil
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    let hasAddress = parts.first.map { IPAddress(String($0)) != nil } ?? false
    let isName = text.utf8.first.map { isLetter($0) || $0 == UInt8(ascii: "/") } ?? false
    guard isAddress || hasAddress || isName else { return nil }
    return TOMLFault(
      offset: start, reason: "\(shown) is not a \(isName ? "value" : "number")",
      remedy: "put it in quotes: \(quoted(short))")
  }

  private func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5a).contains(byte & 0xdf) }

  private var isAtDigit: Bool { current.map { (0x30...0x39).contains($0) } ?? false }

  private mutating func skipWord() {
    while let byte = current, isKeyCharacter(byte) || isAt("+") || isAt(".") || isAt(":") {
      position += 1
    }
  }
}

/// What stands between white space, commas and brackets and is in no quotes. ASCII.
struct TOMLWord {
  let text: Substring

  init(_ text: String) { self.text = Substring(text) }

  /// nil: no value of TOML, or an integer of more than 64 bits.
  var node: TOMLNode? {
    switch text {
    case "true": return .boolean(true)
    case "false": return .boolean(false)
    default: break
    }
    if let integer { return Int(integer.digits, radix: integer.radix).map { .integer($0) } }
    if let float { return .float(float) }
    return isDate || isTime(text) || isDateTime ? .dateTime(String(text)) : nil
  }

  /// Why there is no node.
  var complaint: (reason: String, allowed: String) {
    let shown = text.count <= 40 ? "\(text)" : "\(text.prefix(39))…"
    if integer != nil { return ("\(shown) has more than 64 bits", "\(Int.min)...\(Int.max)") }
    if let first = text.first, first.isNumber || "+-.".contains(first) {
      return (
        "\(shown) is not a number, date or time",
        "values such as 10, -1_000, 0x1f, 0o17, 0b11, 0.5, 1e3, inf, nan, 1979-05-27T07:32:00Z"
      )
    }
    return ("\(shown) is not a value", allowedValues)
  }

  private var sign: Substring { text.prefix { $0 == "+" || $0 == "-" }.prefix(1) }

  /// Digits with their sign, without prefix and underscores.
  private var integer: (digits: String, radix: Int)? {
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where text.hasPrefix(prefix) {
      return digits(text.dropFirst(2), radix: radix).map { ($0, radix) }
    }
    return wholeNumber(text.dropFirst(sign.count)).map { (sign + $0, 10) }
  }

  private var float: Double? {
    let unsigned = text.dropFirst(sign.count)
    if unsigned == "inf" || unsigned == "nan" { return Double(text) }
    let (mantissa, exponent) = halves(unsigned) { $0 == "e" || $0 == "E" }
    let (whole, fraction) = halves(mantissa) { $0 == "." }
    guard exponent != nil || fraction != nil, var number = wholeNumber(whole) else { return nil }
    if let fraction {
      guard let digits = digits(fraction) else { return nil }
      number += "." + digits
    }
    if let exponent {
      let sign = exponent.prefix { $0 == "+" || $0 == "-" }.prefix(1)
      guard let digits = digits(exponent.dropFirst(sign.count)) else { return nil }
      number += "e" + sign + digits
    }
    return Double(sign + number)
  }

  /// A day of the calendar. So `1979-02-30` is none.
  var isDate: Bool {
    guard let fields = fields(text, separator: "-", widths: [4, 2, 2]) else { return false }
    let (year, month, day) = (fields[0], fields[1], fields[2])
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return (1...12).contains(month) && (1...days[month - 1]).contains(day)
  }

  /// A date and a time, with an offset from UTC or without.
  private var isDateTime: Bool {
    let rest = text.dropFirst(10)
    guard TOMLWord(String(text.prefix(10))).isDate, let delimiter = rest.first,
      "Tt ".contains(delimiter)
    else { return false }
    let time = rest.dropFirst()
    if let last = time.last, "Zz".contains(last) { return isTime(time.dropLast()) }
    let (local, offset) = halves(time) { $0 == "+" || $0 == "-" }
    guard let offset else { return isTime(local) }
    return isTime(local) && isTime("\(offset):00")
  }
}

/// true or false, spelt otherwise.
private func meantTruth(_ text: String) -> String? {
  switch text.lowercased() {
  case "true", "yes", "on", "enable", "enabled": "write true"
  case "false", "no", "off", "disable", "disabled": "write false"
  default: nil
  }
}

/// The seconds of a number with a unit: `10s`, `500ms`, `5m`; nil: it is none.
func meantSeconds(_ text: String) -> String? {
  let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
  guard let number = Double(digits), number < 1e9 else { return nil }
  let seconds: Double
  switch text[digits.endIndex...].lowercased() {
  case "ms", "msec": seconds = number / 1000
  case "s", "sec", "secs", "second", "seconds": seconds = number
  case "m", "min", "mins", "minutes": seconds = number * 60
  case "h", "hour", "hours": seconds = number * 3600
  default: return nil
  }
  return seconds == seconds.rounded() ? String(Int(seconds)) : String(seconds)
}

private let allowedValues = "a string in quotes, a number, true, false, [...] or {...}"

/// `text` before and after its first separator; nil: it has none.
private func halves(
  _ text: Substring, at isSeparator: (Character) -> Bool
) -> (before: Substring, after: Substring?) {
  guard let index = text.firstIndex(where: isSeparator) else { return (text, nil) }
  return (text[..<index], text[text.index(after: index)...])
}

/// Digits without their underscores, each of which must stand between two digits.
private func digits(_ text: Substring, radix: Int = 10) -> String? {
  let groups = text.split(separator: "_", omittingEmptySubsequences: false)
  let areDigits = groups.allSatisfy { group in
    !group.isEmpty && group.allSatisfy { $0.hexDigitValue.map { $0 < radix } ?? false }
  }
  return areDigits ? groups.joined() : nil
}

/// Decimal digits without leading zeros.
private func wholeNumber(_ text: Substring) -> String? {
  text.count > 1 && text.first == "0" ? nil : digits(text)
}

/// Numbers of fixed widths.
private func fields(_ text: Substring, separator: Character, widths: [Int]) -> [Int]? {
  let parts = text.split(separator: separator, omittingEmptySubsequences: false)
  guard parts.map(\.count) == widths, parts.allSatisfy({ $0.allSatisfy(\.isNumber) }) else {
    return nil
  }
  return parts.compactMap { Int($0) }
}

/// `07:32:00.999`. Second 60 is a leap second's (RFC 3339 5.6).
private func isTime(_ text: Substring) -> Bool {
  let (whole, fraction) = halves(text) { $0 == "." }
  guard let fields = fields(whole, separator: ":", widths: [2, 2, 2]) else { return false }
  return fields[0] <= 23 && fields[1] <= 59 && fields[2] <= 60
    && (fraction.map { !$0.isEmpty && $0.allSatisfy(\.isNumber) } ?? true)
}
