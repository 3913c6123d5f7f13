/// Why a VICI message or connection is of no use any more.
public enum VICIError: Error, Hashable, Sendable {
  /// Bytes are missing where the message says there are some.
  case truncated
  /// A type of packet or element that VICI does not have.
  case unknownType(UInt8)
  /// An element where none of its kind may be: an item outside a list, an end without a start.
  case misplaced(UInt8)
  /// A section or list was not ended.
  case unfinished
  /// Sections inside sections beyond `VICIPacket.deepest`.
  case tooDeep
  /// More than `VICIPacket.longest` bytes, or none at all.
  case badLength(Int)
  /// A name of more than 255 bytes or a value of more than 65,535.
  case tooLongToSend
  /// The other side ended the connection.
  case closed
  /// The socket failed: errno, in words.
  case socket(String)
  /// No answer came in time.
  case silent(Duration)
  /// An answer that does not belong to what was asked.
  case unexpected(String)
}

extension VICIError: CustomStringConvertible {
  /// One line for log and status.
  public var description: String {
    switch self {
    case .truncated: "malformed message: it ends too early"
    case .unknownType(let type): "malformed message: type \(type)"
    case .misplaced(let type): "malformed message: misplaced element \(type)"
    case .unfinished: "malformed message: a section or list does not end"
    case .tooDeep: "malformed message: too many sections inside sections"
    case .badLength(let length): "malformed message: length \(length)"
    case .tooLongToSend: "a name or value is too long to send"
    case .closed: "the connection was closed"
    case .socket(let text): text
    case .silent(let time): "does not answer within \(time)"
    case .unexpected(let text): "unexpected answer: \(text)"
    }
  }
}
