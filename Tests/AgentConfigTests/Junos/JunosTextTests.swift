import AgentConfig
import Testing

// How a text may come: from a terminal, in other encodings, in forms that are not read.

private let lines = [
  "set security ike gateway GW address 203.0.113.1", "set security ipsec vpn V ike gateway GW",
  "set security ipsec vpn V bind-interface st0.1", "set interfaces st0.1 family inet",
]

/// What the import makes of `lines` alone.
private func plain() throws -> [Substring] { try sections(lines.joined(separator: "\n")) }

/// The file without comments, which have numbers of lines in them.
private func sections(_ text: String) throws -> [Substring] {
  try importJunos(text, fileName: "f.conf").toml.split(separator: "\n").filter { $0.first != "#" }
}

@Test(arguments: [
  "root> show configuration | display set | no-more\n\(lines.joined(separator: "\n"))\n\nroot> \n",
  "srx% cli\nsrx> configure\n[edit]\nsrx# \(lines.joined(separator: "\n[edit]\nroot@srx# "))\n%\n",
  "\(lines[0])\n---(more)---\r               \r\(lines[1])\n\(lines[2])\n"
    + "---(more 57%)---\u{8}\u{8}\u{8}\u{1b}[K\(lines[3])",
  "Last login: Mon Feb 16 09:12:44 from 192.0.2.9\n--- JUNOS 22.4R3 Kernel 64-bit\n"
    + lines.joined(separator: "\r\n"),
])
func whatATerminalAddsIsPassedOver(text: String) throws {
  #expect(try sections(text) == plain())
}

@Test(arguments: [
  ("set system login message \"hello", "f.conf:2: a string without its closing '\"'; passed over"),
  ("set system login [ a", "f.conf:2: '[' without ']' after system login; passed over"),
  ("system { host-name a }", "f.conf:2: no ';' after host-name a; passed over"),
  ("system { a [ b { c; } }", "f.conf:2: '[' without ']' after a; passed over"),
  ("system { { c; } }", "f.conf:2: '{' without a statement; \(forms); passed over"),
  (
    "security { policies { global { \u{1} ; } } }\n}\n}\n}",
    "f.conf:2: a control character; passed over"
  ),
  (
    "routing-options { autonomous-system \"1 }\n} ",
    "f.conf:2: a string without its closing '\"'; passed over"
  ),
  (
    "Physical interface: ge-0/0/0, Enabled",
    "f.conf:2: not a statement: Physical interface: ge-0/0/0, Enabled; passed over"
  ),
])
func anErrorElsewhereEndsNothing(text: String, warning: String) throws {
  let whole = ([lines[0], text] + lines.dropFirst()).joined(separator: "\n")
  #expect(try sections(whole) == plain())
  #expect(try importJunos(whole, fileName: "f.conf").warnings.first == warning)
}

private let forms = "expected: set lines, or the form with braces"

@Test(arguments: [
  "security ike", "security ipsec vpn", "interfaces st0 unit", "routing-options static route",
])
func anErrorInWhatIsReadEndsTheImport(path: String) {
  #expect(throws: ConfigurationError.self) {
    try importJunos((lines + ["set \(path) [ a"]).joined(separator: "\n"), fileName: "f.conf")
  }
}

@Test(arguments: [
  ("<rpc-reply xmlns:junos=\"x\">\n<configuration>", 1, "XML"),
  ("root> show configuration | display xml\n<rpc-reply>", 2, "XML"),
  ("\n  <?xml version=\"1.0\"?>", 2, "XML"),
  ("{\n    \"configuration\" : {", 1, "JSON"),
  ("root> show configuration | display json\n{\"configuration\":{}}", 2, "JSON"),
  ("[edit security ipsec]\n+   vpn V { ike { gateway GW; } }", 2, "a comparison (show | compare)"),
  ("[edit security]\n    ike {\n-        gateway A;", 3, "a comparison (show | compare)"),
])
func aFormThatIsNotReadIsNamed(text: String, line: Int, form: String) {
  let error = #expect(throws: ConfigurationError.self) {
    try importJunos(text, fileName: "f.conf")
  }
  #expect(
    error?.lines == [
      "f.conf:\(line): \(form); export with 'show configuration | display set | no-more'"
    ])
}

@Test(arguments: [true, false], [true, false])
func sixteenBitsAreRead(isBigEndian: Bool, hasMark: Bool) throws {
  let text = (hasMark ? "\u{feff}" : "") + lines.joined(separator: "\r\n")
  let bytes = text.utf16.flatMap { unit -> [UInt8] in
    let pair = [UInt8(unit >> 8), UInt8(unit & 0xff)]
    return isBigEndian ? pair : pair.reversed()
  }
  #expect(try sections(junosInput(bytes)) == plain())
  // Cut in the middle of a character.
  #expect(try !sections(junosInput(bytes.dropLast())).isEmpty)
}
