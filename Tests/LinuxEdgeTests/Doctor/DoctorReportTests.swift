import Doctor
import Testing
import TunnelCore

@testable import LinuxEdge

/// What `vpnagent doctor` prints, to the letter.
@Suite struct DoctorReportTests {
  private static var facts: DoctorFacts {
    var facts = DoctorFacts()
    facts.vici = .missing
    facts.ikeProcess = .absent
    facts.strongSwanUnit = "strongswan-starter"
    facts.configPath = "/etc/vpnagent/vpnagent.toml"
    facts.configuration = Configuration(
      gateways: ["b": Gateway(name: "b", addresses: [IPAddress(203, 0, 113, 1)])],
      vpns: [
        VPN(name: "to-b", gateway: "b", bindInterface: "xfrm0", monitor: Monitor())
      ])
    facts.links = [Link(index: 5, name: "xfrm0", kind: .xfrm(ifID: 42), mtu: 1400)]
    facts.addresses = [
      InterfaceAddress(linkIndex: 5, address: IPAddress(10, 0, 0, 1), prefixLength: 24)
    ]
    facts.sysctls = ["net.ipv4.conf.xfrm0.disable_xfrm": "1"]
    facts.unseen = ["nftables: run nft: No such file or directory"]
    return facts
  }

  @Test func text() {
    let expected = """
      error: strongSwan does not answer (/run/charon.vici: No such file or directory; no charon process) [vici]
        no tunnel is negotiated or rekeyed: those that are up end when their SAs expire
          # systemctl start strongswan-starter

      error: net.ipv4.conf.xfrm0.disable_xfrm = 1 [disable-xfrm]
        packets sent there match no SA: dropped on a tunnel link, else sent in clear
          put into /etc/sysctl.d/60-vpnagent.conf:
              net.ipv4.conf.xfrm0.disable_xfrm = 0
          # sysctl -w net.ipv4.conf.xfrm0.disable_xfrm=0

      warning to-b: xfrm0 has 10.0.0.1/24, which does not identify the other end, and destination-ip is not set [probe-address]
        probes go to 203.0.113.1, which a Linux peer answers outside the tunnel unless it routes 10.0.0.1 into it
          put into /etc/vpnagent/vpnagent.toml:
              # in [vpn.to-b.vpn-monitor]:
              destination-ip = "the address of the peer's link"
          # vpnagent reload
      not checked: nftables: run nft: No such file or directory

      """
    #expect(DoctorReport(Diagnosis(Self.facts)).text == expected)
  }

  @Test func nothingFound() {
    #expect(DoctorReport(Diagnosis(DoctorFacts())).text == "Nothing found.\n")
  }

  /// `scripts/schemas` compares the file with docs/schema.
  @Test func json() throws {
    let file = "\(#filePath)".replacing("DoctorReportTests.swift", with: "doctor.json")
    var facts = DoctorFacts()
    facts.sysctls = ["net.ipv4.conf.all.disable_xfrm": "1"]
    let printed = DoctorReport(Diagnosis(facts)).json()
    #expect(
      String(decoding: printed, as: UTF8.self)
        == String(decoding: try readFile(file), as: UTF8.self))
  }
}
