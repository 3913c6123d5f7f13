import CShims
import Doctor
import Glibc
import TunnelCore

/// Gathers what `vpnagent doctor` judges: reads files, /proc and the kernel's tables, asks the IKE
/// daemon and the agent. Changes nothing, and says of each thing that it could not look at why.
public struct HostExamination {
  /// Paths and texts that the command line knows.
  public struct Request: Sendable {
    /// The configuration that is judged, or an empty one.
    public var configuration: Configuration
    /// Path of its file.
    public var configPath: String
    /// Why the file is not valid.
    public var configErrors: [String]
    /// Directory of the agent's socket and record.
    public var runDirectory: String

    /// What to look at.
    public init(
      configuration: Configuration, configPath: String, configErrors: [String],
      runDirectory: String
    ) {
      self.configuration = configuration
      self.configPath = configPath
      self.configErrors = configErrors
      self.runDirectory = runDirectory
    }
  }

  private static let modules = [
    "esp4", "esp6", "ip_vti", "ip6_vti", "xfrm_interface", "xfrm_user",
  ]

  private let request: Request
  private var facts = DoctorFacts()

  /// Looks at everything.
  public static func facts(_ request: Request) -> DoctorFacts {
    var examination = HostExamination(request: request)
    examination.lookAtFiles()
    examination.lookAtKernel()
    examination.lookAtProcesses()
    examination.askDaemon()
    examination.lookAtFirewall()
    examination.lookAtClock()
    return examination.facts
  }

  private init(request: Request) {
    self.request = request
    facts.configuration = request.configuration
    facts.configPath = request.configPath
    facts.configErrors = request.configErrors
    facts.own = ProcessTable.own
  }

  // MARK: Files

  private mutating func lookAtFiles() {
    facts.networkdFiles = NetworkdFile.all()
    facts.watcherFiles = [
      "/etc/keepalived/keepalived.conf", "/etc/NetworkManager/NetworkManager.conf",
      "/etc/default/ifplugd",
    ].compactMap { path in textFile(path).map { .init(path: path, text: $0) } }
    guard let program = facts.configuration.notify?.first else { return }
    let result = unsafe vpa_may_execute(program)
    if result < 0 {
      facts.notifyObstacle = EdgeError(operation: "run", errno: -result).reason
    }
  }

  // MARK: The kernel

  private mutating func lookAtKernel() {
    facts.kernelRelease = line(of: "/proc/sys/kernel/osrelease") ?? ""
    lookForModules()
    do {
      let requests = try KernelRequests()
      facts.links = try requests.dumpLinks()
      facts.addresses = try requests.dumpAddresses()
      facts.routes = try requests.dumpRoutes()
      dumpSAs(requests)
    } catch {
      facts.unseen.append("links and routes: \(error)")
    }
    readSwitches()
  }

  private mutating func dumpSAs(_ requests: borrowing KernelRequests) {
    do {
      facts.sas = try requests.dumpSAs()
    } catch {
      // Whose permission is missing has a finding of its own.
      if error.errno == EPERM || error.errno == EACCES {
        facts.unseen.append("SAs: \(error)")
      } else {
        facts.xfrmObstacle = error.reason
      }
    }
  }

  private mutating func lookForModules() {
    let folder = "/lib/modules/\(facts.kernelRelease)"
    let loaded = Set(
      (textFile("/proc/modules") ?? "").split(separator: "\n").compactMap { line in
        line.split(separator: " ").first.map(String.init)
      })
    let builtIn = Self.names(inList: textFile("\(folder)/modules.builtin"))
    let files = textFile("\(folder)/modules.dep", limit: 8 << 20)
    let available = Self.names(inList: files)
    for name in Self.modules {
      if loaded.contains(name) || builtIn.contains(name)
        || linkOrFolder("/sys/module/\(name)")
      {
        facts.modules[name] = .loaded
      } else if files != nil {
        facts.modules[name] = available.contains(name) ? .available : .absent
      }
    }
    let unknown = Self.modules.filter { facts.modules[$0] == nil }
    guard !unknown.isEmpty else { return }
    facts.unseen.append(
      "modules \(unknown.joined(separator: ", ")): not loaded, and no \(folder)/modules.dep")
  }

