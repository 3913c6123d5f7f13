import Testing

@testable import AgentConfig

// By the sections of https://toml.io/en/v1.0.0.

private let rows = keyRows + stringRows + numberRows + dateRows + arrayRows + tableRows

@Test(arguments: rows)
func aTextMeans(row: Meaning) throws {
  #expect(TOMLNode.table(try TOMLNode.parse(Array(row.text.utf8))) == row.root)
}

@Test(arguments: rows)
func everyPrefixIsReadOrRefusedAtAPlaceInIt(row: Meaning) {
  let bytes = Array(row.text.utf8)
  for end in bytes.indices {
    do {
      _ = try TOMLNode.parse(Array(bytes[..<end]))
    } catch {
      #expect((1...bytes[..<end].count { $0 == 0x0a } + 1).contains(error.line))
      #expect((1...end + 1).contains(error.column))
      #expect(!error.reason.unicodeScalars.contains { $0.properties.generalCategory == .control })
    }
  }
}

@Test(arguments: ["nan", "+nan", "-nan"])
func notANumber(text: String) throws {
  let root = try TOMLNode.parse(Array("a = \(text)".utf8))
  guard case .float(let value) = root["a"] else {
    Issue.record("\(root)")
    return
  }
  #expect(value.isNaN)
}

private let keyRows: [Meaning] = [
  Meaning("", [:]),
  Meaning("\u{feff}# only this", [:]),
  Meaning("a=1# no space needed\n\t b \t=\t2\t\r\n\r\n", ["a": 1, "b": 2]),
  Meaning("A-_9 = 1\n1234 = 2\n", ["A-_9": 1, "1234": 2]),
  Meaning(
    "\"a b\" = 1\n'q\"' = 2\n\"\" = 3\n\"\\u00e9\" = 4", ["a b": 1, "q\"": 2, "": 3, "é": 4]),
  Meaning("a.b.'c.d' = 1\na . e = 2", ["a": ["b": ["c.d": 1], "e": 2]]),
  Meaning("3.14 = 1", ["3": ["14": 1]]),
  Meaning("z = 1\na = 2\nz2.y = 3\nb = 4", ["z": 1, "a": 2, "z2": ["y": 3], "b": 4]),
]

private let stringRows: [Meaning] = [
  .value(#""\b\t\n\f\r\"\\\u00E9\U0001f600""#, "\u{8}\t\n\u{c}\r\"\\é\u{1f600}"),
  .value("\"\\u0000é\t'#\"", "\0é\t'#"),
  .value(#"'C:\u0041\"'"#, #"C:\u0041\""#),
  .value("''", ""),
  .value("\"\"\"\"\"\"", ""),
  .value("\"\"\"\none\r\n two\n\"\"\"", "one\n two\n"),
  .value("\"\"\"a \\  \r\n\t\n  b\\\n\"\"\"", "a b"),
  .value("\"\"\"\"\"a\"\"b\\\"\"\"\"\"", "\"\"a\"\"b\"\""),
  .value("'''\n'a' \\n\n'''''", "'a' \\n\n''"),
]

private let numberRows: [Meaning] = [
  .value("true", true),
  .value("false", false),
  .value("[0, +0, -0, +99, -17]", [0, 0, 0, 99, -17]),
  .value("[1_000, 5_349_221, 1_2_3]", [1000, 5_349_221, 123]),
  .value("[0xDEAD_beef, 0o0755, 0b1101_0110]", [0xdead_beef, 0o755, 0b1101_0110]),
  .value("[9223372036854775807, -9223372036854775808]", [.integer(.max), .integer(.min)]),
  .value("0x7fffffffffffffff", .integer(.max)),
  .value("[1.0, +3.1415, -0.01]", [1.0, 3.1415, -0.01]),
  .value("[5e+22, 1e06, -2E-2, 0e0]", [5e22, 1e6, -0.02, 0.0]),
  .value("[6.626e-34, 224_617.445_991_228, 1_0e1_0]", [6.626e-34, 224_617.445_991_228, 1e11]),
  .value("[inf, +inf, -inf]", [.float(.infinity), .float(.infinity), .float(-.infinity)]),
]

private let dateRows: [Meaning] =
  [
    "1979-05-27T07:32:00Z", "1979-05-27t00:32:00.5-07:00", "1979-05-27 07:32:00z",
    "1979-05-27T07:32:00", "2000-02-29", "2024-02-29", "1990-12-31T23:59:60Z", "07:32:00",
    "00:32:00.999999",
  ].map { .value($0, .dateTime($0)) } + [
    .value("[1979-05-27 , 1979-05-28]", [.dateTime("1979-05-27"), .dateTime("1979-05-28")])
  ]

private let arrayRows: [Meaning] = [
  .value("[]", []),
  .value("[ 1, 'two', [3.0, []], {b = 4}, ]", [1, "two", [3.0, []], ["b": 4]]),
  .value("[ # ]\n 1 # one\r\n\n , # two\n 2,\n]", [1, 2]),
  .value("{}", [:]),
  .value("{ b = 1, c.d = [\n2\n], c.'e' = {} }", ["b": 1, "c": ["d": [2], "e": [:]]]),
]

private let tableRows: [Meaning] = [
  Meaning("[a]\n[ b . 'c.d' ] # here\nx = 1", ["a": [:], "b": ["c.d": ["x": 1]]]),
  Meaning("[a.b]\nx = 1\n[a]\ny = 2", ["a": ["b": ["x": 1], "y": 2]]),
  Meaning("[a.b]\n[a]\nc.d = 1\nc.e = 2", ["a": ["b": [:], "c": ["d": 1, "e": 2]]]),
  Meaning("[a]\nb.c = 1\n[a.b.d]\nx = 2", ["a": ["b": ["c": 1, "d": ["x": 2]]]]),
  Meaning(
    "[[a]]\nx = 1\n[a.b]\n[[a.c]]\n[[a.c]]\ny = 2\n[[a]]\n[a.b]",
    ["a": [["x": 1, "b": [:], "c": [[:], ["y": 2]]], ["b": [:]]]]),
  Meaning("[[a.b]]\n[a]\nx = 1", ["a": ["b": [[:]], "x": 1]]),
]
