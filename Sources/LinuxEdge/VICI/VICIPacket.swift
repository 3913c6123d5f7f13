/// One packet of VICI, without the four bytes of length in front
/// (strongSwan, src/libcharon/plugins/vici/README.md).
public enum VICIPacket: Hashable, Sendable {
  /// A command with its arguments.
  case request(String, VICISection)
  /// What a command came to.
  case response(VICISection)
  /// The daemon does not know the command.
  case unknownCommand
  /// Asks for events of a name.
  case register(String)
  /// Asks for no more of them.
  case unregister(String)
  /// Events are on, or off.
  case confirm
  /// The daemon does not know the event.
  case unknownEvent
  /// An event.
  case event(String, VICISection)

  /// The most bytes that a packet may have.
  public static let longest = 512 << 10
  /// How deep sections may be nested; list-sas and list-conns need four.
  public static let deepest = 16

  private enum Kind: UInt8 {
    case request, response, unknownCommand, register, unregister, confirm, unknownEvent, event
  }

  enum Element: UInt8 {
    case sectionStart = 1
    case sectionEnd, keyValue, listStart, listItem, listEnd
  }

  // MARK: Decoding

  /// Decodes a whole packet; every byte must belong to it.
  public init(decoding bytes: ArraySlice<UInt8>) throws(VICIError) {
    guard (1...Self.longest).contains(bytes.count) else { throw .badLength(bytes.count) }
    var reader = VICIReader(bytes)
    let type = try reader.byte()
    switch Kind(rawValue: type) {
    case .request: self = .request(try reader.name(), try reader.message())
    case .response: self = .response(try reader.message())
    case .unknownCommand: self = .unknownCommand
    case .register: self = .register(try reader.name())
    case .unregister: self = .unregister(try reader.name())
    case .confirm: self = .confirm
    case .unknownEvent: self = .unknownEvent
    case .event: self = .event(try reader.name(), try reader.message())
    case nil: throw .unknownType(type)
    }
    guard reader.isAtEnd else { throw .misplaced(type) }
  }

  // MARK: Encoding

  /// The packet as it is sent, its length in front.
  ///
  /// - Throws: `tooLongToSend` when something does not fit, `tooDeep`.
  public func encoded() throws(VICIError) -> [UInt8] {
    var writer = VICIWriter()
    switch self {
    case .request(let name, let message): try writer.packet(Kind.request.rawValue, name, message)
    case .response(let message): try writer.packet(Kind.response.rawValue, nil, message)
    case .unknownCommand: try writer.packet(Kind.unknownCommand.rawValue, nil, nil)
    case .register(let name): try writer.packet(Kind.register.rawValue, name, nil)
    case .unregister(let name): try writer.packet(Kind.unregister.rawValue, name, nil)
    case .confirm: try writer.packet(Kind.confirm.rawValue, nil, nil)
    case .unknownEvent: try writer.packet(Kind.unknownEvent.rawValue, nil, nil)
    case .event(let name, let message): try writer.packet(Kind.event.rawValue, name, message)
    }
    guard writer.bytes.count <= Self.longest else { throw .tooLongToSend }
    let length = UInt32(writer.bytes.count)
    return (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) } + writer.bytes
  }
}

/// Walks over the bytes of one packet. Never reads beyond them.
private struct VICIReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func byte() throws(VICIError) -> UInt8 {
    guard let first = rest.popFirst() else { throw .truncated }
    return first
  }

  private mutating func readBytes(_ count: Int) throws(VICIError) -> ArraySlice<UInt8> {
    guard rest.count >= count else { throw .truncated }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  mutating func name() throws(VICIError) -> String {
    String(decoding: try readBytes(Int(try byte())), as: UTF8.self)
  }

  private mutating func value() throws(VICIError) -> [UInt8] {
    let high = Int(try byte())
    return Array(try readBytes(high << 8 | Int(try byte())))
  }

  /// Everything up to the end of the packet.
  mutating func message() throws(VICIError) -> VICISection {
    var stack: [(name: String, entries: [VICISection.Entry])] = [("", [])]
    func add(_ name: String, _ node: VICISection.Node) {
      stack[stack.count - 1].entries.append(.init(name: name, node: node))
    }
    while !isAtEnd {
      let type = try byte()
      switch VICIPacket.Element(rawValue: type) {
      case .sectionStart:
        guard stack.count <= VICIPacket.deepest else { throw .tooDeep }
        stack.append((try name(), []))
      case .sectionEnd:
        guard stack.count > 1, let (name, entries) = stack.popLast() else {
          throw .misplaced(type)
        }
        add(name, .section(VICISection(entries)))
      case .keyValue: add(try name(), .value(try value()))
      case .listStart: add(try name(), .list(try items()))
      case .listItem, .listEnd: throw .misplaced(type)
      case nil: throw .unknownType(type)
      }
    }
    guard stack.count == 1 else { throw .unfinished }
    return VICISection(stack[0].entries)
  }

  /// The items of a list that has begun, up to its end.
  private mutating func items() throws(VICIError) -> [[UInt8]] {
    var items: [[UInt8]] = []
    while !isAtEnd {
      let type = try byte()
      switch VICIPacket.Element(rawValue: type) {
      case .listItem: items.append(try value())
      case .listEnd: return items
      case .sectionStart, .sectionEnd, .keyValue, .listStart: throw .misplaced(type)
      case nil: throw .unknownType(type)
      }
    }
    throw .unfinished
  }
}

/// Puts a packet together.
private struct VICIWriter {
  private(set) var bytes: [UInt8] = []

  mutating func packet(
    _ type: UInt8, _ name: String?, _ message: VICISection?
  ) throws(VICIError) {
    bytes.append(type)
    if let name { try self.name(name) }
    if let message { try section(message, depth: 0) }
  }

  private mutating func name(_ name: String) throws(VICIError) {
    guard let count = UInt8(exactly: name.utf8.count) else { throw .tooLongToSend }
    bytes.append(count)
    bytes += name.utf8
  }

  private mutating func value(_ value: [UInt8]) throws(VICIError) {
    guard let count = UInt16(exactly: value.count) else { throw .tooLongToSend }
    bytes += [UInt8(count >> 8), UInt8(truncatingIfNeeded: count)]
    bytes += value
  }

  private mutating func section(_ section: VICISection, depth: Int) throws(VICIError) {
    guard depth <= VICIPacket.deepest else { throw .tooDeep }
    for entry in section.entries {
      switch entry.node {
      case .value(let bytes):
        try begin(.keyValue, entry.name)
        try value(bytes)
      case .list(let items):
        try begin(.listStart, entry.name)
        for item in items {
          bytes.append(VICIPacket.Element.listItem.rawValue)
          try value(item)
        }
        bytes.append(VICIPacket.Element.listEnd.rawValue)
      case .section(let inner):
        try begin(.sectionStart, entry.name)
        try self.section(inner, depth: depth + 1)
        bytes.append(VICIPacket.Element.sectionEnd.rawValue)
      }
    }
  }

  private mutating func begin(
    _ element: VICIPacket.Element, _ name: String
  ) throws(VICIError) {
    bytes.append(element.rawValue)
    try self.name(name)
  }
}
