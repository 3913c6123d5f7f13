import Testing
import TunnelCore

@testable import Doctor

/// One thing that is spoiled in a healthy gateway, and the one finding that it must give.
struct SpoiledRow: Sendable, CustomTestStringConvertible {
  var check: String
  var grade: Finding.Grade
  /// Stands in what was seen.
  var seen: String
  /// Stands in the fix: a line or a command.
  var fix: String
  var spoil: @Sendable (inout DoctorFacts) -> Void

  init(
    _ check: String, _ grade: Finding.Grade, _ seen: String, _ fix: String,
    _ spoil: @escaping @Sendable (inout DoctorFacts) -> Void
  ) {
    self.check = check
    self.grade = grade
    self.seen = seen
    self.fix = fix
    self.spoil = spoil
  }

  var testDescription: String { "\(check): \(seen)" }
}

@Suite struct DiagnosisTests {
  @Test func aHealthyGatewayHasNoFinding() {
    let diagnosis = Diagnosis(HealthyFacts.facts)
    #expect(diagnosis.findings == [])
    #expect(!diagnosis.hasError)
  }

  /// Nothing is claimed of what was not looked at.
  @Test func nothingKnownIsNothingFound() {
    #expect(Diagnosis(DoctorFacts()).findings == [])
  }

  @Test(arguments: hostRows + strongSwanRows + linkRows + switchRows + neighbourRows)
  func eachSpoiledThingIsNamedAlone(row: SpoiledRow) throws {
    var facts = HealthyFacts.facts
    row.spoil(&facts)
    let findings = Diagnosis(facts).findings
    #expect(Set(findings.map(\.check)) == [row.check])
    let finding = try #require(findings.first)
    #expect(finding.grade == row.grade)
    #expect(finding.seen.contains(row.seen), "\(finding.seen)")
    let fix = finding.fix.lines + finding.fix.commands
    #expect(fix.contains { $0.contains(row.fix) }, "\(fix)")
    #expect(finding.fix.file != nil || finding.fix.lines.isEmpty)
  }

  @Test func aLinkElsewhereMayHaveTheSAs() {
    var facts = HealthyFacts.facts
    facts.links.removeAll { $0.name == "xfrm0" }
    #expect(Diagnosis(facts).findings.contains { $0.why.hasPrefix("no packet gets into") })
    for index in 2...3 { facts.sas[index].packets = 9 }
    let findings = Diagnosis(facts).findings
    #expect(findings.contains { $0.seen.hasSuffix("in this namespace, but they carry packets") })
    #expect(!findings.contains { $0.why.hasPrefix("no packet gets into") })
  }

  /// What starts strongSwan depends on what is there of it.
  @Test(
    arguments: [
      (.absent, "ipsec", ["systemctl start ipsec"]),
      (.absent, nil, ["systemctl start strongswan"]),
      (
        .strongSwan(pid: 101), nil,
        [
          "apt-get install strongswan-swanctl   # has the vici plugin",
          "systemctl restart strongswan",
        ]
      ),
    ] as [(IKEProcess, String?, [String])])
  func startsStrongSwan(process: IKEProcess, unit: String?, commands: [String]) throws {
    var facts = HealthyFacts.facts
    (facts.vici, facts.ikeProcess, facts.strongSwanUnit) = (.missing, process, unit)
    let diagnosis = Diagnosis(facts)
    #expect(diagnosis.hasError)
    #expect(diagnosis.findings.first?.fix.commands == commands)
    facts.strongSwan = nil
    facts.configErrors = ["x.toml: vpn.a: bad"]
    facts.xfrmObstacle = "Protocol not supported"
    #expect(Diagnosis(facts).findings.first?.check == "vici")
  }

  /// Where nothing is strongSwan's its silence is no error, and beside libreswan nothing at all.
  @Test func whoNeedsNoStrongSwan() {
    var facts = HealthyFacts.facts
    (facts.vici, facts.ikeProcess) = (.missing, .absent)
    facts.sas = []
    for index in facts.configuration.vpns.indices {
      facts.configuration.vpns[index].renegotiateCommand = ["true"]
    }
    #expect(Diagnosis(facts).findings.map(\.grade) == [.warning])
    facts.ikeProcess = .other(name: "pluto", pid: 7)
    #expect(Diagnosis(facts).findings == [])
    facts.configuration.vpns[0].establishTunnels = .immediately
    #expect(Diagnosis(facts).findings == [])
    facts.configuration.vpns[0].renegotiateCommand = nil
    let finding = Diagnosis(facts).findings.first
    #expect(finding?.seen == "pluto (process 7) is the IKE daemon, which has no VICI")
    #expect(finding?.fix.lines.last == #"renegotiate-command = ["ipsec", "auto", "--up", "to-b"]"#)
  }

  @Test func errorsComeFirst() {
    var facts = HealthyFacts.facts
    facts.isClockFree = true
    facts.sysctls["net.ipv4.conf.all.rp_filter"] = "1"
    facts.xfrmObstacle = "Protocol not supported"
    let grades = Diagnosis(facts).findings.map(\.grade)
    #expect(grades == [.error, .warning, .warning, .note])
  }

  @Test(arguments: [
    ("5.9.8", true), ("6.0.0", true), ("6.0.1", false), ("6.0.1dr1", false), ("6.1", false),
    ("10.0.0", false), ("6", true),
  ])
  func versions(version: String, isBefore: Bool) {
    #expect(DoctorFacts.isBefore(version, [6, 0, 1]) == isBefore)
  }

  @Test(arguments: [
    ("net.ipv4.conf.vti0.rp_filter", "net.ipv4.conf.vti0.rp_filter"),
    ("net.ipv4.conf.eth0.5.rp_filter", "net/ipv4/conf/eth0.5/rp_filter"),
    ("net.ipv4.icmp_echo_ignore_all", "net.ipv4.icmp_echo_ignore_all"),
  ])
  func switchesAreNamedAsSysctlTakesThem(name: String, written: String) {
    #expect(DoctorFacts().sysctl(name, 2).commands == ["sysctl -w \(written)=2"])
  }
}
