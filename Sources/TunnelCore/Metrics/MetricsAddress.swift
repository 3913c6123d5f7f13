/// Where monitoring systems of this host read the agent's metrics over HTTP.
public enum MetricsAddress: Hashable, Sendable {
  /// A loopback address and a port, host order.
  case tcp(IPAddress, port: UInt16)
  /// The path of a Unix stream socket.
  case unix(String)
}

extension MetricsAddress: CustomStringConvertible {
  /// As the configuration has it: `127.0.0.1:9112`, `[::1]:9112`, `unix:/run/m.sock`.
  public var description: String {
    switch self {
    case .tcp(let address, let port) where address.family == .ipv6: "[\(address)]:\(port)"
    case .tcp(let address, let port): "\(address):\(port)"
    case .unix(let path): "unix:\(path)"
    }
  }
}
