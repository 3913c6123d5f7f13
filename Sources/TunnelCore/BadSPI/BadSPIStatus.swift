/// A gateway that sent packets with unknown SPIs, for status.
public struct BadSPIStatus: Codable, Hashable, Sendable {
  /// The gateway's name.
  public var gateway: String
  /// Packets matched, since the agent started or the operator forgot them.
  public var seen: Int
  /// Negotiations since ESP last decrypted.
  public var responses: Int
  /// How many there may be.
  public var maxResponses: Int
  /// SPI of the last such packet, `0x` and eight digits.
  public var lastSPI: String
  /// Who says that he sent it.
  public var lastSource: String
  /// Seconds since then.
  public var lastAge: Double

  private enum CodingKeys: String, CodingKey {
    case gateway, seen, responses
    case maxResponses = "max_responses"
    case lastSPI = "last_spi"
    case lastSource = "last_source"
    case lastAge = "last_age"
  }
}

extension Core {
  /// Gateways that sent unknown SPIs, by name; nil without `respond-bad-spi`.
  public func badSPIStatus(at now: Instant) -> [BadSPIStatus]? {
    guard let limit = configuration.respondBadSPI?.maxResponses else { return nil }
    return badSPI.peers.sorted { $0.key < $1.key }.compactMap { name, peer in
      guard let last = peer.last else { return nil }
      return BadSPIStatus(
        gateway: name, seen: peer.seen, responses: peer.responses, maxResponses: limit,
        lastSPI: last.esp.spi.hex, lastSource: last.esp.source.description,
        lastAge: now.since(last.at).inSeconds)
    }
  }
}
