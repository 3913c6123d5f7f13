import Testing
import TunnelCore

@Suite struct ValueTests {
  @Test(arguments: [
    ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
    ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8::1", "2001:db8::1"),
    ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
    ("1:2:3:4:5:6:0:8", "1:2:3:4:5:6:0:8"), ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
    ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
    ("fe80::1", "fe80::1"), ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"),
  ]) func addressesParseAndPrint(text: String, canonical: String) throws {
    #expect(try #require(IPAddress(text)).description == canonical)
  }

  @Test(arguments: [
    "", "1", "1.2.3", "1.2.3.4.5", "256.0.0.1", "01.2.3.4", "1.2.3.4 ", "a.b.c.d", "+1.2.3.4",
    ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "g::", "::1.2.3",
    "1.2.3.4::", "::1%eth0", "1:2:3:4:5:6:7::8", "-1::", "1.2.3.4:1::",
  ]) func badAddressesAreRefused(text: String) {
    #expect(IPAddress(text) == nil)
  }

  @Test func addressesRoundTripThroughBytes() throws {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<2000 {
      let mask = UInt128.random(in: 0...(.max), using: &random)
      let bits = UInt128.random(in: 0...(.max), using: &random) & mask
      for family in [IPAddress.Family.ipv4, .ipv6] {
        let address = IPAddress(family: family, bits: bits)
        #expect(IPAddress(address.description) == address)
        #expect(IPAddress(bytes: address.bytes) == address)
      }
    }
  }

  @Test(arguments: [
    ("10.2.0.0/16", "10.2.255.255", true), ("10.2.0.0/16", "10.3.0.0", false),
    ("0.0.0.0/0", "203.0.113.1", true), ("0.0.0.0/0", "::1", false),
    ("2001:db8::/32", "2001:db8:ffff::", true), ("192.0.2.1", "192.0.2.1", true),
    ("192.0.2.1", "192.0.2.2", false),
  ]) func prefixesContain(prefix: String, address: String, isInside: Bool) throws {
    let inside = try #require(IPPrefix(prefix)).contains(try #require(IPAddress(address)))
    #expect(inside == isInside)
  }

  @Test(arguments: ["10.2.0.1/16", "10.0.0.0/33", "10.0.0.0/", "/8", "10.0.0.0/+8", "::/129"])
  func badPrefixesAreRefused(text: String) {
    #expect(IPPrefix(text) == nil)
  }

  @Test(arguments: [
    ("169.254.100.1", 30, "169.254.100.2"), ("169.254.100.2", 30, "169.254.100.1"),
    ("169.254.100.0", 31, "169.254.100.1"), ("2001:db8::1", 127, "2001:db8::"),
    ("2001:db8::1", 126, "2001:db8::2"), ("10.0.0.1", 24, nil), ("10.0.0.1", 32, nil),
    ("10.0.0.3", 30, nil),
  ]) func theOtherEndOfASubnet(address: String, length: Int, other: String?) throws {
    let here = InterfaceAddress(
      linkIndex: 1, address: try #require(IPAddress(address)), prefixLength: length)
    #expect(here.otherEnd == other.flatMap { IPAddress($0) })
  }
}

@Suite struct ProbePayloadTests {
  /// The vectors of the SipHash paper's reference code: key 00..0f, message 00, 00 01, ...
  @Test(
    arguments: [
      (0, 0x726f_db47_dd0e_0e31), (1, 0x74f8_39c5_93dc_67fd), (7, 0xab02_00f5_8b01_d137),
      (8, 0x93f5_f579_9a93_2462), (15, 0xa129_ca61_49be_45e5), (63, 0x958a_324c_eb06_4572),
    ] as [(Int, UInt64)]) func sipHashVectors(length: Int, hash: UInt64)
  {
    let mac = SipHash(key: (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908))
    #expect(mac((0..<length).map { UInt8($0) }) == hash)
  }

  static let mac = SipHash(key: (1, 2))
  static let payload = ProbePayload(
    tunnel: TunnelID(rawValue: 0x0102_0304), monitor: MonitorID(rawValue: 0x1122_3344),
    sequence: 0x5566_7788,
    sentAt: Instant(nanoseconds: 0x0a0b_0c0d_0e0f_1011))

  @Test func goldenBytes() {
    let bytes = Self.payload.encoded(messageSize: 64, mac: Self.mac)
    #expect(bytes.count == 56)  // the ICMP header makes it 64
    #expect(Array(bytes[..<4]) == Array("vpna".utf8))
    #expect(Array(bytes[4..<8]) == [1, 2, 3, 4])
    #expect(Array(bytes[8..<16]) == [0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88])
    #expect(Array(bytes[16..<24]) == [0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11])
    #expect(Array(bytes[32..<36]) == [0, 1, 2, 3])
  }

  @Test(arguments: [64, 65, 576, 1350, 1508, 1509, 65_507]) func roundTrip(size: Int) {
    let bytes = Self.payload.encoded(messageSize: size, mac: Self.mac)
    #expect(bytes.count == size - 8)
    #expect(ProbePayload(authenticating: bytes, mac: Self.mac) == Self.payload)
    #expect(bytes[32...].elementsEqual((0..<size - 40).map { UInt8(truncatingIfNeeded: $0) }))
    #expect(bytes[24..<32].elementsEqual(Self.bigEndian(Self.mac(bytes[..<24]))))
  }

  private static func bigEndian(_ word: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) }
  }

  /// Many stand one behind the other in a batch.
  @Test func oneOfSeveral() {
    var bytes: [UInt8] = [1, 2, 3]
    var second = Self.payload
    second.sequence += 1
    Self.payload.append(to: &bytes, messageSize: 64, mac: Self.mac)
    second.append(to: &bytes, messageSize: 70, mac: Self.mac)
    #expect(bytes.count == 3 + 56 + 62)
    #expect(
      ProbePayload(authenticating: bytes, at: 3, count: 56, mac: Self.mac) == Self.payload)
    #expect(ProbePayload(authenticating: bytes, at: 59, count: 62, mac: Self.mac) == second)
    #expect(ProbePayload(authenticating: bytes, at: 3, count: 31, mac: Self.mac) == nil)
    #expect(ProbePayload(authenticating: bytes, at: 4, count: 56, mac: Self.mac) == nil)
  }

  @Test func everyFlippedBitAndEveryTruncationIsRefused() {
    let bytes = Self.payload.encoded(messageSize: 64, mac: Self.mac)
    for bit in 0..<(32 * 8) {
      var forged = bytes
      forged[bit / 8] ^= 1 << (bit % 8)
      #expect(ProbePayload(authenticating: forged, mac: Self.mac) == nil)
    }
    for length in 0..<32 {
      #expect(ProbePayload(authenticating: bytes.prefix(length), mac: Self.mac) == nil)
    }
    #expect(ProbePayload(authenticating: bytes, mac: SipHash(key: (1, 3))) == nil)
  }
}
