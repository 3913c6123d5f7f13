import CShims
import Glibc
import Testing

/// Runs `body` in a network namespace of its own, which ends with it. The namespace is the calling
/// thread's alone, and `body` stays on that thread: what it expects is the current test's.
func inNewNamespace(_ body: () throws -> Void) throws {
  let home = vpa_testing_leave_network()
  guard home >= 0 else { throw Failure("new network namespace: errno \(-home)") }
  defer {
    let result = vpa_testing_return_to_network(home)
    precondition(result == 0, "the thread is lost to other tests: errno \(-result)")
  }
  try run("ip link set lo up")
  try body()
}

/// Why a test could not do what it needs.
struct Failure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// Whether namespaces can be made; tests that need one are skipped otherwise.
let canMakeNamespaces = geteuid() == 0

/// Runs a shell command in the calling thread's namespaces; returns the first 64 KiB it writes.
@discardableResult
func run(_ command: String) throws -> String {
  // popen forks the calling thread, so the child is in that thread's network namespace.
  guard let pipe = unsafe popen("{ " + command + "; } 2>&1", "r") else {
    throw Failure("popen: \(command)")
  }
  let output = unsafe [UInt8](unsafeUninitializedCapacity: 65536) {
    $1 = unsafe fread($0.baseAddress, 1, $0.count, pipe)
  }
  let text = String(decoding: output, as: UTF8.self)
  let status = unsafe pclose(pipe)
  guard status == 0 else { throw Failure("\(command): status \(status): \(text)") }
  return text
}

/// Waits until the descriptor is readable; fails after `seconds`.
func awaitReadable(_ fd: Int32, seconds: Int32 = 10) throws {
  var entry = pollfd(fd: fd, events: Int16(POLLIN), revents: 0)
  guard unsafe poll(&entry, 1, seconds * 1000) == 1 else {
    throw Failure("nothing in \(seconds) s")
  }
}
