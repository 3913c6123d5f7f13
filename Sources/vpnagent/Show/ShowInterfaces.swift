import ArgumentParser
import LinuxEdge
import TunnelCore

struct ShowInterfaces: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "interfaces",
    abstract: "Shows the links of tunnels: flags, gate, addresses, and the tunnels that use them.",
    discussion: """
      A held link has the flag Link-Layer-Down: its routes are withdrawn and it sends nothing.
      Exit status: 0, 1 no tunnel uses this link, 2 no agent answers.
      """,
    aliases: ["interface"])

  @Argument(help: "Only this link.") var link: String?
  @OptionGroup var options: ReportOptions

  func run() throws {
    let width = outputWidth
    try options.show(.interfaces, link) { (report: InterfacesReport) in
      report.interfaces.isEmpty
        ? ["no tunnel has a link"]
        : report.interfaces.flatMap { Self.lines($0) }
          .flatMap { $0.wrapped(width, indent: "      ") }
    }
  }

  static func lines(_ interface: InterfaceStatus) -> [String] {
    guard let index = interface.index else {
      return ["Interface \(interface.name) does not exist"] + users(interface)
    }
    var flags = [interface.enabled ? "Up" : "Down"]
    if interface.enabled, !interface.up { flags.append("Link-Layer-Down") }
    let encapsulation = [
      "Encapsulation: \(kind(interface))", interface.mtu.map { "MTU: \($0)" },
      interface.master.map { "Master: \($0)" },
    ].compactMap(\.self).joined(separator: ", ")
    var lines = [
      "Interface \(interface.name) (Index \(index))",
      "  Flags: \(flags.joined(separator: " ")), \(encapsulation)",
      "  Gate: \(interface.gate), operstate: \(interface.operstate ?? "-")",
    ]
    if interface.local != nil || interface.remote != nil {
      lines.append("  Local: \(interface.local ?? "any"), Remote: \(interface.remote ?? "any")")
    }
    lines += interface.addresses.map { "  Address: \($0)" }
    return lines + users(interface)
  }

  private static func kind(_ interface: InterfaceStatus) -> String {
    let kind = interface.kind ?? "-"
    let keys = interface.keys.map { " (keys \($0))" } ?? ""
    return kind + keys + (interface.ifID.map { " (if_id \($0))" } ?? "")
  }

  private static func users(_ interface: InterfaceStatus) -> [String] {
    interface.tunnels.map { "  Tunnel: \($0.name) (ID \($0.id)), \($0.state)" }
  }
}
