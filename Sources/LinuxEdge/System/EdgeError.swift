import Glibc

/// A system call or kernel request that failed.
public struct EdgeError: Error, Hashable, Sendable {
  /// What was tried, as a verb phrase: "add route".
  public var operation: String
  /// What it was tried on: "10.2.0.0/16"; empty when there is nothing to name.
  public var object: String
  /// The kernel's error number, positive.
  public var errno: Int32
  /// What the kernel wrote about it (NETLINK_EXT_ACK); empty when it wrote nothing.
  public var complaint: String

  /// An error with what is needed to understand it in a log.
  public init(operation: String, object: String = "", errno: Int32, complaint: String = "") {
    self.operation = operation
    self.object = object
    self.errno = errno
    self.complaint = complaint
  }

  /// Whether what should be added is there already (EEXIST).
  public var isAlreadyThere: Bool { errno == EEXIST }

  /// Whether the object of the request does not exist: ENOENT, ESRCH, ENODEV or ENXIO.
  public var isGone: Bool { [ENOENT, ESRCH, ENODEV, ENXIO].contains(errno) }
}

extension EdgeError: CustomStringConvertible {
  /// One line: `add route 10.2.0.0/16: Network is unreachable (Nexthop has invalid gateway)`.
  public var description: String {
    let subject = object.isEmpty ? operation : "\(operation) \(object)"
    return complaint.isEmpty ? "\(subject): \(reason)" : "\(subject): \(reason) (\(complaint))"
  }

  /// The C library's words for the error number: "No such file or directory".
  public var reason: String {
    unsafe String(cString: strerror(errno))
  }
}
