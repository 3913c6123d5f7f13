import AgentConfig
import Testing

@testable import TunnelCore

/// Parses `text`; whatever comes of it must be lines that name the file. True where it is valid.
@discardableResult
private func survives(_ text: String) -> Bool {
  var lines: [String] = []
  var isValid = true
  do {
    lines = try parseConfiguration(text, fileName: "f.toml").warnings
  } catch {
    lines = error.lines
    isValid = false
    #expect(!lines.isEmpty)
  }
  for line in lines {
    #expect(line.hasPrefix("f.toml:"), "\(text.debugDescription)")
    #expect(
      !line.unicodeScalars.contains { $0.properties.generalCategory == .control },
      "\(text.debugDescription) gives \(line.debugDescription)")
  }
  return isValid
}

@Test func everyPrefixIsRefusedOrRead() {
  let bytes = Array(fullFile.utf8)
  for end in bytes.indices {
    survives(String(decoding: bytes[..<end], as: UTF8.self))
  }
  #expect(survives(fullFile))
}

@Test(arguments: 0..<4)
func oneWrongByteIsRefusedOrRead(seed: Int) {
  var generator = SplitMix64(state: UInt64(seed))
  let bytes = Array(fullFile.utf8)
  for index in bytes.indices {
    var mutated = bytes
    switch Int.random(in: 0..<3, using: &generator) {
    case 0: mutated[index] = UInt8.random(in: 0...255, using: &generator)
    case 1: mutated.insert(UInt8.random(in: 0...127, using: &generator), at: index)
    default: mutated.remove(at: index)
    }
    survives(String(decoding: mutated, as: UTF8.self))
  }
}

private let otherValues = [
  "1", "-1", "0.5", "1e400", "-inf", "nan", "true", "[]", "{}", "''", "'x'", "['x', 1, {}, []]",
  "9223372036854775807", "9223372036854775808", "1979-05-27T07:32:00Z", "07:32:00",
  "\"\\u2028\\u001b[31m\\U0001F600\"", "'''\n\n'''", "{ a = { b = [1, { c = 2 }] } }",
  "'255.255.255.255/33'", "'::/-1'", "'/'", "'/8'", "'1.2.3.4/8/9'", "'::1%lo'", "'é\u{301}'",
]

@Test(arguments: otherValues)
func anotherValueForAnyKeyIsRefusedOrRead(value: String) {
  let lines = fullFile.split(separator: "\n")
  for index in lines.indices {
    guard let equals = lines[index].firstIndex(of: "=") else { continue }
    var mutated = lines
    mutated[index] = lines[index][...equals] + Substring(value)
    survives(mutated.joined(separator: "\n"))
  }
}

@Test(arguments: 0..<4)
func linesInAnotherOrderAreRefusedOrRead(seed: Int) {
  var generator = SplitMix64(state: UInt64(seed))
  let lines = fullFile.split(separator: "\n")
  for _ in 0..<200 {
    survives(lines.shuffled(using: &generator).joined(separator: "\n"))
  }
}

@Test(arguments: ["[", "{a=", "a.", "[[a]]\n", "\"", "'''", "\\", "=", "#", "\u{feff}", "é", "\r"])
func endlessRepetitionIsRefusedOrRead(part: String) {
  for count in [1, 2, 3, 4, 300, 20_000] {
    survives(String(repeating: part, count: count))
    survives("vpn = " + String(repeating: part, count: count))
    survives("[" + String(repeating: part, count: count) + "]")
  }
}
