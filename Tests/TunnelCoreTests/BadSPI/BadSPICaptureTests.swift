import Testing
import TunnelCore

/// What is captured, and what is not looked at.
extension BadSPITests {
  @Test func aCaptureEndsByItself() {
    var bench = bereft()
    bench.wait(1)
    bench.noteCount()
    bench.wait(1)
    #expect(bench.isCapturing)
    bench.wait(60)
    #expect(!bench.isCapturing)
    bench.noteCount()
    bench.wait(2)
    #expect(bench.isCapturing)
    // Forwarded ESP, and SPIs that came while it ran.
    let forwarded = CapturedESP(
      source: SingleTunnel.remote, destination: IPAddress(10, 9, 9, 9), spi: 0x1234_5678)
    for _ in 0..<16 { bench.play(.captured(Array(repeating: forwarded, count: 64))) }
    #expect(!bench.isCapturing)
    #expect(bench.initiations.isEmpty)
  }

  @Test func spisThatAreKnownAreLeftOut() {
    var bench = bereft()
    bench.negotiate(2)
    bench.wait(1)
    bench.noteCount()
    bench.wait(1)
    #expect(bench.known == [SAID(destination: SingleTunnel.local, spi: 0xc100_0002)])
    bench.negotiate(3)
    bench.play(
      .captured([
        CapturedESP(source: SingleTunnel.remote, destination: SingleTunnel.local, spi: 0xc100_0003)
      ]))
    #expect(bench.isCapturing)
  }

  /// The same SPI at another address of this host is another SA.
  @Test func anSPIIsKnownByItsDestination() {
    let second = IPAddress(192, 0, 2, 1)
    var bench = bereft()
    bench.play(.kernel(.address(InterfaceAddress(linkIndex: 2, address: second, prefixLength: 30))))
    let other = SecurityAssociation(
      key: SAKey(destination: second, spi: 0xc100_0001), source: IPAddress(203, 0, 113, 9),
      reqid: 9)
    bench.play(.kernel(.sa(other)))
    bench.findOne()
    #expect(bench.initiations.count == 1)
  }

  @Test func aStandbyDoesNotLook() {
    var bench = bereft()
    bench.wait(1)
    bench.noteCount()
    bench.wait(1)
    #expect(bench.isCapturing)
    bench.play(.role(.standby))
    #expect(!bench.isCapturing)
    bench.forgetTrace()
    bench.findOne()
    #expect(bench.captures.isEmpty)
    #expect(bench.initiations.isEmpty)
  }

  @Test func whatCannotBeReadIsSaidOnce() {
    var bench = bereft()
    bench.play(.badSPIFailed("no"))
    bench.wait(10)
    bench.play(.badSPIFailed("no"))
    #expect(bench.errors == ["respond-bad-spi: no"])
  }
}
