import Glibc
import Testing

@testable import LinuxEdge

/// Files of root's in places where others can write too.
@Suite struct FilesTests {
  private func withDirectory(_ body: (String) throws -> Void) throws {
    let path = "/tmp/vpnagent-files-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    #expect(unsafe mkdir(path, 0o755) == 0)
    defer { _ = try? run("rm -r \(path)") }
    try body(path)
  }

  @Test func aPlantedLinkIsNotFollowed() throws {
    try withDirectory { directory in
      let (path, other) = ("\(directory)/metrics", "\(directory)/other")
      try replaceFile(other, with: Array("kept".utf8))
      for planted in [path, "\(path).new"] {
        #expect(unsafe symlink(other, planted) == 0)
        try replaceFile(path, with: Array("new".utf8))
        #expect(try readFile(other) == Array("kept".utf8))
        #expect(try readFile(path) == Array("new".utf8))
      }
    }
  }

  @Test func theControlSocketIsNeverOpenToOthers() throws {
    try withDirectory { directory in
      let server = try ControlServer(path: "\(directory)/socket")
      #expect(try run("stat -c %a \(server.path)") == "660\n")
    }
  }

  @Test func onlyRootsProcessesAndOwnOnesAreBelieved() {
    #expect(ProcessTable.isTrusted(getpid()))
    #expect(ProcessTable.isTrusted(1))
    #expect(!ProcessTable.isTrusted(-1))
  }
}
