/// Tunnels and links that a dump concerns. Each is worked out once, when all of the dump was taken in:
/// what a tunnel is half way through one is nothing to act upon, and costs as much.
struct PendingWork: Sendable {
  private var gathersTunnels = false
  private var gathersLinks = false
  private var reasons: [TunnelID: Reason] = [:]
  private var links: Set<String> = []

  /// A dump begins.
  mutating func begin() { (gathersTunnels, gathersLinks) = (true, true) }

  /// A tunnel's sets changed. Returns whether that is worked out later.
  mutating func puts(off id: TunnelID, because reason: Reason?) -> Bool {
    if gathersTunnels, let reason { reasons[id] = reason }
    return gathersTunnels
  }

  /// Something of a link changed. Returns whether that is worked out later.
  mutating func puts(offGateOf link: String) -> Bool {
    if gathersLinks { links.insert(link) }
    return gathersLinks
  }

  /// All was taken in: tunnels are worked out from now on. Returns why those are up that are.
  mutating func endOfTunnels() -> [TunnelID: Reason] {
    defer { reasons = [:] }
    gathersTunnels = false
    return reasons
  }

  /// All tunnels were worked out. Returns the links that they, or the dump, concerned.
  mutating func endOfLinks() -> Set<String> {
    defer { links = [] }
    gathersLinks = false
    return links
  }
}
