import Testing

@testable import AgentConfig

// Texts that are TOML and texts that are not, in the spirit of toml-test, by the sections of
// https://toml.io/en/v1.0.0. What they mean is in ValidTOMLTests, what is said in InvalidTOMLTests.

@Test(arguments: valid)
func isTOML(text: String) throws {
  let document = try TOMLDocument(Array(text.utf8))
  let count = text.utf8.count { $0 == 0x0a } + 1
  #expect(document.lines.values.allSatisfy { (1...count).contains($0) })
}

@Test(arguments: invalid)
func isNoTOML(text: String) {
  let error = #expect(throws: TOMLSyntaxError.self) { try TOMLDocument(Array(text.utf8)) }
  #expect((1...text.utf8.count { $0 == 0x0a } + 1).contains(error?.line ?? 0))
}

@Test func everythingHasALine() throws {
  let text = """
    a = 1
    b.c = [
      10, [ 20,
      { d = 30 } ],
    ]
    [e.'f.g']
    h = { i = {
    """
  let rest = """
     j = 1 }, k = 2 }
    [[l]]
    [l.m]
    [[l]]
    n = 1
    """
  let lines = try TOMLDocument(Array((text + rest).utf8)).lines
  let expected = [
    "a": 1, "b": 2, "b.c": 2, "b.c[0]": 3, "b.c[1]": 3, "b.c[1][0]": 3, "b.c[1][1]": 4,
    "b.c[1][1].d": 4, "e": 6, "e.\"f.g\"": 6, "e.\"f.g\".h": 7, "e.\"f.g\".h.i": 7,
    "e.\"f.g\".h.i.j": 7, "e.\"f.g\".h.k": 7, "l": 8, "l[0]": 8, "l[0].m": 9, "l[1]": 10,
    "l[1].n": 11,
  ]
  #expect(lines == expected)
}

private let valid = [
  // Comments and space
  "", "\n", "#", "# comment", "#\tcomment\n#\n", "\t\n  \n", "a=1#c", "a = 1 # c\r\n",
  "\u{feff}a=1",
  "# \u{1F600} é", "a = 1\n\n\n\nb = 2",
  // Keys
  "a-b_c = 1", "1 = 1", "-1 = 1", "_ = 1", "\"\" = 1", "'' = 1", "'a.b' = 1", "\"\\t\" = 1",
  "a.b.c.d.e = 1", "a . b = 1", "1.2 = 3", "true = 1", "inf = 1", "2001-02-03 = 1",
  "a.'b'.\"c\" = 1",
  "a.b = 1\na.c = 2", "a.b.c = 1\na.d = 2", "\"a\" = 1\nA = 2",
  // Strings
  "a = \"\"", "a = ''", "a = '\\'", "a = \"\\\\\"", "a = \"\\u0041\\U00000041\"",
  "a = \"\\uD7FF\\uE000\"",
  "a = '''\n'''", "a = \"\"\"\n\"\"\"", "a = '''''a'''''", "a = \"\"\"\"\"a\"\"\"\"\"",
  "a = '''a\nb'''",
  "a = \"\"\"a \\\n\n  b\"\"\"", "a = \"\"\"\\\n\"\"\"", "a = \"\t\"", "a = '\u{80}'",
  "a = \"#\" # b",
  // Numbers
  "a = 0", "a = +0", "a = -0", "a = 1_2_3", "a = 0x0", "a = 0xAf_09", "a = 0o7_7", "a = 0b1_0",
  "a = 0.0", "a = -0.0", "a = 1.5e-3", "a = 1E+2", "a = 1e0_1", "a = 1_0.0_1", "a = +inf",
  "a = -nan",
  "a = 9223372036854775807", "a = 0x00000000000000000001",
  // Dates
  "a = 1987-07-05T17:45:00Z", "a = 1987-07-05t17:45:00z", "a = 1987-07-05 17:45:00.123+01:00",
  "a = 1987-07-05T17:45:00", "a = 1987-07-05", "a = 17:45:00", "a = 00:00:00.000", "a = 2000-02-29",
  // Arrays
  "a = []", "a = [ ]", "a = [\n]", "a = [1,]", "a = [[],[[]]]", "a = [1, 'b', {}]",
  "a = [\n1 # c\n,\n2]",
  "a = [ # c\n# d\n]", "a = [{b = 1}, {b = 2}]",
  // Tables
  "a = {}", "a = { }", "a = {b=1}", "a = {b.c = 1, b.d = 2}", "a = {b = {c = {}}}",
  "a = {b = [\n1\n]}",
  "[a]", "[ a ]", "[a.b]\n[a]", "[a]\n[a.b]", "[a.b]\n[c]\n[a.d]", "['a.b']", "[\"\"]", "[a] # c",
  "[a]\nb = 1\n[c]\nb = 1", "[a.b.c]\n[a]\nd = 1", "[[a]]", "[[a]]\n[[a]]", "[[ a . b ]]",
  "[a]\n[[a.b]]",
  "[[a]]\n[a.b]\n[[a]]\n[a.b]", "[[a.b]]\n[a.c]", "b.c = 1\n[a]", "[a]\nb.c = 1\n[a.d]",
]

