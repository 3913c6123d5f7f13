import Doctor
import FoundationEssentials
import Glibc
import Testing
import TunnelCore

@testable import LinuxEdge

/// Reading directories, files, and what programs print.
@Suite struct InspectionTests {
  /// A directory of its own with these files, gone afterwards.
  private func withFiles(
    _ files: KeyValuePairs<String, String>, _ body: (String) throws -> Void
  ) throws {
    let folder = "/tmp/vpa-inspection-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for (name, text) in files {
      let path = "\(folder)/\(name)"
      if let slash = path.lastIndex(of: "/") {
        try FileManager.default.createDirectory(
          atPath: String(path[..<slash]), withIntermediateDirectories: true)
      }
      try replaceFile(path, with: Array(text.utf8))
    }
    try body(folder)
  }

  @Test func settingsWithIncludes() throws {
    try withFiles([
      "main.conf": "charon { install_routes = yes }\ninclude d/*.conf\ninclude more",
      "d/b.conf": "charon { x = b }", "d/a.conf": "charon { x = a\n install_routes = no }",
      "d/c.txt": "charon { x = c }", "more": "charon { y = 1 }",
    ]) { folder in
      let settings = try #require(StrongSwanSettings(file: "\(folder)/main.conf"))
      #expect(settings["charon", "install_routes"] == "no")
      #expect(settings["charon", "x"] == "b")
      #expect(settings["charon", "y"] == "1")
      #expect(settings.includes == ["d/*.conf", "more"])
      #expect(namesIn(directory: "\(folder)/d") == ["a.conf", "b.conf", "c.txt"])
    }
    #expect(StrongSwanSettings(file: "/nowhere/strongswan.conf") == nil)
    #expect(namesIn(directory: "/nowhere") == [])
  }

  @Test func whatProgramsPrint() throws {
    #expect(try output(of: ["echo", "a b"]) == Array("a b\n".utf8))
    #expect(try output(of: ["true"]) == [])
    let long = try output(of: ["head", "-c", "300000", "/dev/zero"])
    #expect(long.count == 300_000)
  }

  @Test(arguments: [["false"], ["/nowhere/nft"], ["sh", "-c", "echo x; kill -9 $$"]])
  func whatDoesNotEndWell(words: [String]) {
    #expect(throws: EdgeError.self) { _ = try output(of: words) }
  }

  /// It may be asked anywhere, and says what it could not look at.
  @Test func thisHost() {
    let facts = HostExamination.facts(
      .init(
        configuration: .observing, configPath: "x", configErrors: [], runDirectory: "/nowhere"))
    #expect(!facts.kernelRelease.isEmpty)
    #expect(facts.own.pid == getpid())
    #expect(facts.vici != nil)
    #expect(facts.agentPID == nil)
    #expect(facts.links.contains { $0.name == "lo" })
  }
}
