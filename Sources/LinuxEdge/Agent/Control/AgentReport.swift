import FoundationEssentials

/// Reads an agent's answer to one of `vpnagent show`; nil when it is none of this kind.
public func readReport<Report: Decodable>(_ json: [UInt8]) -> Report? {
  try? JSONDecoder().decode(Report.self, from: Data(json))
}
