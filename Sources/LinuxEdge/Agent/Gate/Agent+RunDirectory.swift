import CShims
import Glibc
import TunnelCore

/// The run directory may be full, read-only or removed while the agent runs (tmpfiles, a clean-up
/// by hand): what belongs there is made again.
extension Agent {
  /// How often it is looked at.
  static let runDirectoryPause = Duration.seconds(2)

  func attendRunDirectory() {
    let now = monotonicNow()
    guard runDirectoryAt <= now else { return }
    runDirectoryAt = now.advanced(by: Self.runDirectoryPause)
    let directory = options.runDirectory
    if lock.keep(in: directory) { log(.warning, "-", "\(directory) was removed; created again") }
    listenAgain()
    if dryRun == nil { keepRecord() }
    guard let role = unsavedRole else { return }
    do {
      try roleFile.save(role)
      unsavedRole = nil
      log(.info, "-", "role \(role.rawValue) is saved")
    } catch {
      return
    }
  }

  private func keepRecord() {
    let wasFailing = gateKeeper.failure != nil
    if let message = gateKeeper.keepFile() {
      log(.error, "-", "cannot write the record: \(message)")
    }
    if wasFailing, gateKeeper.failure == nil { feed(.recordWritten) }
  }

  /// Listens where clients look for the agent, if it does not yet or the socket is gone.
  func listenAgain() {
    do {
      if let server = control {
        if try server.listenAgain() { log(.info, "-", "listening again on \(server.path)") }
      } else {
        control = try ControlServer(path: "\(options.runDirectory)/control.sock")
      }
      controlFailure = nil
    } catch {
      if controlFailure == nil { log(.error, "-", "\(error); trying again") }
      controlFailure = error
      return
    }
    if let listener = control?.listeningDescriptor, listener != watchedListener {
      watchedListener = listener
      watch(listener, for: .listener)
    }
  }

  /// Why the run directory cannot be used; nil when it can.
  var recordObstacle: String? {
    gateKeeper.failure ?? lock.obstacle?.description ?? controlFailure?.description
      ?? unsavedRole.map { "role \($0.rawValue) is not saved" }
  }
}
