import CShims
import Glibc

/// Reads a whole file.
///
/// - Throws: errno of the file; EFBIG beyond `limit` bytes.
public func readFile(_ path: String, limit: Int = 16 << 20) throws(EdgeError) -> [UInt8] {
  var buffer = [UInt8](repeating: 0, count: limit)
  let count = unsafe buffer.withUnsafeMutableBufferPointer {
    unsafe vpa_read_file(path, $0.baseAddress, $0.count)
  }
  guard count >= 0 else {
    throw EdgeError(operation: "read", object: path, errno: Int32(-count))
  }
  return Array(buffer.prefix(Int(count)))
}

/// Replaces a file's content for good: written beside it, synced, renamed over it. A new file has this
/// mode, less the umask; its directory is made when it is gone and that is wanted.
///
/// - Throws: errno; the file then has its old content.
public func replaceFile(
  _ path: String, with bytes: [UInt8], mode: UInt32 = 0o600, makingDirectory: Bool = false
) throws(EdgeError) {
  func write() -> Int32 {
    unsafe bytes.withUnsafeBufferPointer {
      unsafe vpa_replace_file(path, $0.baseAddress, $0.count, mode)
    }
  }
  var result = write()
  if result == -ENOENT, makingDirectory, let end = path.lastIndex(of: "/") {
    _ = unsafe vpa_make_directory(String(path[..<end]))
    result = write()
  }
  guard result == 0 else { throw EdgeError(operation: "write", object: path, errno: -result) }
}
