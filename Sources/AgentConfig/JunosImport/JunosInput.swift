/// The text of a file: UTF-8, or UTF-16 in either byte order, as PowerShell's `>` writes it.
///
/// Bytes that are neither become U+FFFD.
public func junosInput(_ bytes: [UInt8]) -> String {
  if bytes.starts(with: [0xff, 0xfe]) { return utf16(bytes.dropFirst(2), low: 0) }
  if bytes.starts(with: [0xfe, 0xff]) { return utf16(bytes.dropFirst(2), low: 1) }
  // Without a byte order mark: configurations begin in ASCII, and have no NUL.
  if bytes.count >= 4, bytes[1] == 0, bytes[3] == 0 { return utf16(bytes[...], low: 0) }
  if bytes.count >= 4, bytes[0] == 0, bytes[2] == 0 { return utf16(bytes[...], low: 1) }
  return String(decoding: bytes, as: UTF8.self)
}

/// - Parameter low: Which byte of each two is the low one.
private func utf16(_ bytes: ArraySlice<UInt8>, low: Int) -> String {
  let units = stride(from: bytes.startIndex, to: bytes.endIndex - 1, by: 2).map { place in
    UInt16(bytes[place + low]) | UInt16(bytes[place + 1 - low]) << 8
  }
  return String(decoding: units, as: UTF16.self)
}

/// A form of a Junos configuration that is not read: where it begins, and what it is.
func junosOtherForm(_ text: String) -> (line: Int, name: String)? {
  var isAfterBanner = false
  var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)[...]
  if lines.first?.first == "\u{feff}" { lines[0].removeFirst() }
  for (index, line) in lines.enumerated() {
    let start = line.drop { $0 == " " || $0 == "\t" }
    if ["<rpc-reply", "<configuration", "<?xml"].contains(where: { start.hasPrefix($0) }) {
      return (index + 1, "XML")
    }
    if start.first == "{" {
      let rest =
        start.dropFirst().isEmpty ? lines.dropFirst(index + 1).first ?? "" : start.dropFirst()
      if rest.drop(while: { $0 == " " || $0 == "\t" }).first == "\"" { return (index + 1, "JSON") }
    }
    if isAfterBanner, ["+  ", "-  "].contains(where: { line.hasPrefix($0) }) {
      return (index + 1, "a comparison (show | compare)")
    }
    isAfterBanner = start.hasPrefix("[edit") || isAfterBanner && start.first != ">"
  }
  return nil
}

/// What to export for the import.
let junosExport = "export with 'show configuration | display set | no-more'"
