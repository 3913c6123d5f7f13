import Doctor
import Glibc
import TunnelCore

/// Processes of this network namespace that have to do with tunnels or links, from /proc.
struct ProcessTable {
  /// Names of /proc/PID/comm, which the kernel cuts after 15 bytes.
  private static let known: Set<String> = [
    "vpnagent", "charon", "charon-systemd", "pluto", "iked", "racoon", "zebra", "bird",
    "keepalived", "systemd-network", "NetworkManager", "ifplugd",
  ]

  /// Those that were found; of `vpnagent` only `run`.
  private(set) var processes: [DoctorFacts.Process] = []
  /// Where charon reads its configuration: its STRONGSWAN_CONF; nil: the usual file. Anybody may call a
  /// process charon: root's counts, and that of who asks.
  private(set) var strongSwanPath: String?

  /// Looks at every process. Those of others are left out where /proc hides them.
  init() {
    let namespace = linkTarget("/proc/self/ns/net")
    for entry in namesIn(directory: "/proc") {
      guard let pid = Int32(entry), let name = Self.name(pid), Self.known.contains(name),
        linkTarget("/proc/\(pid)/ns/net") == namespace
      else { continue }
      if name == "vpnagent", !Self.arguments(pid).contains("run") { continue }
      processes.append(
        DoctorFacts.Process(pid: pid, name: name, capabilities: Self.capabilities(pid)))
      if name.hasPrefix("charon"), strongSwanPath == nil, Self.isTrusted(pid) {
        strongSwanPath = Self.variable("STRONGSWAN_CONF", of: pid)
      }
    }
  }

  /// The IKE daemon of this network namespace. One whose namespace must not be read counts, as for an
  /// agent without CAP_SYS_PTRACE; without /proc nobody can tell.
  static func ikeProcess() -> IKEProcess {
    let entries = namesIn(directory: "/proc").compactMap { Int32($0) }
    guard !entries.isEmpty else { return .unseen }
    let namespace = linkTarget("/proc/self/ns/net")
    return IKEProcess(
      entries.compactMap { pid in
        guard let name = name(pid), IKEProcess.isIKEDaemon(name) else { return nil }
        let its = linkTarget("/proc/\(pid)/ns/net")
        return its == nil || its == namespace ? (name, pid) : nil
      })
  }

  /// This process.
  static var own: DoctorFacts.Process {
    let pid = getpid()
    return .init(pid: pid, name: "vpnagent", capabilities: capabilities(pid))
  }

  private static func name(_ pid: Int32) -> String? {
    textFile("/proc/\(pid)/comm", limit: 64)?.split(separator: "\n").first.map(String.init)
  }

  private static func arguments(_ pid: Int32) -> [String] {
    (textFile("/proc/\(pid)/cmdline", limit: 1 << 16) ?? "").split(separator: "\0").map(String.init)
  }

  private static func variable(_ name: String, of pid: Int32) -> String? {
    let all = (textFile("/proc/\(pid)/environ") ?? "").split(separator: "\0")
    return all.first { $0.hasPrefix("\(name)=") }.map { String($0.dropFirst(name.count + 1)) }
  }

  /// Whether its real, effective, saved and file system user are root or this process's. The owner of
  /// /proc/PID is root also where a process made itself undumpable (proc(5)).
  static func isTrusted(_ pid: Int32) -> Bool {
    let users = status("Uid", of: pid)?.split { $0 == "\t" || $0 == " " } ?? []
    return !users.isEmpty && users.allSatisfy { $0 == "0" || UInt32($0) == geteuid() }
  }

  private static func capabilities(_ pid: Int32) -> UInt64 {
    let text = status("CapEff", of: pid)?.drop { $0 == "\t" || $0 == " " }
    return text.flatMap { UInt64($0, radix: 16) } ?? 0
  }

  /// A line of /proc/PID/status, without its name.
  private static func status(_ name: String, of pid: Int32) -> Substring? {
    let lines = (textFile("/proc/\(pid)/status", limit: 1 << 16) ?? "").split(separator: "\n")
    return lines.first { $0.hasPrefix("\(name):") }?.dropFirst(name.count + 1)
  }
}
