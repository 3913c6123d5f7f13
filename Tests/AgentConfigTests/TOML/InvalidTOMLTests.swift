import Testing

@testable import AgentConfig

@Test(arguments: characterRows + keyRows + stringRows + valueRows + tableRows)
func whatIsNotTOMLIsRefusedAtItsPlace(row: Row) { row.check() }

@Test(arguments: [
  ("a = '\u{ff}'", "1:6: byte 0xff is not UTF-8"),
  ("é = 1\n# éé\u{c0}", "2:5: byte 0xc0 is not UTF-8"),
])
func whatIsNotUTF8IsRefused(text: String, complaint: String) {
  // The two characters stand for one byte each.
  let bytes = text.unicodeScalars.flatMap { scalar in
    scalar == "\u{ff}" || scalar == "\u{c0}" ? [UInt8(scalar.value)] : Array(String(scalar).utf8)
  }
  let error = #expect(throws: ConfigurationError.self) {
    try parseConfiguration(bytes, fileName: "f.toml")
  }
  #expect(error?.lines == ["f.toml:\(complaint)"])
}

@Test(arguments: [
  "1_", "_1", "1__0", "01", "-01", "0_1", "+0x1", "0x", "0x_1", "0xg", "0o8", "0b2", "0X1", "1.",
  ".5", "1.e1", "1e", "1e1.5", "01.5", "1._5", "1.5_", "1e_5", "++1", "Inf", "+true", "True",
  "1979-02-29", "1900-02-29", "1979-13-01", "1979-00-01", "1979-01-00", "79-01-01", "1979-1-1",
  "1979-05-27T", "1979-05-27T07:32", "1979-05-27T24:00:00", "1979-05-27T07:60:00",
  "1979-05-27T07:32:61", "1979-05-27T07:32:00.", "1979-05-27T07:32:00+7:00",
  "1979-05-27T07:32:00+07:60", "1979-05-27x07:32:00", "07:32", "07:32:00Z", "7:32:00",
])
func badWordsAreRefused(word: String) {
  let error = #expect(throws: TOMLSyntaxError.self) {
    try TOMLNode.parse(Array("a = \(word)\n".utf8))
  }
  #expect(error?.line == 1)
  #expect(error?.column == 5)
  #expect(error?.reason.hasPrefix("\(word) is not a ") == true)
}

@Test(arguments: ["[", "{a=", "[{a=", "{a.a="])
func nestingHasABound(part: String) {
  let error = #expect(throws: TOMLSyntaxError.self) {
    try TOMLNode.parse(Array(("a = " + String(repeating: part, count: 100_000)).utf8))
  }
  #expect(error?.reason == "nested too deeply; \(depth)")
}

@Test func thirtyTwoLevelsAreRead() throws {
  let text = String(repeating: "[", count: 31) + String(repeating: "]", count: 31)
  #expect(try TOMLNode.parse(Array("a = \(text)".utf8)).count == 1)
  #expect(throws: TOMLSyntaxError.self) { try TOMLNode.parse(Array("a.b = \(text)".utf8)) }
}

private let keyForm = "use A-Z, a-z, 0-9, '_' and '-', or a text in quotes"
private let valueForm = "use a string in quotes, a number, true, false, [...] or {...}"
private let escapes =
  "use \\b \\t \\n \\f \\r \\\" \\\\ \\uXXXX \\UXXXXXXXX, or single quotes without escapes"
private let onePlace = "use one table for all of its keys"
private let depth = "use at most 32 levels"

private let characterRows: [Row] = [
  Row("# a\u{1}b", "1:4: U+0001 is not allowed in a comment"),
  Row("# a\rb", "1:4: U+000D is not allowed in a comment"),
  Row("a = 1\rb = 2", "1:6: expected the end of the line, found U+000D"),
  Row("a = 'b\0c'", "1:7: U+0000 is not allowed in a string; \(escaped("0000"))"),
  Row("a = \"\u{7f}\"", "1:6: U+007F is not allowed in a string; \(escaped("007F"))"),
  Row("a = '''\r'''", "1:8: U+000D is not allowed in a string; \(escaped("000D"))"),
  Row("a = [ \u{a0}1 ]", "1:7: expected a value, found U+00A0; \(valueForm)"),
]

private func escaped(_ digits: String) -> String {
  "use \\u\(digits) between double quotes"
}

private let keyRows: [Row] = [
  Row("é = 1", "1:1: expected a key, found 'é'; \(keyForm)"),
  Row("= 1", "1:1: expected a key, found '='; \(keyForm)"),
  Row("a. = 1", "1:4: expected a key, found '='; \(keyForm)"),
  Row("'''a''' = 1", "1:3: expected '.' or '=', found '''"),
  Row("a b = 1", "1:3: expected '.' or '=', found 'b'"),
  Row("a", "1:2: expected '.' or '=', found the end of the file"),
  Row("a = 1 b = 2", "1:7: expected the end of the line, found 'b'"),
  Row("a = 1\na = 2", "2:1: duplicate a, first defined as an integer (line 1); use each key once"),
  Row(
    "a = 1\n\"a\" = 2", "2:1: duplicate a, first defined as an integer (line 1); use each key once"),
  Row(
    "a = 1\na.b = 2", "2:1: duplicate a, first defined as an integer (line 1); use each key once"),
  Row(
    "a.b = 1\na = 2",
    "2:1: duplicate a, first defined as a table made by dotted keys (line 1); \(onePlace)"),
]

