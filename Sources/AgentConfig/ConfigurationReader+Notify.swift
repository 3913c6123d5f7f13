import TunnelCore

extension ConfigurationReader {
  /// `notify`: a path, or a program and its arguments; `notify-timeout`.
  mutating func readNotify(_ root: Section, into configuration: inout Configuration) {
    configuration.notify = notify(root["notify"])
    guard let bound = complaints.seconds(root["notify-timeout"], atLeast: 0.1) else { return }
    configuration.notifyTimeout = bound
    if configuration.notify == nil, root["notify"] == nil {
      complaints.warn(path: root.path(of: "notify-timeout"), "has no effect without notify")
    }
  }

  private mutating func notify(_ item: Item?) -> [String]? {
    let allowed = "an absolute path, or an array of it and up to 63 arguments"
    guard let item else { return nil }
    let words: [String]
    switch item.value {
    case .string(let path): words = [path]
    case .array: words = complaints.command(item) ?? []
    default:
      complaints.refuseType(item, wanted: "a path or an array of strings", allowed: allowed)
      return nil
    }
    guard let program = words.first else { return nil }
    guard program.hasPrefix("/"), !program.utf8.contains(0) else {
      complaints.refuse(item, "not the path of a program; expected: \(allowed)")
      return nil
    }
    return words
  }
}
