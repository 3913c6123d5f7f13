import AgentConfig
import ArgumentParser
import Glibc
import LinuxEdge
import TunnelCore

struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes a configuration file from another product's configuration.",
    subcommands: [ImportJunos.self, ImportSwanctl.self])
}

struct ImportJunos: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "junos",
    abstract: "Writes a configuration file from that of a Juniper SRX.",
    discussion: """
      Reads what `show configuration` prints, with or without `| display set`, and writes TOML to \
      standard output. Statements without an equivalent become comments that say what to do instead.

        vpnagent import junos --link st0.0=vti0 srx.conf > vpnagent.toml

      Exit status: 0 written, 77 unreadable, 78 a statement cannot be converted or is not valid.
      """)

  @Argument(help: "The Junos configuration; - is standard input.", completion: .file())
  var file: String
  @Option(
    help: ArgumentHelp(
      "The Linux interface for a Junos interface or for a VPN. May be repeated.",
      discussion: "st0.N is called st0-N unless named here.", valueName: "st0.N=name"))
  var link: [String] = []
  @Option(
    help: ArgumentHelp(
      "Where probes go: link (the peer is Linux) or endpoint (as Junos).",
      discussion: "Default: endpoint.", valueName: "link|endpoint"))
  var probeSource: Monitor.ProbeSource?
  @Flag(help: "Turn statements that cannot be converted into comments, with a warning each.")
  var lenient = false

  func run() throws {
    let links = try names()
    let fileName = file == "-" ? "standard input" : file
    let bytes: [UInt8]
    do {
      bytes = try file == "-" ? readStandardInput() : readFile(file)
    } catch {
      complain("\(fileName): cannot read: \(error.reason)")
      throw error.isPermission ? ExitCode.permission : ExitCode.configuration
    }
    do {
      let result = try importJunos(
        junosInput(bytes), fileName: fileName, links: links, probeSource: probeSource,
        isLenient: lenient)
      for warning in result.warnings { complain("warning: \(warning)") }
      show(result.toml)
    } catch {
      for line in error.lines { complain(line) }
      throw ExitCode.configuration
    }
  }

  /// `--link` as a dictionary.
  private func names() throws -> [String: String] {
    var names: [String: String] = [:]
    for text in link {
      guard let equals = text.lastIndex(of: "="), equals != text.startIndex else {
        throw ValidationError("--link \(text): must be NAME=INTERFACE, as in st0.0=vti0")
      }
      let name = String(text[..<equals])
      guard names[name] == nil else {
        throw ValidationError("--link \(name): given twice")
      }
      names[name] = String(text[text.index(after: equals)...])
    }
    return names
  }
}

extension Monitor.ProbeSource: ExpressibleByArgument {}

/// All of standard input, up to `limit` bytes.
private func readStandardInput(limit: Int = 16 << 20) throws(EdgeError) -> [UInt8] {
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = unsafe buffer.withUnsafeMutableBytes {
      unsafe Glibc.read(STDIN_FILENO, $0.baseAddress, $0.count)
    }
    if count < 0, errno == EINTR { continue }
    guard count >= 0, bytes.count + count <= limit else {
      throw EdgeError(operation: "read", errno: count < 0 ? errno : EFBIG)
    }
    if count == 0 { return bytes }
    bytes += buffer.prefix(count)
  }
}
