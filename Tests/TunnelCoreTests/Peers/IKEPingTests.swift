import Testing
import TunnelCore

/// The bytes of RFC 7296 sections 3.1 and 3.10, as tried against charon 5.9.8
/// (docs/facts/strongswan.md, "Liveness without keys").
@Suite struct IKEPingTests {
  private static let spi: UInt64 = 0x0102_0304_0506_0708
  private static let spiBytes: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]

  private static let request: [UInt8] =
    spiBytes + [
      0, 0, 0, 0, 0, 0, 0, 0,  // responder's SPI
      0, 0x30, 34, 0x08,  // next payload none, version 3.0, IKE_SA_INIT, initiator
      0, 0, 0, 0,  // message id
      0, 0, 0, 28,  // length
    ]
  private static let reply: [UInt8] =
    spiBytes + [
      0, 0, 0, 0, 0, 0, 0, 0,  // responder's SPI
      41, 0x20, 34, 0x20,  // next payload notify, version 2.0, IKE_SA_INIT, response
      0, 0, 0, 0,  // message id
      0, 0, 0, 36,  // length
      0, 0, 0, 8,  // the last payload, of 8 bytes
      0, 0, 0, 5,  // about no SA: INVALID_MAJOR_VERSION
    ]
  private static let marker: [UInt8] = [0, 0, 0, 0]

  @Test func request() {
    #expect(IKEPing(spi: Self.spi, hasMarker: false).request == Self.request)
    #expect(IKEPing(spi: Self.spi, hasMarker: true).request == Self.marker + Self.request)
  }

  @Test func reply() {
    #expect(IKEPing.spi(answeredBy: Self.reply, hasMarker: false) == Self.spi)
    #expect(IKEPing.spi(answeredBy: Self.marker + Self.reply, hasMarker: true) == Self.spi)
  }

  @Test func theMarkerIsThereOnlyWhereItBelongs() {
    #expect(IKEPing.spi(answeredBy: Self.reply, hasMarker: true) == nil)
    #expect(IKEPing.spi(answeredBy: Self.marker + Self.reply, hasMarker: false) == nil)
    #expect(!IKEPing.Target(local: SingleTunnel.local, remote: SingleTunnel.remote).hasMarker)
    #expect(
      IKEPing.Target(local: SingleTunnel.local, remote: SingleTunnel.remote, port: 4500).hasMarker)
  }

  @Test(arguments: 0..<40) func truncated(length: Int) {
    let marked = Self.marker + Self.reply
    #expect(IKEPing.spi(answeredBy: Array(marked.prefix(length)), hasMarker: true) == nil)
    if length < 36 {
      #expect(IKEPing.spi(answeredBy: Array(Self.reply.prefix(length)), hasMarker: false) == nil)
    }
  }

  @Test(arguments: [16, 18, 19, 27, 31, 35]) func anythingElseIsNoAnswer(position: Int) {
    var other = Self.reply
    other[position] ^= 0x20
    #expect(IKEPing.spi(answeredBy: other, hasMarker: false) == nil)
    #expect(IKEPing.spi(answeredBy: Self.reply + [0], hasMarker: false) == nil)
    #expect(IKEPing.spi(answeredBy: Self.request, hasMarker: false) == nil)
  }
}
