import TunnelCore

/// The IKE daemon: its socket, and settings of strongSwan that do not go well with monitoring.
extension DoctorFacts {
  var viciFindings: [Finding] {
    let path = configuration.viciSocket
    let reason: String
    switch vici {
    case nil, .answers: return []
    case .missing: reason = "No such file or directory"
    case .deaf: reason = "Connection refused"
    case .failed(let words): reason = words
    case .forbidden:
      return [
        Finding(
          .warning, "vici", "-", seen: "no permission for \(path)",
          why: "nothing is known of strongSwan's connections and SAs",
          fix: .init("sudo vpnagent doctor"))
      ]
    }
    if case .other(let name, let pid) = ikeProcess { return commandFindings(name, pid) }
    return [
      Finding(
        isWithoutStrongSwan ? .warning : .error, "vici", "-",
        seen: silenceOfStrongSwan(ikeProcess.obstacle("\(path): \(reason)")),
        why: silenceHarm, fix: startOfStrongSwan)
    ]
  }

  /// Whether nothing here is strongSwan's, or each tunnel has a command that brings it up.
  private var isWithoutStrongSwan: Bool {
    configuration.templates.isEmpty && sas.isEmpty
      && configuration.vpns.allSatisfy { $0.renegotiateCommand != nil }
  }

  private var silenceHarm: String {
    if ikeProcess == .absent {
      return "no tunnel is negotiated or rekeyed: those that are up end when their SAs expire"
    }
    let names = tunnelsWithoutStarter.isEmpty ? "" : "; nothing can bring up \(starterless)"
    return "SAs are cleared by the kernel's EXPIRE, and dead peers wait for retransmissions\(names)"
  }

  /// VPNs that are to be up always, where only strongSwan can have them negotiated.
  private var tunnelsWithoutStarter: [VPN] {
    configuration.vpns.filter {
      $0.establishTunnels == .immediately && $0.renegotiateCommand == nil
    }
  }

  private var starterless: String {
    tunnelsWithoutStarter.prefix(5).map(\.name).joined(separator: ", ")
      + " (establish-tunnels = \"immediately\", no renegotiate-command)"
  }

  private var startOfStrongSwan: Finding.Fix {
    switch ikeProcess {
    case .strongSwan where vici == .missing:
      return .init(
        "apt-get install strongswan-swanctl   # has the vici plugin",
        "systemctl restart \(unitOfStrongSwan)")
    case .strongSwan: return .init("systemctl restart \(unitOfStrongSwan)")
    case .absent, .unseen, .other:
      if strongSwanUnit == nil, strongSwan == nil {
        return .init(
          "apt-get install charon-systemd strongswan-swanctl   # where it is not installed",
          "systemctl start \(unitOfStrongSwan)")
      }
      return .init("systemctl start \(unitOfStrongSwan)")
    }
  }

  /// Beside libreswan and its like there is no VICI: `renegotiate-command` does its work.
  private func commandFindings(_ daemon: String, _ pid: Int32) -> [Finding] {
    guard let first = tunnelsWithoutStarter.first else { return [] }
    return [
      Finding(
        .error, "vici", first.name,
        seen: "\(daemon) (process \(pid)) is the IKE daemon, which has no VICI",
        why: "nothing can bring up \(starterless)",
        fix: .init(
          file: configPath,
          lines: [
            "# in [vpn.\(first.name)]:",
            "renegotiate-command = [\"ipsec\", \"auto\", \"--up\", \"\(first.name)\"]",
          ], commands: ["vpnagent reload"]))
    ]
  }

  private var unitOfStrongSwan: String {
    strongSwanUnit
      ?? (processes.contains { $0.name == "charon" } ? "strongswan-starter" : "strongswan")
  }

  /// Settings of charon's, put where they are read.
  private func charon(_ settings: [String]) -> Finding.Fix {
    let main = strongSwan?.path ?? "/etc/strongswan.conf"
    let hasFolder = strongSwan?.includes.contains { $0.hasSuffix("strongswan.d/*.conf") } ?? true
    return Finding.Fix(
      file: hasFolder ? "/etc/strongswan.d/vpnagent.conf" : main,
      lines: ["charon {"] + settings.map { "  \($0)" } + ["}"],
      commands: ["systemctl restart \(unitOfStrongSwan)"])
  }

  // MARK: Routes that charon installs

  /// With marks on VTIs charon's routes lead past the links; with if_ids it installs none.
  var routeInstallFindings: [Finding] {
    guard let strongSwan, strongSwan.isOn("charon", "install_routes", otherwise: true) else {
      return []
    }
    let vtis = bound.filter { if case .vti = $0.link.kind { true } else { false } }
    guard let first = vtis.first else { return [] }
    let said = strongSwan["charon", "install_routes"] == nil ? "not set, so yes" : "yes"
    let table = strongSwan["charon", "routing_table"].flatMap { UInt32($0) } ?? 220
    let there = routes.filter { $0.identity.table == table }
    let routes =
      there.isEmpty
      ? "" : "; table \(table) has \(there.prefix(3).map(\.description).joined(separator: ", "))"
    return [
      Finding(
        .error, "install-routes", first.vpn.name,
        seen: "charon.install_routes is \(said) (\(strongSwan.path))\(routes)",
        why: "charon's routes in table \(table) override those through \(first.link.name)",
        fix: charon(["install_routes = no"]))
    ]
  }

