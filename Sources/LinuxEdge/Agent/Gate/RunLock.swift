import CShims
import Glibc

/// What keeps a second agent out: a lock file in the run directory, and a name that no file system
/// has. The file may go with its directory, be it full or read-only; the name stays with the
/// process, in this network namespace, whatever becomes of files.
final class RunLock {
  private let path: String
  private let name: Descriptor?
  private var file: Descriptor?
  /// Why there is no lock file; nil when there is one.
  private(set) var obstacle: EdgeError?

  /// Takes both; makes the directory. A lock file that cannot be made is done without.
  ///
  /// - Throws: `StartFailure.alreadyRunning`; an `EdgeError` when neither can be had.
  init(_ directory: String) throws {
    path = "\(directory)/lock"
    let number = unsafe vpa_lock_name("vpnagent:\(directory)")
    if number == -EWOULDBLOCK { throw StartFailure.alreadyRunning(lock: path) }
    name = try? Descriptor(taking: number, operation: "lock", object: path)
    do {
      file = try Self.lock(path, in: directory)
    } catch  where error.errno == EWOULDBLOCK {
      throw StartFailure.alreadyRunning(lock: path)
    } catch {
      obstacle = error
      if number < 0 || error.errno == EACCES { throw error }
    }
  }

  private static func lock(_ path: String, in directory: String) throws(EdgeError) -> Descriptor {
    let made = unsafe vpa_make_directory(directory)
    guard made == 0 else {
      throw EdgeError(operation: "create the directory", object: directory, errno: -made)
    }
    return try Descriptor(taking: unsafe vpa_lock_file(path), operation: "lock", object: path)
  }

  /// The file's descriptor; -1 without one.
  var number: Int32 { file?.number ?? -1 }

  /// Makes the file again when it is not where it was. Returns whether it had to.
  func keep(in directory: String) -> Bool {
    if unsafe vpa_is_file_at(number, path) { return false }
    do {
      file = try Self.lock(path, in: directory)
      obstacle = nil
      return true
    } catch {
      obstacle = error
      return false
    }
  }
}

/// The lock that one agent a run directory holds; makes the directory.
///
/// - Throws: `StartFailure.alreadyRunning`, or an `EdgeError`.
func takeLock(_ directory: String) throws -> RunLock { try RunLock(directory) }
