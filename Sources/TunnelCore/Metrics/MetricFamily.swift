/// One family of metrics: its name, what it means, and where its numbers come from. A list of these
/// is all there is to add to.
public struct MetricFamily<Scene>: Sendable {
  /// What stands behind `vpnagent_`.
  public let name: String
  /// What its numbers mean.
  public let kind: Exposition.Kind
  /// One line, without a full stop at its end.
  public let help: String
  private let write: @Sendable (Scene, inout Exposition) -> Void

  /// A family whose samples `write` gives.
  public init(
    _ name: String, _ kind: Exposition.Kind, _ help: String,
    _ write: @escaping @Sendable (Scene, inout Exposition) -> Void
  ) {
    self.name = name
    self.kind = kind
    self.help = help
    self.write = write
  }

  /// Its head and its samples.
  public func write(_ scene: Scene, to text: inout Exposition) {
    text.begin(name, kind, help)
    write(scene, &text)
  }

  /// What stands before its samples.
  var head: [UInt8] {
    var text = Exposition()
    text.begin(name, kind, help)
    return text.bytes
  }

  /// Samples alone.
  func samples(_ scene: Scene) -> [UInt8] {
    var text = Exposition(samplesOf: name)
    write(scene, &text)
    return text.bytes
  }
}
