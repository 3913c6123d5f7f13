/// Collects what is wrong with a file while its values are read. Each reading function takes an
/// item of the file (nil: not there) and gives its value, or nil after noting why not.
struct Complaints {
  let fileName: String
  /// Where things stand, by their paths. Looked up for complaints only.
  private let document: TOMLDocument?
  private var noted: (errors: [Complaint], warnings: [Complaint]) = ([], [])

  private struct Complaint {
    var path: String
    var text: String
  }

  /// - Parameter document: What is read, if complaints shall name its lines.
  init(fileName: String, document: TOMLDocument? = nil) {
    self.fileName = printable(fileName)
    self.document = document
  }

  /// `FILE:LINE: PATH = VALUE: problem`, in the order in which they were noted.
  var errors: [String] { written(noted.errors) }

  /// The same for what is allowed but hardly meant.
  var warnings: [String] { written(noted.warnings) }

  /// Notes an error in a value.
  mutating func refuse(_ item: Item, _ problem: String) {
    noted.errors.append(
      Complaint(path: item.path, text: "\(item.path) = \(item.value): \(problem)"))
  }

  /// Notes an error of a key or table as such.
  mutating func refuse(path: String, _ problem: String) {
    noted.errors.append(Complaint(path: path, text: "\(path): \(problem)"))
  }

  /// Notes what is allowed but hardly meant.
  mutating func warn(path: String, _ remark: String) {
    noted.warnings.append(Complaint(path: path, text: "\(path): \(remark)"))
  }

  private func written(_ complaints: [Complaint]) -> [String] {
    guard !complaints.isEmpty else { return [] }
    let lines = document?.lines ?? [:]
    return complaints.map { complaint in
      let place = Self.line(of: complaint.path, in: lines).map { ":\($0)" } ?? ""
      return "\(fileName)\(place): \(complaint.text)"
    }
  }

  /// The line of a path, or of the nearest thing around it: what is missing has none of its own.
  private static func line(of path: String, in lines: [String: Int]) -> Int? {
    var path = Substring(path)
    while !path.isEmpty {
      if let line = lines[String(path)] { return line }
      path = path[..<(path.lastIndex { $0 == "." || $0 == "[" } ?? path.startIndex)]
    }
    return nil
  }

  /// Notes an error in a value of the wrong type.
  mutating func refuseType(_ item: Item, wanted: String, allowed: String? = nil) {
    let suffix = allowed.map { "; expected: \($0)" } ?? ""
    refuse(item, "must be \(wanted), not \(item.value.typeName)\(suffix)")
  }

  /// The table at `item`, every key of which must be among `keys`.
  ///
  /// - Parameter home: Where another key belongs: `[vpn.NAME]`.
  mutating func section(
    _ item: Item?, keys: [String], home: (String) -> String? = { _ in nil }
  ) -> Section? {
    guard let section = table(item) else { return nil }
    for (key, item) in section.items where !keys.contains(key) {
      if let home = home(key) {
        refuse(item, "unknown key here; it belongs \(home.hasPrefix("[") ? "in " : "")\(home)")
        continue
      }
      let nearest = nearestName(to: key, among: keys).map { " (did you mean \($0)?)" } ?? ""
      refuse(item, "unknown key\(nearest); expected: \(keys.joined(separator: ", "))")
    }
    return section
  }

  /// The table at `item`, whatever its keys.
  mutating func table(_ item: Item?) -> Section? {
    guard let item else { return nil }
    guard case .table(let entries) = item.value else {
      refuseType(item, wanted: "a table")
      return nil
    }
    return Section(path: item.path, entries: entries)
  }

  /// The elements of the array at `item`.
  mutating func elements(_ item: Item?, of what: String) -> [Item]? {
    guard let item else { return nil }
    guard case .array(let values) = item.value else {
      refuseType(item, wanted: "an array of \(what)")
      return nil
    }
    return values.enumerated().map { Item(path: "\(item.path)[\($0)]", value: $1) }
  }
}

/// The first of `names` that is at most two edits away from `key`, the nearest of them.
func nearestName(to key: String, among names: [String]) -> String? {
  let near = names.map { (name: $0, distance: editDistance(key, $0)) }.filter { $0.distance <= 2 }
  return near.min { $0.distance < $1.distance }?.name
}

/// Insertions, deletions and substitutions that turn `a` into `b` (Levenshtein); 3 when they differ
/// by more than two bytes in length.
private func editDistance(_ a: String, _ b: String) -> Int {
  let (a, b) = (Array(a.utf8), Array(b.utf8))
  guard abs(a.count - b.count) <= 2 else { return 3 }
  var row = Array(0...b.count)
  for (i, byte) in a.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for j in b.indices {
      let substituted = diagonal + (byte == b[j] ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(substituted, row[j] + 1, row[j + 1] + 1)
    }
  }
  return row[b.count]
}
