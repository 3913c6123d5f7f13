/// An algorithm of an SA. It never holds a key.
public struct Algorithm: Hashable, Sendable {
  /// As the kernel names it: "rfc4106(gcm(aes))".
  public var name: String
  /// Length of its key in bits as the kernel counts, a salt included; 0 when it has none.
  public var keyBits: UInt32

  /// An algorithm.
  public init(name: String, keyBits: UInt32) {
    self.name = name
    self.keyBits = keyBits
  }
}

extension Algorithm: CustomStringConvertible {
  /// The kernel's ciphers (net/xfrm/xfrm_algo.c), and how many bits of each key are a salt.
  private static let ciphers: [String: (name: String, salt: UInt32)] = [
    "rfc4106(gcm(aes))": ("aes-gcm", 32), "rfc4543(gcm(aes))": ("aes-gmac", 32),
    "rfc4309(ccm(aes))": ("aes-ccm", 24), "rfc3686(ctr(aes))": ("aes-ctr", 32),
    "cbc(aes)": ("aes-cbc", 0), "cbc(camellia)": ("camellia-cbc", 0),
  ]
  /// Those whose key has one length only, or none.
  private static let others = [
    "rfc7539esp(chacha20,poly1305)": "chacha20-poly1305", "cbc(des3_ede)": "3des-cbc",
    "ecb(cipher_null)": "null", "hmac(md5)": "hmac-md5", "hmac(sha1)": "hmac-sha1",
    "hmac(sha256)": "hmac-sha256", "hmac(sha384)": "hmac-sha384", "hmac(sha512)": "hmac-sha512",
    "xcbc(aes)": "aes-xcbc", "cmac(aes)": "aes-cmac",
  ]

  /// `aes-gcm-128`, `hmac-sha256`; the kernel's name for one that is not known here.
  public var description: String {
    if let (name, salt) = Self.ciphers[self.name] {
      return "\(name)-\(keyBits > salt ? keyBits - salt : keyBits)"
    }
    return Self.others[name] ?? name
  }
}
