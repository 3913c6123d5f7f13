import TunnelCore

/// Who hears of the kernel's EXPIRE in the network namespace of the calling thread.
enum ExpireListeners {
  private static let sockets = "/proc/thread-self/net/netlink"
  /// NETLINK_XFRM (include/uapi/linux/netlink.h).
  private static let xfrm = "6"
  /// Groups as bits (include/uapi/linux/xfrm.h, XFRMNLGRP_*, from 1 on).
  private static let acquire: UInt32 = 1 << 0
  private static let expire: UInt32 = 1 << 1
  private static let sa: UInt32 = 1 << 2

  /// Whether an IKE daemon is among them.
  static func areThere() throws(EdgeError) -> Bool {
    let list = String(decoding: try readFile(sockets, limit: 1 << 20), as: UTF8.self)
    return contains(daemonIn: list)
  }

  /// An IKE daemon is a socket that hears of ACQUIRE and EXPIRE, and not of SAs, which it makes
  /// itself: charon has the groups of ACQUIRE, EXPIRE, MIGRATE and MAPPING, libreswan the first two
  /// (docs/facts/strongswan.md, "Deleted SAs").
  /// `ip xfrm monitor` and the agent hear of SAs as well.
  static func contains(daemonIn list: String) -> Bool {
    list.split(separator: "\n").contains { line in
      let words = line.split { $0 == " " || $0 == "\t" }
      guard words.count >= 4, words[1] == xfrm, let groups = UInt32(words[3], radix: 16) else {
        return false
      }
      return groups & acquire != 0 && groups & expire != 0 && groups & sa == 0
    }
  }
}

extension Agent {
  /// When it cannot be read nobody is known to listen: then nothing is cleared that might not come
  /// back.
  func readExpireListeners() -> Event {
    do {
      return .expireListeners(isHeard: try ExpireListeners.areThere())
    } catch {
      log(.warning, "-", "cannot tell whether an IKE daemon listens to the kernel: \(error)")
      return .expireListeners(isHeard: false)
    }
  }
}
