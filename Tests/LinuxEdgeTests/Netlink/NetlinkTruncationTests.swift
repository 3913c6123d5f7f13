import CShims
import Glibc
import Testing

/// Cut and damaged messages. What is read beyond a message's end shows under the address sanitizer.
@Suite struct NetlinkTruncationTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var netlink: vpa_netlink_protocol
    var message: [UInt8]
    /// nlmsghdr and the fixed part, without which it is malformed.
    var least: Int
  }

  static let cases = [
    xfrm("NEWSA", NetlinkGolden.newSA, 224), xfrm("ESN", NetlinkGolden.newSAWithESN, 224),
    xfrm("counted", NetlinkGolden.countedSA, 224),
    xfrm("DELSA", NetlinkGolden.deletedSA, 24),
    xfrm("EXPIRE", NetlinkGolden.expiredSA, 232), xfrm("FLUSHSA", NetlinkGolden.flushedSAs, 1),
    xfrm("NEWPOLICY", PolicyGolden.new, 168), xfrm("DELPOLICY", PolicyGolden.deleted, 64),
    xfrm("POLEXPIRE", PolicyGolden.expired, 176), xfrm("FLUSHPOLICY", PolicyGolden.flushed, 0),
    route("vti", NetlinkGolden.vti, 16), route("vti6", NetlinkGolden.vti6, 16),
    route("xfrm link", NetlinkGolden.xfrm, 16), route("address", NetlinkGolden.peerAddress, 8),
    route("IPv6 address", NetlinkGolden.address6, 8), route("route", NetlinkGolden.route, 12),
    route("multipath", NetlinkGolden.multipath, 12),
    route("route by nexthop", NetlinkGolden.routeByNexthop, 12),
    route("nexthop", NetlinkGolden.nexthop, 8), route("group", NetlinkGolden.nexthopGroup, 8),
  ]

  static func xfrm(_ name: String, _ message: [UInt8], _ fixed: Int) -> Case {
    Case(
      testDescription: name, netlink: VPA_NETLINK_XFRM, message: message, least: 16 + fixed)
  }

  static func route(_ name: String, _ message: [UInt8], _ fixed: Int) -> Case {
    Case(
      testDescription: name, netlink: VPA_NETLINK_ROUTE, message: message, least: 16 + fixed)
  }

  @Test(arguments: cases) func bufferEndsEarly(_ item: Case) {
    for length in item.message.indices {
      #expect(decode(item.netlink, Array(item.message[..<length])).0 == -EBADMSG, "at \(length)")
    }
  }

  @Test(arguments: cases) func messageSaysThatItEndsEarly(_ item: Case) {
    for length in 16..<item.message.count {
      var short = Array(item.message[..<length])
      short.replaceSubrange(0..<4, with: withBytes(of: UInt32(length)))
      let (result, event) = decode(item.netlink, short)
      // Cut between two attributes it is a shorter message; elsewhere it is malformed.
      #expect(result == -EBADMSG || (length >= item.least && event != nil), "at \(length)")
      #expect(length >= item.least || result == -EBADMSG, "at \(length)")
    }
  }

  @Test(arguments: cases) func everyByteDamaged(_ item: Case) {
    for index in item.message.indices {
      for bits: UInt8 in [0x01, 0x80, 0xff] {
        var damaged = item.message
        damaged[index] ^= bits
        #expect([1, 0, -EBADMSG].contains(decode(item.netlink, damaged).0), "byte \(index)")
      }
    }
  }
}
