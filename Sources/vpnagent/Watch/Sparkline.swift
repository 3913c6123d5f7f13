/// The last probes as a row of bars, a lost one an x: `▃▃▄x▃`. Where the locale has no bars, digits.
struct Sparkline {
  private static let bars = Array("▁▁▂▃▄▅▆▇██")
  private let hasBars: Bool

  init() {
    let names = ["LC_ALL", "LC_CTYPE", "LANG"]
    let locale = names.lazy.compactMap(environment).first { !$0.isEmpty }
    hasBars = locale.map { $0.hasSuffix("UTF-8") || $0.hasSuffix("utf8") } ?? false
  }

  init(hasBars: Bool) { self.hasBars = hasBars }

  /// - Parameter history: as `SetStatus.history`.
  func draw(_ history: String) -> String {
    guard hasBars else { return history }
    return String(history.map { $0.wholeNumberValue.map { Self.bars[$0] } ?? $0 })
  }
}
