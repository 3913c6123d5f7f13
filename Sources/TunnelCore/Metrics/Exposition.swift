/// A text in the exposition format that Prometheus reads, version 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/).
public struct Exposition: Sendable {
  /// The media type to send it with.
  public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  /// What a family's numbers mean.
  public enum Kind: String, Sendable {
    case counter, gauge, histogram
  }

  /// The text so far, in UTF-8.
  public private(set) var bytes: [UInt8] = []
  /// `vpnagent_NAME` of the family whose samples are written.
  private var name = ""

  /// An empty text.
  public init() {}

  /// Samples of a family whose head is elsewhere.
  init(samplesOf name: String) { self.name = "vpnagent_\(name)" }

  /// Begins a family: samples that follow are its own.
  public mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
    self.name = "vpnagent_\(name)"
    append("# HELP \(self.name) \(Self.escaped(help, quotes: false))\n")
    append("# TYPE \(self.name) \(kind.rawValue)\n")
  }

  /// One sample; `labels` are as `label` makes them, parted by commas.
  public mutating func sample(_ labels: String = "", _ value: Double) {
    line("", labels, Self.text(value))
  }

  /// One sample of a counter.
  public mutating func sample(_ labels: String = "", _ value: UInt64) {
    line("", labels, "\(value)")
  }

  /// 1 or 0.
  public mutating func sample(_ labels: String = "", _ value: Bool) {
    line("", labels, value ? "1" : "0")
  }

  /// The samples of a histogram, in seconds.
  mutating func sample(_ labels: String = "", _ histogram: Histogram) {
    let prefix = labels.isEmpty ? "" : labels + ","
    var total: UInt64 = 0
    for (bound, count) in zip(histogram.bounds, histogram.counts) {
      total += count
      line("_bucket", "\(prefix)le=\"\(Self.text(Double(bound) / 1e9))\"", "\(total)")
    }
    total += histogram.counts.last ?? 0
    line("_bucket", "\(prefix)le=\"+Inf\"", "\(total)")
    line("_sum", labels, Self.text(Double(histogram.sum) / 1e9))
    line("_count", labels, "\(total)")
  }

  private mutating func line(_ suffix: String, _ labels: String, _ value: String) {
    append(name)
    append(suffix)
    if !labels.isEmpty {
      append("{")
      append(labels)
      append("}")
    }
    append(" ")
    append(value)
    append("\n")
  }

  private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  /// `NAME="VALUE"`, whatever stands in the value.
  public static func label(_ name: String, _ value: String) -> String {
    "\(name)=\"\(escaped(value, quotes: true))\""
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    guard text.utf8.contains(where: { $0 == 0x5c || $0 == 0x22 || $0 == 0x0a }) else { return text }
    return text.unicodeScalars.reduce(into: "") { result, scalar in
      switch scalar {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\"" where quotes: result += "\\\""
      default: result.unicodeScalars.append(scalar)
      }
    }
  }

  /// As Go writes it: 3 and not 3.0, infinities by name.
  private static func text(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    return Int64(exactly: value).map { "\($0)" } ?? "\(value)"
  }
}
