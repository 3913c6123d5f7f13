// Messages as the kernel writes them (little-endian host), annotated after include/uapi/linux.
// The SA is `ip xfrm state add src 192.0.2.1 dst 198.51.100.2 proto esp spi 0xc0de0001 reqid 7
// mode tunnel mark 0x42 if_id 9 aead rfc4106(gcm(aes)) ... encap espinudp 4500 4501`.
enum NetlinkGolden {
  /// struct xfrm_usersa_info, 224 bytes.
  static let info = hex(
    """
    00000000 00000000 00000000 00000000 | sel.daddr
    00000000 00000000 00000000 00000000 | sel.saddr
    0000 0000 0000 0000                 | sel.dport, mask, sport, mask
    0200 00 00 00 000000                | sel.family AF_INET, prefixlen_d, _s, proto, padding
    00000000 00000000                   | sel.ifindex, sel.user
    c6336402 00000000 00000000 00000000 | id.daddr 198.51.100.2
    c0de0001 32 000000                  | id.spi (big endian), id.proto 50, padding
    c0000201 00000000 00000000 00000000 | saddr 192.0.2.1
    00ca9a3b00000000 ffffffffffffffff   | lft.soft_byte_limit 1000000000, hard
    ffffffffffffffff ffffffffffffffff   | lft.soft_packet_limit, hard
    0000000000000000 100e000000000000   | lft.soft_add_expires_seconds, hard 3600
    0000000000000000 0000000000000000   | lft.soft_use_expires_seconds, hard
    8025000000000000 6400000000000000   | curlft.bytes 9600, packets 100
    00e1f56500000000 05e1f56500000000   | curlft.add_time 1710612736, use_time
    00000000 00000000 00000000          | stats
    00000000 07000000                   | seq, reqid 7
    0200 01 20 00 000000 00000000       | family AF_INET, mode tunnel, replay_window, flags, padding
    """)

  /// XFRMA_MARK (21): v 0x42, m 0xffffffff.
  static let mark = hex("0c00 1500 42000000 ffffffff")
  /// XFRMA_IF_ID (31): 9.
  static let ifID = hex("0800 1f00 09000000")
  /// XFRMA_SA_DIR (33): 2, outbound.
  static let direction = hex("0500 2100 02 000000")
  /// XFRMA_ENCAP (4): type 2 (ESP in UDP), ports 4500 and 4501 in big endian, padding, encap_oa.
  static let encapsulation = hex("1c00 0400 0200 1194 1195 0000 00000000000000000000000000000000")
  /// XFRMA_REPLAY_ESN_VAL (23): struct xfrm_replay_state_esn with a window of 128 packets.
  static let replay = hex(
    """
    2c00 1700 04000000 | bmp_len 4
    05000000 09000000  | oseq, seq
    00000000 00000000  | oseq_hi, seq_hi
    80000000           | replay_window 128
    00000000 00000000 00000000 00000000 | bmp
    """)
  /// `info` with flags XFRM_STATE_ESN (0x80).
  static var infoWithESN: [UInt8] {
    var bytes = info
    bytes[216] = 0x80
    return bytes
  }
  /// XFRM_MSG_NEWSA with a wide replay window.
  static let newSAWithESN = message(
    16, infoWithESN + aead + encapsulation + mark + ifID + direction + replay)

  /// `info` with 3 packets outside of the replay window, 2 received before and 1 that was not authentic;
  /// no more than 5,000,000 packets.
  static var infoWithErrors: [UInt8] {
    var bytes = info
    bytes.replaceSubrange(112..<128, with: hex("404b4c0000000000 404b4c0000000000"))
    bytes.replaceSubrange(192..<204, with: hex("03000000 02000000 01000000"))
    return bytes
  }
  /// XFRMA_LASTUSED (15): 1710612741.
  static let lastUsed = hex("0c00 0f00 05e1f565 00000000")
  /// XFRM_MSG_NEWSA of such an SA, from a kernel of 6.2 or later.
  static let countedSA = message(16, infoWithErrors + aead + mark + lastUsed)
  /// XFRM_MSG_DELSA of it.
  static let countedSADeleted = message(
    17,
    hex("c6336402 00000000 00000000 00000000 c0de0001 0200 32 00")
      + attribute(6, infoWithErrors))
  /// XFRM_MSG_DELSA without XFRMA_SA.
  static let deletedWithoutCounts = message(
    17, hex("c6336402 00000000 00000000 00000000 c0de0001 0200 32 00"))

  /// The key of `aead`: it must turn up nowhere.
  static let key = [UInt8](repeating: 0xaa, count: 20)
  /// XFRMA_ALG_AEAD (18): name[64], alg_key_len 160 bits, alg_icv_len 128 bits, key.
  static let aead = attribute(
    18, name("rfc4106(gcm(aes))") + hex("a0000000 80000000") + key)

  /// An algorithm's name in its 64 bytes.
  static func name(_ text: String) -> [UInt8] {
    Array(text.utf8) + [UInt8](repeating: 0, count: 64 - text.utf8.count)
  }