private let stringRows: [Row] = [
  Row("a = 'b\n[=]", "1:7: the end of the line comes before the closing ' of the string"),
  Row("a = \"b", "1:7: the end of the file comes before the closing \" of the string"),
  Row(
    "\na = '''\nb",
    "3:2: the end of the file comes before the closing ''' of the string (line 2)"),
  Row("a = \"\\e\"", "1:6: not an escape or not a Unicode scalar; \(escapes)"),
  Row("a = \"\\ud800\"", "1:6: not an escape or not a Unicode scalar; \(escapes)"),
  Row("a = \"\\U00110000\"", "1:6: not an escape or not a Unicode scalar; \(escapes)"),
  Row("a = \"\\u12\"", "1:6: not an escape or not a Unicode scalar; \(escapes)"),
  Row("a = \"\"\"b \\ c\"\"\"", "1:10: not an escape or not a Unicode scalar; \(escapes)"),
  Row("a = ''''''''''", "1:13: expected the end of the line, found '''"),
]

private let valueRows: [Row] = [
  Row("a = ", "1:5: expected a value, found the end of the file; \(valueForm)"),
  Row("a =\n1", "1:4: expected a value, found the end of the line; \(valueForm)"),
  Row("a = GW", "1:5: GW is not a value; put it in quotes: \"GW\""),
  Row("a = 10.2.0", "1:5: 10.2.0 is not a number, date or time; \(numberForm)"),
  Row("a = 1/2", "1:6: expected the end of the line, found '/'"),
  Row("a = 9223372036854775808", "1:5: 9223372036854775808 has more than 64 bits; \(integerForm)"),
  Row("a = 0x8000000000000000", "1:5: 0x8000000000000000 has more than 64 bits; \(integerForm)"),
  Row("a = [1 2]", "1:8: expected ',' or ']', found '2'"),
  Row("a = [1,,2]", "1:8: expected a value, found ','; \(valueForm)"),
  Row("a = [1, }", "1:9: expected a value, found '}'; \(valueForm)"),
  Row("a = [1,\n", "2:1: expected a value, found the end of the file; \(valueForm)"),
  Row("a = { b = 1, }", "1:14: expected a key, found '}'; \(keyForm)"),
  Row("a = { b = 1\n}", "1:12: expected ',' or '}' on the same line, found the end of the line"),
  Row("a = { # b\n}", "1:7: expected a key, found '#'; \(keyForm)"),
  Row(
    "a = { b = 1, b = 2 }",
    "1:14: duplicate b, first defined as an integer (line 1); use each key once"),
  Row("a = { b = {}, b.c = 2 }", "1:15: duplicate b, first defined as \(inBraces)"),
]

private let numberForm =
  "use values such as 10, -1_000, 0x1f, 0o17, 0b11, 0.5, 1e3, inf, nan, 1979-05-27T07:32:00Z"
private let integerForm = "use -9223372036854775808...9223372036854775807"
private let inBraces = "a table in braces (line 1); use one pair of braces for all of its keys"

private let tableRows: [Row] = [
  Row("[é]", "1:2: expected a key, found 'é'; \(keyForm)"),
  Row("[]", "1:2: expected a key, found ']'; \(keyForm)"),
  Row("[[[a]]]", "1:3: expected a key, found '['; \(keyForm)"),
  Row("[a", "1:3: expected '.' or ']', found the end of the file"),
  Row("[[a]", "1:4: expected '.' or ']]', found ']'"),
  Row("[a] b = 1", "1:5: expected the end of the line, found 'b'"),
  Row(
    "[v.a]\nb = 1\n[v.a]",
    "3:4: duplicate a, first defined as a table with a header (line 1); \(onePlace)"),
  Row(
    "[a.b]\n[a]\nb.c = 1",
    "3:1: duplicate b, first defined as a table with a header (line 1); \(onePlace)"),
  Row(
    "[a]\nb.c = 1\n[a.b]",
    "3:4: duplicate b, first defined as a table made by dotted keys (line 2); \(onePlace)"),
  Row("a = {}\n[a.b]", "2:2: duplicate a, first defined as \(inBraces)"),
  Row("a = { b.c = 1 }\na.b.d = 2", "2:1: duplicate a, first defined as \(inBraces)"),
  Row("a = []\n[[a]]", "2:3: duplicate a, first defined as an array (line 1); use each key once"),
  Row(
    "[a]\n[[a]]", "2:3: duplicate a, first defined as a table with a header (line 1); \(onePlace)"),
  Row(
    "[a.b]\n[[a]]",
    "2:3: duplicate a, first defined as a table that holds others (line 1); \(onePlace)"),
  Row("[[a]]\n[a]", "2:2: duplicate a, first defined as \(array)"),
  Row("[[a.b]]\n[a]\nb.c = 1", "3:1: duplicate b, first defined as \(array)"),
  Row("[\(String(repeating: "a.", count: 40))a]", "1:66: nested too deeply; \(depth)"),
]

private let array = "an array of tables (line 1); use [[...]] for further tables of it"
