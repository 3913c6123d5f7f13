import Glibc
import TunnelCore

/// Which descriptors the reactor watches, and whose they are.
extension Agent {
  /// What a descriptor is to be watched for.
  struct Watch {
    var owner: DescriptorOwner
    var forWriting: Bool
  }

  /// Watches a descriptor from now on; one that epoll refuses (ENOMEM, ENOSPC) is tried again.
  func watch(_ descriptor: Int32, for owner: DescriptorOwner, forWriting: Bool = false) {
    do {
      try reactor.watch(descriptor, for: owner, forWriting: forWriting)
      unwatchedDescriptors[descriptor] = nil
    } catch  where error.errno == EBADF || error.errno == EPERM {
      // Closed meanwhile.
      unwatchedDescriptors[descriptor] = nil
    } catch {
      unwatchedDescriptors[descriptor] = Watch(owner: owner, forWriting: forWriting)
      if unwatched.failed(error, at: monotonicNow()) {
        log(.warning, "-", "\(error); trying again")
      }
    }
  }

  /// Tries those again.
  func attendDescriptors() {
    let now = monotonicNow()
    guard unwatched.isDue(at: now) else { return }
    for (descriptor, wanted) in unwatchedDescriptors {
      watch(descriptor, for: wanted.owner, forWriting: wanted.forWriting)
    }
    if unwatchedDescriptors.isEmpty { unwatched.succeeded(since: now, at: monotonicNow()) }
  }

  /// A client waits to be accepted and cannot be (EMFILE, ENOMEM): without a pause the loop would
  /// do nothing else.
  func acceptClient() {
    guard let listener = control?.listeningDescriptor else { return }
    do {
      if let client = try control?.accept(at: monotonicNow()) { watch(client, for: .client) }
    } catch {
      log(.warning, "-", "\(error)")
      reactor.forget(listener)
      unwatchedDescriptors[listener] = Watch(owner: .listener, forWriting: false)
      _ = unwatched.failed(error, at: monotonicNow())
    }
  }
}
