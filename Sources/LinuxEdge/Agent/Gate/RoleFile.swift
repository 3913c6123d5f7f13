import TunnelCore

/// The HA role on disk, `/run/vpnagent/role`: one word, so that a restart does not wake a standby.
struct RoleFile {
  let path: String

  /// The role of the last run; nil when none was ever set.
  ///
  /// - Throws: when there is a file and it cannot be read, or says something else: a gateway that
  ///   might be standby must not begin to act.
  func load() throws(EdgeError) -> Role? {
    let bytes: [UInt8]
    do {
      bytes = try readFile(path, limit: 64)
    } catch  where error.errno == 2 {  // ENOENT
      return nil
    }
    let word = String(decoding: bytes.prefix { $0 != 0x0a }, as: UTF8.self)
    guard let role = Role(rawValue: word) else {
      throw EdgeError(
        operation: "read the role", object: path, errno: 74,
        complaint: "'\(word)' is neither active nor standby")
    }
    return role
  }

  /// Puts the role on disk for good.
  func save(_ role: Role) throws(EdgeError) {
    try replaceFile(path, with: Array("\(role.rawValue)\n".utf8), makingDirectory: true)
  }
}
