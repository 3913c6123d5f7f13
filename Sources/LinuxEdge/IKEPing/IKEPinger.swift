import CShims
import Glibc
import TunnelCore

/// Asks IKE daemons whether they are there, beside the IKE daemon of this host: from ports of its
/// own, to which the peer answers. One socket a family, opened when it is first needed.
///
/// ICMP errors are not checked: anybody can send them.
final class IKEPinger {
  /// Questions to one peer that are remembered: the round trip may be longer than the interval.
  private static let remembered = 8
  /// Datagrams that are read of a socket at once, at most: anybody may send to it.
  private static let batch = 128
  /// Questions without an answer.
  private var asked: [UInt64: IKEPing.Target] = [:]
  /// Their SPIs, the oldest first.
  private var spis: [IKEPing.Target: [UInt64]] = [:]
  private var sockets: [IPAddress.Family: Box] = [:]
  private var untold: [Int32] = []

  private final class Box {
    let descriptor: Descriptor
    init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
  }

  /// Descriptors to be watched since the last call.
  func takeInterests() -> [Int32] {
    defer { untold = [] }
    return untold
  }

  /// Asks a peer.
  func ask(_ target: IKEPing.Target) -> [Event] {
    do {
      let socket = try socket(target.remote.family)
      let ping = IKEPing(spi: max(try randomNumber(), 1), hasMarker: target.hasMarker)
      remember(ping.spi, of: target)
      var source = vpa_ip(target.local)
      var peer = vpa_udp_peer(address: vpa_ip(target.remote), port: target.port)
      let bytes = ping.request
      let result = unsafe vpa_ike_ping_send(socket, &source, &peer, bytes, bytes.count)
      return result == 0 ? [] : [.ikePingNotSent(target, errno: -result)]
    } catch {
      return [.ikePingNotSent(target, errno: error.errno)]
    }
  }

  private func remember(_ spi: UInt64, of target: IKEPing.Target) {
    asked[spi] = target
    spis[target, default: []].append(spi)
    guard let oldest = spis[target]?.first, (spis[target]?.count ?? 0) > Self.remembered else {
      return
    }
    spis[target]?.removeFirst()
    asked[oldest] = nil
  }

  private func socket(_ family: IPAddress.Family) throws(EdgeError) -> Int32 {
    if let known = sockets[family] { return known.descriptor.number }
    let box = Box(
      try Descriptor(taking: vpa_ike_ping_open(family.rawValue), operation: "open a UDP socket"))
    sockets[family] = box
    untold.append(box.descriptor.number)
    return box.descriptor.number
  }

  /// Answers that wait on any.
  func receiveAll() -> [Event] {
    sockets.values.flatMap { receive(from: $0.descriptor.number) }
  }

  /// Answers that wait on a descriptor, up to a bound: from the address and port that were asked, with
  /// the SPI of a question. An answer is for all questions before it too.
  func receive(from descriptor: Int32) -> [Event] {
    var events: [Event] = []
    var buffer = [UInt8](repeating: 0, count: 64)
    for _ in 0..<Self.batch {
      var from = vpa_udp_peer()
      let count = unsafe vpa_ike_ping_receive(descriptor, &buffer, buffer.count, &from)
      if count < 0 { return events }
      let payload = Array(buffer.prefix(count))
      let hasMarker = from.port != IKEPing.port
      guard let spi = IKEPing.spi(answeredBy: payload, hasMarker: hasMarker),
        let target = asked[spi], target.remote == IPAddress(from.address), target.port == from.port
      else { continue }
      let answered = spis[target]?.prefix { $0 != spi } ?? []
      for earlier in answered { asked[earlier] = nil }
      asked[spi] = nil
      spis[target]?.removeFirst(answered.count + 1)
      if spis[target]?.isEmpty == true { spis[target] = nil }
      events.append(.ikePingAnswered(target))
    }
    return events
  }
}
