import CShims
import Glibc

/// A file descriptor that is closed when its owner goes.
public struct Descriptor: ~Copyable {
  /// The number, for epoll and the shim.
  public let number: Int32

  /// Takes a descriptor, or the shim's -errno.
  ///
  /// - Throws: what `result` says when it is negative.
  public init(
    taking result: Int32, operation: String, object: String = ""
  ) throws(EdgeError) {
    guard result >= 0 else {
      throw EdgeError(operation: operation, object: object, errno: -result)
    }
    number = result
  }

  deinit {
    close(number)
  }

  /// Reads what there is, at most 4 KiB; nil when nothing waits. Empty at the end.
  public func read() throws(EdgeError) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = unsafe buffer.withUnsafeMutableBufferPointer {
      unsafe vpa_read(number, $0.baseAddress, $0.count)
    }
    if count == -Int64(EAGAIN) { return nil }
    guard count >= 0 else { throw EdgeError(operation: "read", errno: Int32(-count)) }
    return Array(buffer.prefix(Int(count)))
  }

  /// Sends what the socket takes; returns how many bytes went.
  public func send(_ bytes: ArraySlice<UInt8>) throws(EdgeError) -> Int {
    let count = unsafe bytes.withUnsafeBufferPointer {
      unsafe vpa_send(number, $0.baseAddress, $0.count)
    }
    if count == -Int64(EAGAIN) { return 0 }
    guard count >= 0 else { throw EdgeError(operation: "send", errno: Int32(-count)) }
    return Int(count)
  }
}
