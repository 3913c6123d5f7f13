import TunnelCore

extension ConfigurationReader {
  /// `respond-bad-spi`: a boolean, or a table with `max-responses`; nil: off.
  mutating func respondBadSPI(_ item: Item?) -> RespondBadSPI? {
    guard let item else { return nil }
    switch item.value {
    case .boolean(let isOn): return isOn ? RespondBadSPI() : nil
    case .table:
      guard let section = complaints.section(item, keys: ["max-responses"]) else { return nil }
      var settings = RespondBadSPI()
      if let count = complaints.integer(
        section["max-responses"], in: 1...30, unit: "negotiations until ESP decrypts again")
      {
        settings.maxResponses = count
      }
      return settings
    default:
      complaints.refuseType(item, wanted: "true, false or a table with max-responses")
      return nil
    }
  }
}
