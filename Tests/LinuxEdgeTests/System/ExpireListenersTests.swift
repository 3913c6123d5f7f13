import Testing

@testable import LinuxEdge

/// IKE daemons in /proc/net/netlink (net/netlink/af_netlink.c, `netlink_seq_show`).
@Suite struct ExpireListenersTests {
  private static let title =
    "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n"

  private func line(_ eth: Int, _ groups: String) -> String {
    "00000000cbf5ba54 \(eth)   3170       \(groups) 0        0        0     2        0        12345\n"
  }

  @Test(arguments: [
    ("00000033", true), ("00000003", true), ("0000000b", true),
    // ip xfrm monitor, the agent, one that hears of expiries alone, and one that sends only.
    ("ffffffff", false), ("0000000e", false), ("00000002", false), ("00000000", false),
  ])
  func groups(_ groups: String, _ isDaemon: Bool) {
    let list = Self.title + line(0, "00000033") + line(6, groups)
    #expect(ExpireListeners.contains(daemonIn: list) == isDaemon)
  }

  @Test func anythingElseIsNoDaemon() throws {
    #expect(!ExpireListeners.contains(daemonIn: ""))
    #expect(!ExpireListeners.contains(daemonIn: Self.title))
    #expect(!ExpireListeners.contains(daemonIn: "a 6 b zz\n6\n"))
    _ = try ExpireListeners.areThere()
  }
}
