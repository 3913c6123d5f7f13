import CShims
import Glibc

/// A question to a running agent that waits in a loop beside other things.
public final class AgentQuestion {
  private let connection: Descriptor
  private var answer: [UInt8] = []

  /// Sends a line.
  ///
  /// - Throws: ENOENT or ECONNREFUSED when no agent runs, EACCES without permission, EAGAIN when it
  ///   has too many clients.
  public init(_ line: String, socket path: String) throws(EdgeError) {
    connection = try Descriptor(
      taking: unsafe vpa_unix_connect_now(path), operation: "connect to", object: path)
    let bytes = Array("\(line)\n".utf8)
    // A new socket has room for one line.
    guard try connection.send(bytes[...]) == bytes.count else {
      throw EdgeError(operation: "send to", object: path, errno: EAGAIN)
    }
  }

  /// Readable when there is more of the answer.
  public var descriptor: Int32 { connection.number }

  /// Reads what there is; returns the whole answer once it is there, nil before.
  ///
  /// - Throws: ECONNRESET when the agent ends before it has answered.
  public func receive() throws(EdgeError) -> [UInt8]? {
    while let bytes = try connection.read() {
      guard bytes.isEmpty else {
        answer += bytes
        continue
      }
      guard !answer.isEmpty else { throw EdgeError(operation: "read", errno: ECONNRESET) }
      return answer
    }
    return nil
  }
}
