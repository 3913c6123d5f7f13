import CShims
import Glibc

/// Words of the command line without the program's name. The Swift runtime reads them from /proc, and has
/// none where that is not mounted; nil: not known.
public func commandLineWords() -> [String]? {
  let count = vpa_argument_count()
  guard count > 0 else { return nil }
  return (1..<max(count, 1)).compactMap { index in
    unsafe vpa_argument(index).map { unsafe String(cString: $0) }
  }
}

/// Names in a directory, in order; none when it cannot be read.
func namesIn(directory path: String) -> [String] {
  var buffer = [UInt8](repeating: 0, count: 1 << 20)
  let count = unsafe buffer.withUnsafeMutableBufferPointer {
    unsafe vpa_list_directory(path, $0.baseAddress, $0.count)
  }
  guard count > 0 else { return [] }
  return buffer.prefix(Int(count)).split(separator: 0)
    .map { String(decoding: $0, as: UTF8.self) }.sorted()
}

/// The text of a file of at most `limit` bytes; nil when it cannot be read.
func textFile(_ path: String, limit: Int = 1 << 20) -> String? {
  (try? readFile(path, limit: limit)).map { String(decoding: $0, as: UTF8.self) }
}

/// What a symbolic link says; nil when there is none or it must not be read.
func linkTarget(_ path: String) -> String? {
  var buffer = [UInt8](repeating: 0, count: 4096)
  let count = unsafe buffer.withUnsafeMutableBufferPointer {
    unsafe vpa_read_link(path, $0.baseAddress, $0.count)
  }
  return count > 0 ? String(decoding: buffer.prefix(Int(count)), as: UTF8.self) : nil
}

/// What a program prints, which must exit with 0 within ten seconds.
func output(of words: [String]) throws(EdgeError) -> [UInt8] {
  let list = terminated(words)
  var buffer = [UInt8](repeating: 0, count: 16 << 20)
  let count = unsafe buffer.withUnsafeMutableBufferPointer {
    unsafe vpa_run_and_read(list, list.count, $0.baseAddress, $0.count, 10_000)
  }
  guard count >= 0 else {
    throw EdgeError(operation: "run", object: words.joined(separator: " "), errno: Int32(-count))
  }
  return Array(buffer.prefix(Int(count)))
}
