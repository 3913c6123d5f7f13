import TunnelCore

/// What the core asks for to find senders of unknown SPIs.
extension Agent {
  func perform(_ effect: BadSPIEffect) -> [Event] {
    switch effect {
    case .readUnknownSPIs:
      return [readUnknownSPIs()]
    case .capture(let request):
      return capture(request)
    case .endCapture:
      log(.debug, "-", "capture ended: \(badSPIs.end()) packets")
      return []
    case .readDecrypted(let gateway, let keys):
      return [.decrypted(gateway: gateway, packets: readCounters(keys).values.reduce(0, +))]
    }
  }

  private func readUnknownSPIs() -> Event {
    do {
      return .unknownSPIs(try badSPIs.unknownSPIs())
    } catch {
      return .badSPIFailed(error.description)
    }
  }

  private func capture(_ request: CaptureRequest) -> [Event] {
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
