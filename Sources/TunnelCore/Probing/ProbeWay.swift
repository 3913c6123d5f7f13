/// By which way a probe leaves and its reply must come.
public enum ProbeWay: Hashable, Sendable {
  /// Through the link of this index.
  case link(Int32)
  /// Without a link, through the SAs of this set alone: by a socket whose policies name them.
  case policy(SASetKey)
}

extension ProbeWay {
  /// Whether replies come by a socket of the set's own, which lives as long as the set.
  var needsSocket: Bool {
    switch self {
    case .link: false
    case .policy: true
    }
  }
}
