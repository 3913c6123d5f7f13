/// Why the kernel did not send a packet: errno of Linux (include/uapi/asm-generic/errno*.h).
public struct SendError: Hashable, Sendable {
  /// errno, positive.
  public var errno: Int32

  /// An errno that a socket call gave.
  public init(_ errno: Int32) { self.errno = errno }

  /// Whether this host knows no way to the destination. Then users' packets have none either, and
  /// what was to be sent counts as lost. Every other refusal concerns the agent's packet alone, for
  /// want of permission or of room, and says nothing of the path.
  public var isNoWay: Bool {
    switch errno {
    case 99, 100, 101, 113: true  // EADDRNOTAVAIL, ENETDOWN, ENETUNREACH, EHOSTUNREACH
    default: false
    }
  }

  /// In words, with the name of the errno.
  public var words: String {
    switch errno {
    case 1: "operation not permitted (EPERM)"
    case 11: "no matching SA yet, or the socket buffer is full (EAGAIN)"
    case 12: "out of memory (ENOMEM)"
    case 13: "permission denied (EACCES)"
    case 22: "invalid argument (EINVAL)"
    case 24: "too many open files (EMFILE)"
    case 90: "message too long (EMSGSIZE)"
    case 99: "the source address is not an address of this host (EADDRNOTAVAIL)"
    case 100: "network is down (ENETDOWN)"
    case 101: "network is unreachable, no route (ENETUNREACH)"
    case 105: "no buffer space (ENOBUFS)"
    case 113: "no route to the host (EHOSTUNREACH)"
    default: KernelError.words(errno)
    }
  }

  /// What is likely to be at fault, for packets of this kind ("ICMP echo requests"); nil when the
  /// words say it.
  public func likelyCause(_ packets: String) -> String? {
    switch errno {
    case 1: "likely a firewall rule of the OUTPUT hook that drops \(packets)"
    case 13: "likely a prohibit route or rule, or a security module"
    case 22: "likely a blackhole route"
    case 24: "raise LimitNOFILE"
    case 12, 105: "the queue of the link or its underlay is full"
    default: nil
    }
  }

  /// Words and cause in one.
  public func description(of packets: String) -> String {
    words + (likelyCause(packets).map { ": \($0)" } ?? "")
  }
}