  // MARK: MOBIKE

  var interfaceListFindings: [Finding] {
    guard let strongSwan else { return [] }
    let ignored = Self.list(strongSwan["charon", "interfaces_ignore"])
    guard strongSwan["charon", "interfaces_use"] == nil else { return [] }
    let toggled = bound.filter {
      $0.vpn.linkControl == .admin && $0.vpn.monitor != nil && !ignored.contains($0.link.name)
        && usesMOBIKE($0.vpn)
    }
    guard !toggled.isEmpty else { return [] }
    let names = toggled.map(\.link.name)
    return [
      Finding(
        .warning, "mobike", toggled[0].vpn.name,
        seen: "charon.interfaces_ignore lacks \(names.joined(separator: ", ")) "
          + "(\(strongSwan.path)), which link-control = \"admin\" sets down and up",
        why: "charon tells every MOBIKE peer of each change, and may move tunnels onto them",
        fix: charon(["interfaces_ignore = \((ignored + names).joined(separator: ", "))"]))
    ]
  }

  /// Unless swanctl.conf says no for each connection that it may be.
  private func usesMOBIKE(_ vpn: VPN) -> Bool {
    guard let swanctl else { return true }
    let named = configuration.gateways[vpn.gateway]?.ikeConnection
    let connections = named.map { [$0] } ?? swanctl.names(in: ["connections"])
    return connections.isEmpty
      || connections.contains { swanctl.isOn("connections", $0, "mobike", otherwise: true) }
  }

  private static func list(_ text: String?) -> [String] {
    (text ?? "").split { $0 == "," || $0 == " " }.map(String.init)
  }

  // MARK: Dead peers

  /// Up to 6.0.0 ESP that comes in counts as life of the peer's IKE daemon
  /// (docs/facts/strongswan.md, "DPD").
  var ownDPDFindings: [Finding] {
    guard case .answers(let version) = vici, Self.isBefore(version, [6, 0, 1]) else { return [] }
    return configuration.gateways.values.sorted { $0.name < $1.name }.compactMap { gateway in
      let isProbed = configuration.vpns.contains {
        $0.gateway == gateway.name && $0.monitor != nil && $0.monitor?.mode != .optimized
      }
      let asked = connections.first {
        $0.dpdDelay > 0 && !Set($0.remote).isDisjoint(with: gateway.addresses)
      }
      guard isProbed, gateway.deadPeerDetection == nil, let asked else { return nil }
      return Finding(
        .note, "own-dpd", gateway.name,
        seen: "strongSwan \(version), connection \(asked.name): dpd_delay = \(asked.dpdDelay) s",
        why: "before 6.0.1 strongSwan counts replies to our probes as signs of life: it never "
          + "sends DPD to a peer whose IKE daemon has died",
        fix: .init(
          file: configPath,
          lines: ["# in [gateway.\(gateway.name)]:", "dead-peer-detection = true"],
          commands: ["vpnagent reload"]))
    }
  }

  /// Whether a version as "5.9.8" or "6.0.1dr1" is lower than another.
  static func isBefore(_ version: String, _ other: [Int]) -> Bool {
    let parts = version.split(separator: ".").map { part in
      Int(part.prefix { $0.isASCII && $0.isNumber }) ?? 0
    }
    return parts.lexicographicallyPrecedes(other)
  }

  /// Without VICI a dead peer's SAs go when charon's retransmissions are over.
  var retransmissionFindings: [Finding] {
    guard let strongSwan else { return [] }
    func number(_ name: String, _ usual: Double) -> Double {
      strongSwan["charon", name].flatMap { Double($0) } ?? usual
    }
    let tries = Int(number("retransmit_tries", 5))
    let (timeout, base) = (number("retransmit_timeout", 4), number("retransmit_base", 1.8))
    guard (0...100).contains(tries) else { return [] }
    var (total, pause) = (0.0, timeout)
    for _ in 0...tries {
      total += pause
      pause *= base
    }
    let slow = configuration.vpns.compactMap { vpn in
      vpn.monitor.map { (vpn.name, ($0.interval * $0.threshold).inSeconds) }
    }.filter { $0.1 * 2 < total }.min { $0.1 < $1.1 }
    guard let (name, patience) = slow else { return [] }
    let answers = if case .answers = vici { true } else { false }
    return [
      Finding(
        answers ? .note : .warning, "retransmission", name,
        seen: "charon gives up on a silent peer after \(Int(total.rounded())) s "
          + "(retransmit_tries = \(tries)), the monitor after \(Int(patience.rounded(.up))) s",
        why: answers
          ? "the agent aborts its own requests by VICI; others to a dead peer last that long"
          : "without VICI nothing aborts them, and the tunnel is not renegotiated before that",
        fix: charon(["retransmit_tries = 3", "retransmit_timeout = 2", "retransmit_base = 1.4"]))
    ]
  }
}
