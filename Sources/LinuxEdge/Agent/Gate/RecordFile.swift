import CShims
import FoundationEssentials
import Glibc
import TunnelCore

/// The record of held gates on disk: `/run/vpnagent/gates.json`, and a copy beside it.
///
/// Written before anything is withdrawn, read at start and by whoever puts things back without a daemon.
/// A line of its own says what is held of each link and known of each tunnel; the last one of a name
/// counts. So a change costs what it changes, with thousands of links held, and once the lines that no
/// longer count outweigh the others the file is made anew. Each line begins with a checksum: a line that
/// was damaged loses what it says and no more, and the copy has it still.
struct RecordFile {
  static let version = 2
  private static let header = "vpnagent-record"
  /// Lines that no longer count are left until they are this many bytes, and as many as the others.
  private static let room = 64 << 10
  /// Of no use against somebody who wants to deceive, who could write a right one.
  private static let checksum = SipHash(key: (0, 0))

  let path: String
  /// Bytes of the files, and as they were made last; nil: they are to be made anew at the next change.
  private var size: (now: Int, whole: Int)?
  /// Whether something in it could not be read: that is kept for people before the file is made anew.
  private(set) var isToBeRepaired = false

  init(path: String) { self.path = path }

  private var copy: String { "\(path).copy" }

  /// Whether there is a file.
  var isThere: Bool { unsafe access(path, F_OK) == 0 }

  // MARK: Writing

  /// Puts a record on disk for good.
  ///
  /// - Parameters:
  ///   - old: the record there.
  ///   - changes: names of all that may differ between the two.
  mutating func save(
    _ record: GateRecord, over old: GateRecord, _ changes: GateRecord.Changes
  ) throws(EdgeError) {
    guard let size, size.now < 2 * size.whole + Self.room, isThere, !isToBeRepaired else {
      return try saveWhole(record)
    }
    var names = changes
    names.links = names.links.filter { record[$0] != old[$0] }
    names.tunnels = names.tunnels.filter { name in
      record.answered[name] != old.answered[name] || record.failed[name] != old.failed[name]
    }
    let added = Self.lines(of: names, in: record)
    try append(added)
    self.size?.now += added.count
  }

  private mutating func saveWhole(_ record: GateRecord) throws(EdgeError) {
    let all =
      Self.line("\(Self.header) \(Self.version)") + Self.lines(of: record.names, in: record)
    if isToBeRepaired { keepDamaged() }
    size = nil
    try replaceFile(path, with: all, makingDirectory: true)
    isToBeRepaired = false
    // Better none than one that says something else.
    do { try replaceFile(copy, with: all) } catch { unsafe unlink(copy) }
    size = (all.count, all.count)
  }

  /// Keeps what was there for people. It stays where it is until another file takes its place.
  private func keepDamaged() {
    guard isThere else { return }
    let kept = "\(path).damaged"
    unsafe unlink(kept)
    // A directory has one name alone.
    if unsafe link(path, kept) != 0, errno == EPERM { _ = unsafe rename(path, kept) }
  }

  private func append(_ bytes: [UInt8]) throws(EdgeError) {
    func append(to file: String) -> Int32 {
      unsafe bytes.withUnsafeBufferPointer {
        unsafe vpa_append_file(file, $0.baseAddress, $0.count)
      }
    }
    let result = append(to: path)
    guard result == 0 else { throw EdgeError(operation: "write", object: path, errno: -result) }
    if append(to: copy) != 0 { unsafe unlink(copy) }
  }

  private static func lines(of names: GateRecord.Changes, in record: GateRecord) -> [UInt8] {
    let entries =
      names.links.sorted().map { RecordEntry(link: $0, in: record) }
      + names.tunnels.sorted().map { RecordEntry(tunnel: $0, in: record) }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return entries.flatMap { entry in
      // Numbers and text alone are always encoded.
      guard let data = try? encoder.encode(entry) else { fatalError("a record entry is JSON") }
      return line(String(decoding: data, as: UTF8.self))
    }
  }

  private static func line(_ text: String) -> [UInt8] {
    let sum = String(checksum(text.utf8), radix: 16)
    return Array("\(String(repeating: "0", count: 16 - sum.utf8.count))\(sum) \(text)\n".utf8)
  }

  // MARK: Reading

  /// What was read.
  struct Content {
    var record = GateRecord()
    /// What could not be; nil when everything was.
    var damage: String?
  }

  /// What an earlier run left; empty when there is no file. What cannot be read of it is looked for in
  /// the copy.
  mutating func load() -> Content {
    let first = read(path)
    let content = first.content
    guard first.isAbsent || content.damage != nil else { return content }
    let second = read(copy)
    if first.isAbsent, second.isAbsent { return Content() }
    isToBeRepaired = true
    if second.isAbsent { return content }
    let other = second.content
    if first.isAbsent || other.damage == nil { return other }
    // Both are added to by the same lines.
    guard first.entries.count == second.entries.count else {
      return first.entries.contains { $0 != nil } ? content : other
    }
    var both = first
    both.entries = zip(first.entries, second.entries).map { $0 ?? $1 }
    if second.isRecord { both.whole = nil }
    return both.content
  }

  /// One file, line by line.
  private struct Lines {
    /// nil: cannot be read.
    var entries: [RecordEntry?] = []
    /// What is wrong with all of it; nil: nothing.
    var whole: String?
    var path: String
    /// Whether it begins as a record of this version.
    var isRecord = false
    /// Whether there is no such file.
    var isAbsent = false

    var content: Content {
      var content = Content()
      var lost = 0
      for entry in entries where entry?.apply(to: &content.record) != true { lost += 1 }
      content.damage =
        whole ?? (lost > 0 ? "\(path): \(lost) of \(entries.count) lines cannot be read" : nil)
      return content
    }
  }

  private func read(_ file: String) -> Lines {
    var all = Lines(path: file)
    let bytes: [UInt8]
    do {
      bytes = try readFile(file, limit: 1 << 30)
    } catch {
      all.isAbsent = error.errno == ENOENT
      if !all.isAbsent { all.whole = "\(error)" }
      return all
    }
    if bytes.first == UInt8(ascii: "{") { return Self.linesOfVersion1(bytes, file) }
    var lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false)[...]
    // What follows the last line end was cut while it was written: nothing that it was to allow was done.
    lines.removeLast()
    let first = lines.popFirst().flatMap(Self.text)
    all.isRecord = first == "\(Self.header) \(Self.version)"
    if !all.isRecord {
      all.whole =
        first.map { "\(file): '\($0)', not version \(Self.version)" }
        ?? "\(file): it does not begin with the header of a record"
    }
    let decoder = JSONDecoder()
    all.entries = lines.map { line in
      Self.text(line).flatMap { try? decoder.decode(RecordEntry.self, from: Data($0.utf8)) }
    }
    return all
  }

  /// What a line says; nil when its checksum is wrong.
  private static func text(_ line: ArraySlice<UInt8>) -> String? {
    let text = line.dropFirst(17)
    guard line.count > 17, line[line.startIndex + 16] == 0x20,
      UInt64(String(decoding: line.prefix(16), as: UTF8.self), radix: 16) == checksum(text)
    else { return nil }
    return String(decoding: text, as: UTF8.self)
  }

  private static func linesOfVersion1(_ bytes: [UInt8], _ file: String) -> Lines {
    guard let stored = try? JSONDecoder().decode(RecordEntry.Whole.self, from: Data(bytes)),
      stored.version == 1
    else { return Lines(whole: "\(file): not a record of version 1", path: file) }
    return Lines(entries: stored.entries, path: file)
  }
}
