import CShims
import Glibc
import TunnelCore

/// A connection to strongSwan's VICI for commands that may wait: one question after another, each at
/// most `patience` long. The agent's loop uses `VICIClient`.
public struct VICIQuery: ~Copyable {
  private static let patienceMilliseconds: Int32 = 5000

  private let descriptor: Descriptor
  private var framer = VICIFramer()
  private var packets: [VICIPacket] = []

  /// Connects.
  ///
  /// - Throws: ENOENT, ECONNREFUSED, EACCES, ... of the socket.
  public init(path: String) throws(EdgeError) {
    descriptor = try Descriptor(
      taking: unsafe vpa_unix_connect(path, Self.patienceMilliseconds), operation: "connect to",
      object: path)
  }

  /// What a command answers.
  public mutating func ask(
    _ command: String, _ arguments: VICISection = VICISection()
  ) throws(VICIError) -> VICISection {
    try send(.request(command, arguments))
    switch try receive() {
    case .response(let section): return section
    case .unknownCommand: throw .unexpected("the daemon does not know \(command)")
    case .request, .register, .unregister, .confirm, .unknownEvent, .event:
      throw .unexpected("no response")
    }
  }

  /// What a command lists: the messages of the events that come before its response.
  public mutating func list(
    _ command: String, event: String, _ arguments: VICISection = VICISection()
  ) throws(VICIError) -> [VICISection] {
    try send(.register(event))
    guard try receive() == .confirm else { throw .unexpected("no confirmation of \(event)") }
    try send(.request(command, arguments))
    var items: [VICISection] = []
    while true {
      switch try receive() {
      case .event(_, let item): items.append(item)
      case .response: return items
      case .request, .register, .unregister, .confirm, .unknownEvent, .unknownCommand:
        throw .unexpected("neither \(event) nor response")
      }
    }
  }

  /// strongSwan's version, as "5.9.8".
  public mutating func version() throws(VICIError) -> String {
    try ask("version").text("version") ?? "unknown"
  }

  // MARK: Packets

  private func send(_ packet: VICIPacket) throws(VICIError) {
    var rest = try packet.encoded()[...]
    while !rest.isEmpty {
      do {
        let count = try descriptor.send(rest)
        if count == 0 { throw VICIError.silent(.milliseconds(Int64(Self.patienceMilliseconds))) }
        rest = rest.dropFirst(count)
      } catch let error as VICIError {
        throw error
      } catch {
        throw .socket("\(error)")
      }
    }
  }

  private mutating func receive() throws(VICIError) -> VICIPacket {
    while packets.isEmpty {
      let bytes: [UInt8]?
      do {
        bytes = try descriptor.read()
      } catch {
        throw .socket(error.reason)
      }
      guard let bytes else { throw .silent(.milliseconds(Int64(Self.patienceMilliseconds))) }
      if bytes.isEmpty { throw .closed }
      framer.append(bytes)
      while let packet = try framer.next() { packets.append(packet) }
    }
    return packets.removeFirst()
  }
}
