import CShims
import Glibc

/// The lock that one agent a run directory holds; makes the directory.
///
/// - Throws: `StartFailure.alreadyRunning`, or an `EdgeError`.
func takeLock(_ directory: String) throws -> Descriptor {
  let made = unsafe vpa_make_directory(directory)
  guard made == 0 else {
    throw EdgeError(operation: "make the directory", object: directory, errno: -made)
  }
  let path = "\(directory)/lock"
  let descriptor = unsafe vpa_lock_file(path)
  if descriptor == -EWOULDBLOCK { throw StartFailure.alreadyRunning(lock: path) }
  return try Descriptor(taking: descriptor, operation: "lock", object: path)
}
