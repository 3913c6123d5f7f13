import CShims

/// Moves this process, which has one thread, into a network namespace made by `ip netns`. Sockets
/// that are open already stay where they are.
///
/// - Throws: ENOENT when there is none of this name; EPERM without CAP_SYS_ADMIN.
public func enterNetworkNamespace(_ name: String) throws(EdgeError) {
  let path = "/run/netns/\(name)"
  let result = unsafe vpa_enter_network(path)
  guard result == 0 else {
    throw EdgeError(operation: "enter the namespace", object: path, errno: -result)
  }
}
