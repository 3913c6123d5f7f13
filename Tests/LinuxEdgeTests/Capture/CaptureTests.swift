import CShims
import Glibc
import Testing
import TunnelCore

@testable import LinuxEdge

/// The capture's filter instruction by instruction, what it decodes, and both on real sockets.
@Suite struct CaptureFilterTests {
  private static let near = IPAddress(198, 51, 100, 1)
  private static let one = IPAddress(203, 0, 113, 1)
  private static let six = IPAddress(family: .ipv6, bits: 0x2001_0db8_000b << 80 | 1)

  @Test func ipv4() {
    #expect(
      program(
        4, [Self.one, Self.six, IPAddress(192, 0, 2, 9)],
        [(Self.six, 0xc100_0002), (Self.near, 0xc100_0001), (Self.near, 0xc100_0003)])
          == """
          30 0 0 fffff004
          15 1 0 0
          06 0 0 0
          b1 0 0 0
          30 0 0 9
          15 0 a 11
          48 0 0 2
          15 1 0 1194
          06 0 0 0
          40 0 0 8
          15 0 1 0
          06 0 0 0
          87 0 0 0
          04 0 0 8
          07 0 0 0
          05 0 0 2
          15 1 0 32
          06 0 0 0
          40 0 0 0
          02 0 0 0
          28 0 0 6
          45 0 1 1fff
          06 0 0 0
          20 0 0 c
          15 0 1 cb007101
          05 0 0 3
          15 0 1 c0000209
          05 0 0 1
          06 0 0 0
          20 0 0 10
          15 1 0 c6336401
          05 0 0 5
          60 0 0 0
          15 0 1 c1000001
          06 0 0 0
          15 0 1 c1000003
          06 0 0 0
          06 0 0 48
          """)
  }

  @Test func ipv6() {
    let lines = program(6, [Self.one, Self.six], [(Self.six, 0xc100_0002)])
      .split(separator: "\n")
    #expect(lines[3] == "01 0 0 28")
    #expect(lines[4] == "30 0 0 6")
    #expect(
      lines[20...].joined(separator: "\n")
        == """
        20 0 0 8
        15 0 7 20010db8
        20 0 0 c
        15 0 5 b0000
        20 0 0 10
        15 0 3 0
        20 0 0 14
        15 0 1 1
        05 0 0 1
        06 0 0 0
        20 0 0 18
        15 0 6 20010db8
        20 0 0 1c
        15 0 4 b0000
        20 0 0 20
        15 0 2 0
        20 0 0 24
        15 1 0 1
        05 0 0 3
        60 0 0 0
        15 0 1 c1000002
        06 0 0 0
        06 0 0 48
        """)
  }

  @Test func moreThanFits() {
    let many = (0..<3000).map { IPAddress(10, 0, UInt8($0 / 256), UInt8($0 % 256)) }
    #expect(length(4, many, []) == -E2BIG)
    #expect(length(4, [Self.six], []) == -ENOENT)
    // SPIs that do not fit are left out.
    let full = length(4, Array(many.prefix(1000)), (1...5000).map { (Self.near, UInt32($0)) })
    #expect((4094...4096).contains(full))
    let each = length(4, [Self.one], many.map { ($0, 1) })
    #expect((4080...4096).contains(each))
  }

  private func build(
    _ family: UInt8, _ sources: [IPAddress], _ known: [(IPAddress, UInt32)]
  ) -> (Int32, [vpa_bpf]) {
    var code = [vpa_bpf](repeating: vpa_bpf(), count: 4096)
    let list = sources.map { vpa_ip($0) }
    let sas = known.map { vpa_sa_id(destination: vpa_ip($0.0), spi: $0.1) }
    let length = unsafe vpa_capture_filter(
      family, list, list.count, sas, sas.count, &code, code.count)
    return (length, Array(code.prefix(Int(max(length, 0)))))
  }

  private func length(_ family: UInt8, _ sources: [IPAddress], _ known: [(IPAddress, UInt32)])
    -> Int32
  {
    build(family, sources, known).0
  }

  /// One line an instruction, in hexadecimal: code, jt, jf, k.
  private func program(_ family: UInt8, _ sources: [IPAddress], _ known: [(IPAddress, UInt32)])
    -> String
  {
    build(family, sources, known).1.map { line in
      let code = String(line.code, radix: 16)
      return "\(code.count < 2 ? "0" : "")\(code) \(String(line.jt, radix: 16)) "
        + "\(String(line.jf, radix: 16)) \(String(line.k, radix: 16))"
    }.joined(separator: "\n")
  }
}

@Suite struct CaptureDecodeTests {
  static let packets = [
    hex(
      """
      46 00 0020 0000 0000 40 32 0000 | IPv4 with an option, ESP
      cb007101 c6336401 01010101      | 203.0.113.1 to 198.51.100.1
      c1000001 00000001               | SPI, sequence
      """),
    hex(
      """
      45 00 0024 0000 4000 40 11 0000 | IPv4, UDP
      cb007101 c6336401
      1194 1194 0010 0000             | ports 4500
      c1000001 00000001
      """),
    hex(
      """
      60000000 0008 32 40                | IPv6, ESP
      20010db8000b00000000000000000001
      20010db8000a00000000000000000001
      c1000001 00000001
      """),
  ]

  @Test(arguments: packets) func spiAndEnds(_ packet: [UInt8]) {
    var esp = vpa_esp()
    #expect(unsafe vpa_capture_decode(packet, packet.count, &esp) == 1)
    #expect(esp.spi == 0xc100_0001)
    let ends = [IPAddress(esp.source), IPAddress(esp.destination)].map(\.description)
    #expect(
      ends == ["203.0.113.1", "198.51.100.1"] || ends == ["2001:db8:b::1", "2001:db8:a::1"])
  }

  @Test(arguments: packets) func everyTruncation(_ packet: [UInt8]) {
    for length in 0..<(packet.count - 4) {
      var esp = vpa_esp()
      let cut = Array(packet[..<length])
      #expect(unsafe vpa_capture_decode(cut, length, &esp) == 0, "at \(length)")
    }
  }
}
