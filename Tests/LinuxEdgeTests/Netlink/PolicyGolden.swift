// Policies as the kernel writes them, as in NetlinkGolden. The policy is `ip xfrm policy add
// src 10.1.0.0/24 dst 10.2.0.0/16 proto tcp dport 80 dir out priority 375423 mark 0x42 if_id 9
// tmpl src 192.0.2.1 dst 198.51.100.2 proto esp reqid 7 mode tunnel`.
enum PolicyGolden {
  /// struct xfrm_selector, 56 bytes.
  static let selector = hex(
    """
    0a020000 00000000 00000000 00000000 | daddr 10.2.0.0
    0a010000 00000000 00000000 00000000 | saddr 10.1.0.0
    0050 ffff 0000 0000                 | dport 80 and its mask, sport, mask
    0200 10 18 06 000000                | family AF_INET, prefixlen_d 16, _s 24, proto TCP, padding
    00000000 00000000                   | ifindex, user
    """)

  /// struct xfrm_userpolicy_info, 168 bytes.
  static func info(direction: UInt8 = 1, selector: [UInt8] = selector) -> [UInt8] {
    selector
      + hex(
        """
        ffffffffffffffff ffffffffffffffff   | lft.soft_byte_limit, hard
        ffffffffffffffff ffffffffffffffff   | lft.soft_packet_limit, hard
        0000000000000000 0000000000000000   | lft.soft_add_expires_seconds, hard
        0000000000000000 0000000000000000   | lft.soft_use_expires_seconds, hard
        0000000000000000 0000000000000000   | curlft.bytes, packets
        00e1f56500000000 0000000000000000   | curlft.add_time, use_time
        7fba0500 91000000                   | priority 375423, index 145
        """) + [direction] + hex("00 00 00 | action ALLOW, flags, share")
      + hex("00000000 | padding")
  }

  /// struct xfrm_user_tmpl, 64 bytes.
  static func template(ipProtocol: UInt8 = 50, mode: UInt8 = 1) -> [UInt8] {
    hex("c6336402 00000000 00000000 00000000 00000000 | id.daddr 198.51.100.2, id.spi 0")
      + [ipProtocol]
      + hex(
        """
        000000                              | padding
        0200 0000                           | family AF_INET, padding
        c0000201 00000000 00000000 00000000 | saddr 192.0.2.1
        07000000                            | reqid 7
        """) + [mode]
      + hex(
        "00 00 00 ffffffff ffffffff ffffffff | share, optional, padding, aalgos, ealgos, calgos")
  }

  /// XFRMA_TMPL (5): of an SA that compresses and of the ESP one.
  static let templates = attribute(5, template(ipProtocol: 108) + template())
  /// XFRMA_POLICY_TYPE (16): main, sub.
  static let main = hex("0a00 1000 00 00 0000 00 00 0000")
  static let sub = hex("0a00 1000 01 00 0000 00 00 0000")
  static let ties = NetlinkGolden.mark + NetlinkGolden.ifID

  /// XFRM_MSG_NEWPOLICY (19).
  static let new = message(19, info() + templates + main + ties)
  /// XFRM_MSG_UPDPOLICY (25).
  static let updated = message(25, info() + templates + main + ties)
  /// XFRM_MSG_DELPOLICY (20): struct xfrm_userpolicy_id without the index, XFRMA_POLICY (7).
  static let deleted = message(
    20,
    selector + hex("00000000 01 000000 | index 0, dir out, padding")
      + attribute(7, info()) + templates + main + ties)
  /// XFRM_MSG_POLEXPIRE (27): struct xfrm_user_polexpire, 176 bytes.
  static let expired = message(
    27, info() + hex("01 00000000000000 | hard, padding") + templates + main + ties)
  /// The same, hard=0.
  static let aged = message(
    27, info() + hex("00 00000000000000 | soft, padding") + templates + main + ties)
  /// XFRM_MSG_FLUSHPOLICY (29): nothing but the type.
  static let flushed = message(29, main)
}