  /// `kernel/net/ipv4/esp4.ko.xz: ...` is esp4.
  private static func names(inList text: String?) -> Set<String> {
    Set(
      (text ?? "").split(separator: "\n").compactMap { line in
        let path = line.prefix { $0 != ":" }
        let file = path.split(separator: "/").last
        return file.map { String($0.prefix { $0 != "." }).replacing("-", with: "_") }
      })
  }

  private func linkOrFolder(_ path: String) -> Bool { !namesIn(directory: path).isEmpty }

  private mutating func readSwitches() {
    let links = ["all", "default"] + facts.links.map(\.name)
    for link in links {
      for name in ["rp_filter", "disable_policy", "disable_xfrm"] {
        readSwitch(["net", "ipv4", "conf", link, name])
      }
      readSwitch(["net", "ipv6", "conf", link, "disable_ipv6"])
    }
    readSwitch(["net", "ipv4", "icmp_echo_ignore_all"])
    readSwitch(["net", "ipv6", "icmp", "echo_ignore_all"])
    readSwitch(["net", "ipv4", "raw_l3mdev_accept"])
  }

  private mutating func readSwitch(_ parts: [String]) {
    let value = line(of: "/proc/sys/" + parts.joined(separator: "/"))
    facts.sysctls[parts.joined(separator: ".")] = value
  }

  private func line(of path: String) -> String? {
    textFile(path, limit: 4096)?.split(separator: "\n").first.map(String.init)
  }

  // MARK: Processes

  private mutating func lookAtProcesses() {
    let table = ProcessTable()
    facts.processes = table.processes
    facts.ikeProcess = ProcessTable.ikeProcess()
    facts.strongSwanUnit = Self.strongSwanUnit()
    let answer = try? askAgent(
      "status", socket: "\(request.runDirectory)/control.sock", patience: 5)
    facts.agentPID = answer.flatMap { AgentStatus(json: $0) }?.pid
    facts.strongSwan = StrongSwanSettings(file: table.strongSwanPath ?? "/etc/strongswan.conf")
    facts.swanctl = StrongSwanSettings(file: "/etc/swanctl/swanctl.conf")
    if facts.strongSwan == nil {
      facts.unseen.append(
        "strongSwan's settings: no \(table.strongSwanPath ?? "/etc/strongswan.conf")")
    }
    for settings in [facts.strongSwan, facts.swanctl] {
      facts.unseen += settings?.complaints ?? []
    }
  }

  private mutating func askDaemon() {
    do {
      var query = try VICIQuery(path: facts.configuration.viciSocket)
      do {
        facts.vici = .answers(version: try query.version())
        facts.connections = try query.list("list-conns", event: "list-conn")
          .flatMap(IKEConnection.list)
      } catch {
        facts.vici = .failed("\(error)")
      }
    } catch {
      switch error.errno {
      case ENOENT: facts.vici = .missing
      case ECONNREFUSED: facts.vici = .deaf
      case EACCES, EPERM: facts.vici = .forbidden
      default: facts.vici = .failed(error.reason)
      }
    }
  }

  // MARK: Firewall, clock

  private mutating func lookAtFirewall() {
    do {
      let printed = try output(of: ["nft", "-j", "list", "ruleset"])
      facts.firewall = Firewall(json: printed)
      if facts.firewall == nil {
        facts.unseen.append("nftables: what nft printed is not understood")
      }
    } catch {
      facts.unseen.append("nftables: \(error)")
    }
    for path in ["/proc/net/ip_tables_names", "/proc/net/ip6_tables_names"] {
      guard let names = textFile(path), !names.isEmpty else { continue }
      let tables = names.split(separator: "\n").joined(separator: ", ")
      facts.unseen.append("rules of iptables-legacy, which are in use: \(tables)")
    }
  }

  private mutating func lookAtClock() {
    let free = vpa_clock_is_free()
    if free >= 0 { facts.isClockFree = free == 1 }
    let written = unsafe vpa_file_time("\(request.runDirectory)/gates.json")
    if written >= 0 { facts.recordAhead = written - vpa_wall_seconds() }
  }
}
