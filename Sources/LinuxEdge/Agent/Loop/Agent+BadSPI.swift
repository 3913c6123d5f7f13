import TunnelCore

/// What the core asks for to find senders of unknown SPIs.
extension Agent {
  func readUnknownSPIs() -> Event {
    do {
      return .unknownSPIs(try badSPIs.unknownSPIs())
    } catch {
      return .badSPIFailed(error.description)
    }
  }

  func capture(_ request: CaptureRequest) -> [Event] {
    do {
      for descriptor in try badSPIs.begin(request) { watch(descriptor, for: .capture) }
      log(.debug, "-", "capturing ESP of \(request.sources.count) addresses")
      return []
    } catch {
      badSPIs.end()
      return [.badSPIFailed(error.description)]
    }
  }

  func readCapture(_ descriptor: Int32) -> [CapturedESP] {
    let packets = badSPIs.receive(from: descriptor)
    log(.debug, "-", "captured \(packets.count) packets")
    return packets
  }
}
