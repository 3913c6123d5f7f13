import Doctor
import TunnelCore

extension StrongSwanSettings {
  /// A file on disk and all that it includes; nil when it is not there.
  init?(file path: String) {
    guard let text = textFile(path) else { return nil }
    self.init(path: path, text: text) { pattern, path in
      Self.files(pattern, besides: path).compactMap { file in textFile(file).map { (file, $0) } }
    }
  }

  /// The files that an `include` stands for; a pattern is looked for in its last part alone.
  private static func files(_ pattern: String, besides path: String) -> [String] {
    let whole = pattern.hasPrefix("/") ? pattern : "\(folder(of: path))/\(pattern)"
    let name = NamePattern(whole.split(separator: "/").last.map(String.init) ?? "")
    guard name.isOpen else { return [whole] }
    let folder = folder(of: whole)
    return namesIn(directory: folder).filter(name.matches).map { "\(folder)/\($0)" }
  }

  private static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
  }
}

extension HostExamination {
  /// systemd's unit of strongSwan, one that starts with the host before others; nil: there is none.
  static func strongSwanUnit() -> String? {
    let folders = ["/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"]
    let installed = folders.map { namesIn(directory: $0) }
    let wanted = namesIn(directory: "/etc/systemd/system/multi-user.target.wants")
    let units = ["strongswan", "strongswan-starter", "strongswan-swanctl", "ipsec"]
    return ([wanted] + installed).lazy.compactMap { names in
      units.first { names.contains("\($0).service") }
    }.first
  }
}

extension NetworkdFile {
  private static let folders = [
    "/etc/systemd/network", "/run/systemd/network", "/usr/lib/systemd/network",
  ]

  /// All of networkd's, in its order: by name, the folders above hiding those below.
  static func all() -> [NetworkdFile] {
    var paths: [String: String] = [:]
    for folder in folders.reversed() {
      for name in namesIn(directory: folder) where name.hasSuffix(".network") {
        paths[name] = "\(folder)/\(name)"
      }
    }
    return paths.sorted { $0.key < $1.key }.compactMap { name, path in
      textFile(path).map { text in
        NetworkdFile(path: path, texts: [text] + dropIns(of: name))
      }
    }
  }

  private static func dropIns(of name: String) -> [String] {
    var paths: [String: String] = [:]
    for folder in folders.reversed() {
      for file in namesIn(directory: "\(folder)/\(name).d") where file.hasSuffix(".conf") {
        paths[file] = "\(folder)/\(name).d/\(file)"
      }
    }
    return paths.sorted { $0.key < $1.key }.compactMap { textFile($0.value) }
  }
}
