/// `respond-bad-spi`: ESP with an SPI that is in no SA, from a configured gateway.
public struct RespondBadSPI: Hashable, Sendable {
  /// Negotiations with one gateway until ESP decrypts again: 1...30.
  public var maxResponses: Int

  /// Junos' default is 5.
  public init(maxResponses: Int = 5) { self.maxResponses = maxResponses }
}

/// One packet of ESP that a capture saw.
public struct CapturedESP: Hashable, Sendable {
  /// Who says that he sent it. It is not authenticated.
  public var source: IPAddress
  /// Whom it is for.
  public var destination: IPAddress
  /// Its SPI, host order.
  public var spi: UInt32

  /// A packet.
  public init(source: IPAddress, destination: IPAddress, spi: UInt32) {
    self.source = source
    self.destination = destination
    self.spi = spi
  }

  /// The SA that would decrypt it.
  var sa: SAID { SAID(destination: destination, spi: spi) }
}

/// What a capture is to look at: ESP from `sources` of an SA that is not in `known`.
public struct CaptureRequest: Hashable, Sendable {
  /// Addresses of configured gateways, sorted.
  public var sources: [IPAddress]
  /// Inbound SAs of theirs, by destination. The capture may let packets of some pass.
  public var known: [SAID]
}