  /// XFRM_MSG_NEWSA (16).
  static let newSA = message(16, info + aead + encapsulation + mark + ifID + direction)
  /// XFRM_MSG_UPDSA (26).
  static let updatedSA = message(26, info + aead + encapsulation + mark + ifID + direction)
  /// XFRM_MSG_NEWSA of a larval state: no algorithm.
  static let larvalSA = message(16, info + mark)
  /// XFRM_MSG_DELSA (17): struct xfrm_usersa_id, XFRMA_SA (6) with the whole SA, then the rest.
  static let deletedSA = message(
    17,
    hex(
      """
      c6336402 00000000 00000000 00000000 | daddr
      c0de0001 0200 32 00                 | spi, family AF_INET, proto 50, padding
      """) + attribute(6, info) + aead + mark)
  /// XFRM_MSG_EXPIRE (24): struct xfrm_user_expire, 232 bytes.
  static let expiredSA = message(24, info + hex("01 00000000000000 | hard, padding") + mark + ifID)
  /// The same, hard=0.
  static let agedSA = message(24, info + hex("00 00000000000000 | soft, padding") + mark + ifID)
  /// XFRM_MSG_FLUSHSA (28): struct xfrm_usersa_flush.
  static let flushedSAs = message(28, hex("32 000000 | proto 50, padding"))

  /// RTM_NEWLINK (16): ifinfomsg, then attributes.
  static func link(_ attributes: [UInt8], type: UInt8 = 16, family: UInt8 = 0) -> [UInt8] {
    message(
      type,
      [family] + hex("00 0300 05000000 d1000100 00000000 | pad, type, index 5, flags, change")
        + attributes)
  }

  /// IFLA_IFNAME (3), IFLA_OPERSTATE (16) DORMANT, IFLA_LINKMODE (17) DORMANT, IFLA_MTU (4) 1480.
  static let linkBasics =
    attribute(3, Array("vti-b".utf8) + [0]) + attribute(16, [5]) + attribute(17, [1])
    + attribute(4, withBytes(of: 1480))

  /// IFLA_LINKINFO (18) of IFLA_INFO_KIND (1) and IFLA_INFO_DATA (2).
  static func linkInfo(_ kind: String, _ data: [UInt8]) -> [UInt8] {
    attribute(18, attribute(1, Array(kind.utf8) + [0]) + attribute(2, data))
  }

  /// `ip link add vti-b type vti local 192.0.2.1 remote 198.51.100.2 ikey 0x2a okey 0x10000002`.
  static let vti = link(
    linkBasics
      + linkInfo(
        "vti",
        hex(
          """
          0800 0100 00000000 | IFLA_VTI_LINK
          0800 0200 0000002a | IFLA_VTI_IKEY, big endian
          0800 0300 10000002 | IFLA_VTI_OKEY, big endian
          0800 0400 c0000201 | IFLA_VTI_LOCAL
          0800 0500 c6336402 | IFLA_VTI_REMOTE
          0800 0600 00000000 | IFLA_VTI_FWMARK
          """)))

  /// The same over IPv6: `type vti6 local 2001:db8::1 remote 2001:db8::2 key 42`.
  static let vti6 = link(
    linkBasics
      + linkInfo(
        "vti6",
        hex(
          """
          0800 0100 00000000                         | IFLA_VTI_LINK
          1400 0400 20010db8000000000000000000000001 | IFLA_VTI_LOCAL
          1400 0500 20010db8000000000000000000000002 | IFLA_VTI_REMOTE
          0800 0200 0000002a                         | IFLA_VTI_IKEY
          0800 0300 0000002a                         | IFLA_VTI_OKEY
          """)))

  /// `ip link add vti-b type xfrm dev eth0 if_id 9`.
  static let xfrm = link(
    linkBasics
      + linkInfo(
        "xfrm",
        hex(
          """
          0800 0100 02000000 | IFLA_XFRM_LINK
          0800 0200 09000000 | IFLA_XFRM_IF_ID, host order
          """)))

  /// RTM_NEWADDR (20): `ip address add 10.0.0.1 peer 10.0.0.2/32 dev vti-b`.
  static let peerAddress = message(
    20,
    hex(
      """
      02 20 80 00 05000000 | ifaddrmsg: AF_INET, prefixlen 32, flags PERMANENT, scope, index 5
      0800 0100 0a000002   | IFA_ADDRESS, the peer
      0800 0200 0a000001   | IFA_LOCAL
      """))

  /// RTM_NEWADDR: `2001:db8:1::1/64`, which has IFA_ADDRESS alone.
  static let address6 = message(
    20,
    hex(
      """
      0a 40 80 00 05000000                       | AF_INET6, prefixlen 64, flags, scope, index 5
      1400 0100 20010db8000100000000000000000001 | IFA_ADDRESS
      """))

  /// The attributes of `ip route add 10.2.0.0/16 via 10.0.0.2 dev vti-b metric 50 table 1000`.
  static let routeAttributes = hex(
    """
    0800 0f00 e8030000 | RTA_TABLE 1000
    0800 0100 0a020000 | RTA_DST 10.2.0.0
    0800 0600 32000000 | RTA_PRIORITY 50
    0800 0500 0a000002 | RTA_GATEWAY 10.0.0.2
    0800 0400 05000000 | RTA_OIF 5
    """)
  /// RTA_CACHEINFO (12), struct rta_cacheinfo of a route that does not expire.
  static let cacheInfo = attribute(12, [UInt8](repeating: 0, count: 32))

  /// RTM_NEWROUTE (24) as dumped; rtm_flags: ONLINK 4 and the reported DEAD 1, LINKDOWN 0x10,
  /// OFFLOAD 8, TRAP 0x40, RTM_F_OFFLOAD 0x4000, RTM_F_TRAP 0x8000.
  static let route = message(
    24,
    hex(
      "02 10 00 00 fc 03 00 01 5dc00000 | AF_INET, /16, tos, table COMPAT, boot, universe, unicast")
      + cacheInfo + routeAttributes)
  /// What puts it back.
  static let routeReplay =
    hex("02 10 00 00 fc 03 00 01 04000000 | as above; of the flags ONLINK is left")
    + routeAttributes
}
