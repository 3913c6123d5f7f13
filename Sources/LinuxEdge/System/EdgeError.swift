import Glibc

/// What the kernel refused.
public struct EdgeError: Error, Hashable, CustomStringConvertible {
  /// What was tried: "add route".
  public var operation: String
  /// On what: "10.2.0.0/16", a path; may be empty.
  public var object: String
  /// The kernel's error number, positive.
  public var errno: Int32
  /// The kernel's own words (extended ack), when it gave any.
  public var detail: String?

  /// An error.
  public init(operation: String, object: String = "", errno: Int32, detail: String? = nil) {
    self.operation = operation
    self.object = object
    self.errno = errno
    self.detail = detail
  }

  /// `add route 10.2.0.0/16: Network is unreachable`.
  public var description: String {
    let target = object.isEmpty ? "" : " \(object)"
    let words = detail.map { " (\($0))" } ?? ""
    return "\(operation)\(target): \(Self.text(of: errno))\(words)"
  }

  /// The C library's text for an error number.
  public static func text(of errno: Int32) -> String {
    unsafe strerror(errno).map { unsafe String(cString: $0) } ?? "error \(errno)"
  }
}