private let invalid = [
  // Comments, encoding and line ends
  "# \u{0}", "# \u{1f}", "# \u{7f}", "a = 1 # \u{8}", "a = 1\r", "\r", "a = 1\n\u{c}", "a = 1\u{b}",
  "\u{feff}\u{feff}a = 1", "a = 1\u{85}b = 2", "a\u{a0}= 1",
  // Keys
  "=", "= 1", "a", "a =", "a = \n", "a b", "a == 1", "a: 1", "a..b = 1", ".a = 1", "a. = 1",
  "a = b = 1",
  "\"a = 1", "'a\n' = 1", "\"\"\"a\"\"\" = 1", "'''a''' = 1", "é = 1", "a/b = 1", "a@b = 1",
  "[a]b]\n",
  "\"\\x\" = 1", "a = 1\na = 1", "a.b = 1\na.b = 2", "a = 1\na.b = 2", "a.b = 1\na.b.c = 2",
  "a = 1, b = 2",
  "a = 1 b = 2", "a 1", "{a = 1}", "\"a\"b = 1",
  // Strings
  "a = \"", "a = '", "a = \"b\nc\"", "a = 'b\nc'", "a = \"\"\"", "a = '''", "a = \"\"\"b\"\"",
  "a = '''b''",
  "a = \"\\a\"", "a = \"\\u\"", "a = \"\\u00g0\"", "a = \"\\U0011FFFF\"", "a = \"\\uDFFF\"",
  "a = \"\\\"",
  "a = \"\u{0}\"", "a = \"\u{1f}\"", "a = '\u{7f}'", "a = '''\u{b}'''", "a = \"\"\"a\\ b\"\"\"",
  "a = b",
  "a = \"b\"c", "a = 'b''c'", "a = \"\"\"\"\"\"\"\"\"", "a = ''''''''''''", "a = \"b\" \"c\"",
  "a = `b`",
  "a = \"\"\"\r\"\"\"", "a = \"\\ \"",
  // Numbers
  "a = 00", "a = 01", "a = +01", "a = -00", "a = 1__0", "a = _1", "a = 1_", "a = 0x", "a = 0xG",
  "a = 0o8",
  "a = 0b2", "a = 0X1", "a = 0B1", "a = -0x1", "a = +0o1", "a = 0x_1", "a = 0x1_", "a = .1",
  "a = 1.",
  "a = 1.e1", "a = 1e", "a = 1e+", "a = 1.0e", "a = 1e1.0", "a = 1._0", "a = 1_.0", "a = 1.0_",
  "a = 01.0",
  "a = infinity", "a = NaN", "a = INF", "a = --1", "a = +-1", "a = 1 2", "a = 9223372036854775808",
  "a = -9223372036854775809", "a = 1,5", "a = 1.2.3", "a = 0.0.0.0", "a = 10%", "a = +", "a = -",
  // Booleans
  "a = TRUE", "a = False", "a = truer", "a = true1", "a = t", "a = null", "a = nil", "a = ~",
  // Dates
  "a = 2001-02-30", "a = 2001-13-01", "a = 2001-00-01", "a = 2001-1-1", "a = 2001-01-01T",
  "a = 2001-01-01T25:00:00", "a = 2001-01-01T00:60:00", "a = 2001-01-01T00:00:61",
  "a = 2001-01-01T0:00:00",
  "a = 2001-01-01T00:00", "a = 2001-01-01  00:00:00", "a = 2001-01-01T00:00:00.", "a = 24:00:00",
  "a = 1:2:3",
  "a = 2001-01-01T00:00:00+25:00", "a = 2001-01-01T00:00:00+00", "a = 00:00:00+00:00",
  "a = 2100-02-29",
  // Arrays
  "a = [", "a = ]", "a = [1", "a = [1 2]", "a = [,]", "a = [,1]", "a = [1,,2]", "a = [1;2]",
  "a = [1]]",
  "a = [[1]", "a = [1]\n]", "a = [\n1\n2\n]", "a = [b]", "a = [b = 1]", "a = []b",
  // Inline tables
  "a = {", "a = }", "a = {b}", "a = {b = }", "a = {b = 1", "a = {b = 1,}", "a = {,}",
  "a = {b = 1 c = 2}",
  "a = {\n}", "a = {b = 1,\nc = 2}", "a = {b = 1} c", "a = {b = 1, b = 2}", "a = {b.c = 1, b = 2}",
  "a = {b = 1, b.c = 2}", "a = {}\na.b = 1", "a = {}\n[a]", "a = {}\n[a.b]",
  "a = {b = {}}\na.b.c = 1",
  "a = {b: 1}", "a = {{}}", "a = {# c\n}",
  // Tables
  "[", "[]", "[a", "[a]]", "[[a]", "[a.]", "[.a]", "[a..b]", "[a b]", "[a\n]", "[a]\n[a]",
  "[a.b]\n[a.b]",
  "[a] [b]", "[a] b = 1", "[a=1]", "[a]\nb = 1\n[a.b]", "a = 1\n[a]", "a.b = 1\n[a]",
  "a.b = 1\n[a.b]",
  "[a]\nb.c = 1\n[a.b]", "[a.b.c]\n[a]\nb.c.d = 1", "[\"a]", "['a\n']", "[é]", "[a#]", "[a]\"",
  // Arrays of tables
  "[[]]", "[[a]\n]", "[[a] ]", "[ [a]]", "[[a]]\n[a]", "[a]\n[[a]]", "a = []\n[[a]]",
  "a = [{}]\n[[a]]",
  "[[a.b]]\n[a.b]", "[a.b]\n[[a]]", "[[a]]\na.b = 1\na.b = 2", "[[[a]]]", "[[a", "[[a.]]",
  "[[a]]\n[a.b]\n[[a.b]]", "a = {b = []}\n[[a.b]]",
]
