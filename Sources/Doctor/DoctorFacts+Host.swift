import TunnelCore

/// The configuration file, the kernel, this process and other agents, the clock.
extension DoctorFacts {
  var fileFindings: [Finding] {
    guard !configErrors.isEmpty else { return [] }
    let isOne = configErrors.count == 1
    return [
      Finding(
        .error, "configuration", "-",
        seen: isOne ? configErrors[0] : "\(configErrors.count) mistakes in \(configPath)",
        details: isOne ? [] : configErrors,
        why: "the agent does not start with it; what follows is judged without it",
        fix: .init("vpnagent check-config --config \(configPath)"))
    ]
  }

  // MARK: Kernel

  var kernelFindings: [Finding] {
    var findings: [Finding] = []
    if let xfrmObstacle {
      findings.append(
        Finding(
          .error, "kernel", "-", seen: "IPsec's netlink socket: \(xfrmObstacle)",
          why: "neither the IKE daemon nor the agent can see an SA",
          fix: .init("modprobe xfrm_user")))
    }
    for module in wantedModules where modules[module.name] == .absent {
      findings.append(
        Finding(
          module.grade, "kernel", "-",
          seen: "kernel \(kernelRelease) has no \(module.name)", why: module.why,
          fix: .init("apt-get install linux-image-amd64   # then boot it")))
    }
    return findings + ipv6Findings
  }

  private var wantedModules: [(name: String, grade: Finding.Grade, why: String)] {
    let families = Set(configuration.gateways.values.flatMap(\.addresses).map(\.family))
    var wanted: [(name: String, grade: Finding.Grade, why: String)] = []
    if families.contains(.ipv4) || families.isEmpty {
      wanted.append(("esp4", .error, "SAs between IPv4 addresses cannot be installed"))
    }
    if families.contains(.ipv6) {
      wanted.append(("esp6", .error, "SAs between IPv6 addresses cannot be installed"))
    }
    let links = ["ip_vti", "xfrm_interface"].filter { modules[$0] == .absent }
    let isRouteBased = configuration.vpns.contains { $0.bindInterface != nil }
    for link in links {
      // One kind is enough.
      let grade: Finding.Grade = links.count == 2 && isRouteBased ? .error : .note
      let kind = link == "ip_vti" ? "VTIs" : "XFRM interfaces"
      wanted.append((link, grade, "\(kind) cannot be created"))
    }
    return wanted
  }

  private var ipv6Findings: [Finding] {
    let addresses =
      configuration.gateways.values.flatMap(\.addresses)
      + configuration.vpns.flatMap { $0.monitor?.destinations ?? [] }
    let routes = configuration.vpns.flatMap(\.routes)
    let wants =
      addresses.contains { $0.family == .ipv6 } || routes.contains { $0.address.family == .ipv6 }
    guard wants else { return [] }
    let off =
      ["net.ipv6.conf.all.disable_ipv6"]
      + bound.map { "net.ipv6.conf.\($0.link.name).disable_ipv6" }
    return off.filter { number($0) == 1 }.map { name in
      Finding(
        .error, "ipv6", "-", seen: "\(name) = 1",
        why: "the configuration has IPv6 addresses, which the kernel rejects there",
        fix: sysctl(name, 0))
    }
  }

  // MARK: Capabilities

  private static let netAdmin: UInt64 = 1 << 12
  private static let netRaw: UInt64 = 1 << 13

  var capabilityFindings: [Finding] {
    let agent = processes.first { $0.pid == agentPID }
    let process = agent ?? own
    let missing = [("CAP_NET_ADMIN", Self.netAdmin), ("CAP_NET_RAW", Self.netRaw)]
      .filter { process.capabilities & $0.1 == 0 }.map(\.0)
    guard !missing.isEmpty else { return [] }
    let who = agent == nil ? "this process" : "the agent (process \(process.pid))"
    return [
      Finding(
        .error, "capabilities", "-", seen: "\(who) lacks \(missing.joined(separator: ", "))",
        why: "without them the agent can neither change links and SAs nor send probes",
        fix: agent == nil
          ? .init("sudo vpnagent doctor   # and the agent as root")
          : .init(
            file: "/etc/systemd/system/vpnagent.service.d/capabilities.conf",
            lines: ["[Service]", "CapabilityBoundingSet=CAP_NET_ADMIN CAP_NET_RAW"],
            commands: ["systemctl daemon-reload", "systemctl restart vpnagent"]))
    ]
  }

  // MARK: Agents

  var agentFindings: [Finding] {
    let agents = processes.filter { $0.name == "vpnagent" && $0.pid != own.pid }
    guard agents.count > 1 else { return [] }
    let kept = agents.first { $0.pid == agentPID } ?? agents[0]
    let pids = agents.map { "\($0.pid)" }.joined(separator: ", ")
    let others = agents.filter { $0 != kept }.map { "\($0.pid)" }.joined(separator: " ")
    return [
      Finding(
        .error, "agents", "-", seen: "\(agents.count) agents in this network namespace: \(pids)",
        why: "they hold and open the same links and clear the same SAs independently",
        fix: .init("kill \(others)"))
    ]
  }

  var notifyFindings: [Finding] {
    guard let notifyObstacle, let program = configuration.notify?.first else { return [] }
    return [
      Finding(
        .warning, "notify", "-", seen: "notify = \"\(program)\": \(notifyObstacle)",
        why: "alarms will not be delivered", fix: .init("chmod 755 \(program)"))
    ]
  }

  // MARK: Clock

  var clockFindings: [Finding] {
    var findings: [Finding] = []
    if let ahead = recordAhead, ahead > 2 {
      findings.append(
        Finding(
          .warning, "clock", "-",
          seen: "the record of held links was written \(ahead) s in the future",
          why: "the clock was set back: times in the log repeat, and certificates may be refused",
          fix: .init("timedatectl set-ntp true")))
    }
    if isClockFree == true {
      findings.append(
        Finding(
          .note, "clock", "-", seen: "the kernel's clock is not synchronised",
          why: "only the times in the agent's log depend on it, but so do certificate checks",
          fix: .init("timedatectl set-ntp true")))
    }
    return findings
  }
}
