import Testing
import TunnelCore

@testable import Doctor

/// The syntax of strongswan.conf(5), and networkd's files.
@Suite struct SettingsTests {
  private func read(
    _ text: String, _ files: [String: [(String, String)]] = [:]
  ) -> StrongSwanSettings {
    StrongSwanSettings(path: "main", text: text) { pattern, _ in files[pattern] ?? [] }
  }

  @Test(arguments: [
    "charon { install_routes = no }",
    "charon{install_routes=no}",
    "charon {\n  install_routes = yes # not this\n}\ncharon {\n  install_routes = no\n}",
    "charon\n{\n\tinstall_routes =   no  # why\n}\r\n",
    "charon { install_routes = \"no\" }",
    "# charon { install_routes = yes }\ncharon { install_routes = no\n plugins { x { a = 1 } } }",
    "charon : other { install_routes = no }",
    "include a.conf",
    "charon {\n include b.conf\n}",
  ])
  func oneValueInManyForms(text: String) {
    let settings = read(
      text,
      [
        "a.conf": [("a", "charon { install_routes = no }")],
        "b.conf": [("b", "install_routes = no")],
      ])
    #expect(settings["charon", "install_routes"] == "no")
    #expect(!settings.isOn("charon", "install_routes", otherwise: true))
    #expect(settings.complaints == [])
  }

  @Test func valuesAndNames() {
    let settings = read(
      """
      connections {
        to-b { remote_addrs = 203.0.113.1, 203.0.113.2
          children { net { mark_out = 42
            esp_proposals = "a \\"b\\" # {c}" } } }
        to-c { }
      }
      """)
    #expect(settings.names(in: ["connections"]) == ["to-b", "to-c"])
    #expect(settings["connections", "to-b", "remote_addrs"] == "203.0.113.1, 203.0.113.2")
    #expect(settings["connections", "to-b", "children", "net", "mark_out"] == "42")
    #expect(
      settings["connections", "to-b", "children", "net", "esp_proposals"] == "a \"b\" # {c}")
  }

  @Test func sectionsHaveWhatTheyReferTo() {
    let settings = read(
      """
      base { x = 1
        y = 1
        sub { z = 1 } }
      more : base { y = 2 }
      far { away { v = 9 } }
      a : more, far.away { y = 3 }
      b : a
      {
        sub { w = 4 } }
      loop : loop, a { }
      """)
    let names = ["a", "b", "loop"]
    #expect(names.map { settings[$0, "x"] } == ["1", "1", "1"])
    #expect(names.map { settings[$0, "y"] } == ["3", "3", "3"])
    #expect(names.map { settings[$0, "v"] } == ["9", "9", "9"])
    #expect(names.map { settings[$0, "sub", "z"] } == ["1", "1", "1"])
    #expect(settings["b", "sub", "w"] == "4")
    #expect(settings["more", "v"] == nil)
    #expect(settings.names(in: ["b"]) == ["sub", "y", "x", "v"])
    #expect(settings.names(in: ["b", "sub"]) == ["w", "z"])
  }

  @Test(arguments: ["charon {", "charon { } }", "}", "charon { plugins { }"])
  func bracesThatDoNotMatchAreSaid(text: String) {
    #expect(read(text).complaints.count == 1)
  }

  @Test func everyBrokenTextEnds() {
    let text = "charon : x { a = \"b\\\"\" # c\n include d\n e { f = { g } } = h\n}"
    for length in 0...text.count { _ = read(String(text.prefix(length))) }
    for length in 0...text.count { _ = read(String(text.suffix(length))) }
  }

  /// One that includes itself is read a bounded number of times.
  @Test func includesEnd() {
    let settings = read("include a", ["a": [("a", "x = 1\ninclude a")]])
    #expect(settings["x"] == "1")
  }

  @Test(arguments: [
    ("[Match]\nName=vti0", "vti0", true), ("[Match]\nName=vti*", "vti0", true),
    ("[Match]\nName=eth0 vti0", "vti0", true), ("[Match]\nName=!eth*", "vti0", true),
    ("[Match]\nName=!vti* eth0", "vti0", false), ("[Match]\nName=eth0", "vti0", false),
    ("[Match]\nName=vti0\nType=ether", "vti0", false), ("[Network]\nName=vti0", "vti0", false),
    ("# [Match]\n[Match]\n;Name=eth0\n Name = vti0 ", "vti0", true),
  ])
  func networkdMatches(text: String, name: String, fits: Bool) {
    #expect(NetworkdFile(path: "x", texts: [text]).fits(name) == fits)
  }

  @Test(arguments: [
    ("", false), ("ConfigureWithoutCarrier=yes", true), ("IgnoreCarrierLoss=yes", false),
    ("ConfigureWithoutCarrier=yes\nIgnoreCarrierLoss=no", false),
    ("ConfigureWithoutCarrier=true\nIgnoreCarrierLoss=1", true),
  ])
  func networkdKeepsHeldLinks(lines: String, keeps: Bool) {
    let file = NetworkdFile(path: "x", texts: ["[Network]\n" + lines])
    #expect(file.keepsHeldLinks == keeps)
  }
}
