import CShims
import Glibc
import Testing

/// Runs `body` on a thread of its own that is in a network namespace of its own, which ends with it.
func inNewNamespace(_ body: @escaping () throws -> Void) throws {
  final class Job {
    let body: () throws -> Void
    var outcome: Result<Void, any Error>?
    init(_ body: @escaping () throws -> Void) { self.body = body }
  }
  let job = Job(body)
  var thread = pthread_t()
  let created = unsafe pthread_create(
    &thread, nil,
    { argument in
      guard let argument = unsafe argument else { return nil }
      let job = unsafe Unmanaged<Job>.fromOpaque(argument).takeUnretainedValue()
      job.outcome = Result {
        let result = vpa_testing_leave_network()
        guard result == 0 else { throw Failure("unshare: errno \(-result)") }
        try run("ip link set lo up")
        try job.body()
      }
      return nil
    }, Unmanaged.passUnretained(job).toOpaque())
  guard created == 0 else { throw Failure("pthread_create: \(created)") }
  pthread_join(thread, nil)
  try job.outcome?.get()
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
