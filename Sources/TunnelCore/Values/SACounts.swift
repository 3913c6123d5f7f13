/// What the kernel counts of one SA since it was made (struct xfrm_lifetime_cur and xfrm_stats of
/// include/uapi/linux/xfrm.h).
public struct SACounts: Hashable, Sendable {
  /// Packets through the SA.
  public var packets: UInt64
  /// Bytes of them, as they are inside the tunnel.
  public var bytes: UInt64
  /// What it dropped of what came in.
  public var errors: ESPErrors
  /// When the last packet passed: seconds since 1970; nil when none has, and on kernels before 6.2.
  public var lastUsed: UInt64?

  /// Counts of an SA.
  public init(
    packets: UInt64 = 0, bytes: UInt64 = 0, errors: ESPErrors = ESPErrors(), lastUsed: UInt64? = nil
  ) {
    self.packets = packets
    self.bytes = bytes
    self.errors = errors
    self.lastUsed = lastUsed
  }

  /// What was counted since `earlier`. A number that went back is another SA's, which began at zero.
  func growth(since earlier: SACounts) -> SACounts {
    SACounts(
      packets: packets.growth(since: earlier.packets), bytes: bytes.growth(since: earlier.bytes),
      errors: ESPErrors(
        outsideWindow: errors.outsideWindow.growth(since: earlier.errors.outsideWindow),
        replayed: errors.replayed.growth(since: earlier.errors.replayed),
        integrity: errors.integrity.growth(since: earlier.errors.integrity)),
      lastUsed: lastUsed)
  }
}

/// ESP packets that an inbound SA dropped.
public struct ESPErrors: Hashable, Sendable {
  /// Too old for the replay window.
  public var outsideWindow: UInt32
  /// Received before.
  public var replayed: UInt32
  /// Changed on their way, or encrypted with other keys.
  public var integrity: UInt32

  /// Counts of errors.
  public init(outsideWindow: UInt32 = 0, replayed: UInt32 = 0, integrity: UInt32 = 0) {
    self.outsideWindow = outsideWindow
    self.replayed = replayed
    self.integrity = integrity
  }
}

extension FixedWidthInteger {
  fileprivate func growth(since earlier: Self) -> Self { self >= earlier ? self - earlier : self }
}
