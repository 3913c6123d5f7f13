import TunnelCore

/// The answer to `status`, made a few tunnels at a time: with ten thousand of them the loop does something
/// else in between, and each is shown as it is when its turn comes. Put together it is what
/// `AgentStatus.json` makes of the whole.
final class StatusPieces {
  private static let tunnelsAtATime = 32

  private var ids: ArraySlice<TunnelID>
  private let tunnel: (TunnelID) -> TunnelStatus?
  /// What stands around the tunnels; nil once it was said.
  private var head: [UInt8]?
  private var tail: [UInt8]?
  private var isFirst = true

  /// - Parameters:
  ///   - status: all but the tunnels.
  ///   - ids: these, in their order.
  ///   - tunnel: one as it is now; nil when it is gone.
  init(_ status: AgentStatus, _ ids: [TunnelID], tunnel: @escaping (TunnelID) -> TunnelStatus?) {
    self.ids = ids[...]
    self.tunnel = tunnel
    let frame = String(decoding: status.json(), as: UTF8.self)
    // No text in it has a line feed, so this is a key.
    let key = "\n  \"tunnels\" : ["
    guard let opening = frame.firstRange(of: key),
      let closing = frame[opening.upperBound...].firstIndex(of: "]")
    else { fatalError("status has tunnels") }
    head = Array(frame[..<opening.upperBound].utf8)
    tail = Array(frame[closing...].utf8)
  }

  /// The next piece; nil after the last one.
  func next() -> [UInt8]? {
    if let head {
      self.head = nil
      return head
    }
    while !ids.isEmpty {
      let piece = ids.prefix(Self.tunnelsAtATime).compactMap(tunnel).flatMap(element)
      ids = ids.dropFirst(Self.tunnelsAtATime)
      if !piece.isEmpty { return piece }
    }
    defer { tail = nil }
    return tail.map { Array((isFirst ? "\n\n  " : "\n  ").utf8) + $0 }
  }

  private func element(_ status: TunnelStatus) -> [UInt8] {
    defer { isFirst = false }
    let margin = Array("\n    ".utf8)
    var text = isFirst ? margin : Array(",".utf8) + margin
    let bytes = encoded(status).dropLast()
    for (byte, next) in zip(bytes, bytes.dropFirst() + [0]) {
      // An empty array has an empty line.
      if byte == 0x0a, next != 0x0a { text += margin } else { text.append(byte) }
    }
    return text
  }
}
