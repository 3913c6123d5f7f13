import Glibc
import LinuxEdge

/// Text in columns: a character takes one.
extension String {
  /// Columns that it takes.
  var columns: Int { utf8.allSatisfy { $0 < 0x80 } ? utf8.count : count }

  /// With spaces behind it, up to this width.
  func padded(_ width: Int) -> String {
    self + String(repeating: " ", count: max(width - columns, 0))
  }

  /// Cut at its end to this width: `VPN monitoring..`.
  func cut(_ width: Int) -> String {
    columns <= width ? self : prefix(max(width - 2, 0)) + String("..".prefix(max(width, 0)))
  }

  /// Cut in its middle, because names and addresses often differ at their ends: `2001:db8..:1`.
  func squeezed(_ width: Int) -> String {
    guard columns > width, width > 4 else { return cut(width) }
    return prefix((width - 1) / 2) + ".." + suffix((width - 2) / 2)
  }

  /// In lines of at most this width, broken at spaces where there are some; the first keeps its
  /// indentation, further lines begin with `indent`.
  func wrapped(_ width: Int, indent: String) -> [String] {
    guard columns > width else { return [self] }
    var lines: [String] = []
    var line = String(prefix { $0 == " " })
    var isEmpty = true
    for word in split(separator: " ") {
      if !isEmpty, line.columns + 1 + word.count > width {
        lines.append(line)
        (line, isEmpty) = (indent, true)
      }
      line += isEmpty ? String(word) : " \(word)"
      isEmpty = false
    }
    return lines + [line]
  }

  var trimmed: String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}

/// Numbers for people.
enum Quantity {
  /// `6.8 ms`, `123 ms`.
  static func milliseconds(_ seconds: Double) -> String {
    let tenths = Int((seconds * 10_000).rounded())
    return tenths < 1000 ? "\(Self.tenths(seconds * 1000)) ms" : "\(tenths / 10) ms"
  }

  /// `6.8`.
  static func tenths(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }

  static func percent(_ share: Double) -> String { "\(Int((share * 100).rounded()))%" }

  /// `840 B`, `8.4 kB`, `1.2 GB`.
  static func bytes(_ count: UInt64) -> String { scaled(Double(count), "B", separator: " ") }

  /// `840 bit/s`, `12 kbit/s`, `1.2 Gbit/s`.
  static func rate(_ bitsPerSecond: Double) -> String {
    scaled(bitsPerSecond, "bit/s", separator: " ")
  }

  /// The same in a column: `840`, `12k`, `1.2G`.
  static func shortRate(_ bitsPerSecond: Double) -> String {
    scaled(bitsPerSecond, "", separator: "")
  }

  /// Two or three digits and a prefix.
  private static func scaled(_ value: Double, _ unit: String, separator: String) -> String {
    let prefixes = ["", "k", "M", "G", "T", "P"]
    var (rest, index) = (max(value, 0), 0)
    while rest >= 999.5, index < prefixes.count - 1 { (rest, index) = (rest / 1000, index + 1) }
    let tenths = Int((rest * 10).rounded())
    let digits =
      index > 0 && tenths < 100 ? "\(tenths / 10).\(tenths % 10)" : "\(Int(rest.rounded()))"
    return digits + separator + prefixes[index] + unit
  }

  /// The two largest units: `3d4h`, `5m12s`, `7s`.
  static func age(_ seconds: Double) -> String {
    let total = Int(max(seconds, 0))
    let parts = [
      (total / 86400, "d"), (total / 3600 % 24, "h"), (total / 60 % 60, "m"), (total % 60, "s"),
    ]
    let first = parts.firstIndex { $0.0 > 0 } ?? parts.count - 1
    return parts[first...].prefix(2).map { "\($0.0)\($0.1)" }.joined()
  }
}

/// Columns that may be printed: the terminal's; COLUMNS, or 100, where there is none.
var outputWidth: Int {
  if let size = terminalSize(STDOUT_FILENO) { return max(size.columns, 20) }
  return max(environment("COLUMNS").flatMap { Int($0) } ?? 100, 20)
}
