import Testing
import TunnelCore

/// What status says of a set's SAs: algorithms and UDP encapsulation.
@Suite struct AlgorithmTests {
  @Test(arguments: [
    ("rfc4106(gcm(aes))", 160, "aes-gcm-128"), ("rfc4106(gcm(aes))", 288, "aes-gcm-256"),
    ("rfc4309(ccm(aes))", 152, "aes-ccm-128"), ("rfc3686(ctr(aes))", 160, "aes-ctr-128"),
    ("cbc(aes)", 128, "aes-cbc-128"), ("hmac(sha256)", 256, "hmac-sha256"),
    ("rfc7539esp(chacha20,poly1305)", 288, "chacha20-poly1305"), ("ecb(cipher_null)", 0, "null"),
    ("cbc(sm4)", 128, "cbc(sm4)"), ("rfc4106(gcm(aes))", 0, "aes-gcm-0"),
  ]) func namesAreThePeoples(kernel: String, bits: UInt32, name: String) {
    #expect(Algorithm(name: kernel, keyBits: bits).description == name)
  }

  @Test func statusSaysWhatTheNewestOutboundSAHas() {
    var bench = SingleTunnel()
    bench.answering = true
    bench.boot()
    bench.negotiate(1)
    #expect(bench.tunnel?.sets.first?.algorithm == "aes-gcm-128")
    #expect(bench.tunnel?.sets.first?.encap == nil)
    var pair = SingleTunnel.pair(2)
    pair[1].addedAt = 1
    pair[1].encapsulation = .init(sourcePort: 4500, destinationPort: 12345)
    pair[1].algorithms = [
      Algorithm(name: "cbc(aes)", keyBits: 128), Algorithm(name: "hmac(sha256)", keyBits: 256),
    ]
    bench.negotiate(pair)
    #expect(bench.tunnel?.sets.first?.algorithm == "aes-cbc-128 hmac-sha256")
    #expect(bench.tunnel?.sets.first?.encap == "udp 4500:12345")
    // The peer's mapping changes: the same SA with another port.
    pair[1].encapsulation?.destinationPort = 54321
    bench.play(.kernel(.sa(pair[1])))
    #expect(bench.tunnel?.sets.first?.encap == "udp 4500:54321")
  }
}
