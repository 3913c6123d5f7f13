import CShims
import Glibc

/// Reads a whole file.
///
/// - Throws: errno of the file; EFBIG beyond `limit` bytes.
public func readFile(_ path: String, limit: Int = 16 << 20) throws(EdgeError) -> [UInt8] {
  // Files of /proc have no size.
  var capacity = min(limit, max(4096, Int(unsafe vpa_file_size(path)) + 1))
  while true {
    var count: Int64 = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { room, used in
      count = unsafe vpa_read_file(path, room.baseAddress, room.count)
      used = max(0, Int(count))
    }
    if count >= 0 { return bytes }
    guard count == -Int64(EFBIG), capacity < limit else {
      throw EdgeError(operation: "read", object: path, errno: Int32(-count))
    }
    capacity = min(limit, 4 * capacity)
  }
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
