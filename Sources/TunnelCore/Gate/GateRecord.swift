/// What must survive the agent's death: the links it holds, the routes it took from them, and who
/// has answered.
public struct GateRecord: Hashable, Sendable {
  /// A held link.
  public struct HeldLink: Hashable, Sendable {
    /// Its name.
    public var name: String
    /// Routes taken from it, whole or a leg of theirs, as they were; in the order of their identity.
    public var withdrawn: [Route]
    /// Its index: tells which legs are out.
    public var index: Int32?
    /// Nexthop groups as they were with the members that go by it, in the order of their id.
    public var groups: [Nexthop]

    /// What went when the agent set it down; nil when it did not.
    public var down: Down?

    /// What the kernel drops of a link that is set down, besides routes.
    public struct Down: Hashable, Sendable {
      /// Permanent IPv6 addresses.
      public var addresses: [InterfaceAddress]
      /// Nexthop objects through it, and the groups that they were in.
      public var nexthops: [Nexthop]

      /// What went.
      public init(addresses: [InterfaceAddress], nexthops: [Nexthop]) {
        self.addresses = addresses
        self.nexthops = nexthops
      }
    }

    /// A held link.
    public init(
      name: String, withdrawn: [Route], index: Int32? = nil, groups: [Nexthop] = [],
      down: Down? = nil
    ) {
      self.down = down
      self.name = name
      self.withdrawn = withdrawn
      self.index = index
      self.groups = groups
    }
  }

  /// By name.
  public var links: [HeldLink]
  /// Destinations of vpn-monitor that have answered at least once, by tunnel name.
  public var answered: [String: Set<IPAddress>]
  /// What monitored tunnels went down by whose path is not proven since, by name.
  public var failed: [String: Reason]

  /// A record; empty when nothing is held.
  public init(
    links: [HeldLink] = [], answered: [String: Set<IPAddress>] = [:],
    failed: [String: Reason] = [:]
  ) {
    self.links = links
    self.answered = answered
    self.failed = failed
  }

  /// Where a link stands, or would, in the order of names.
  private func place(of name: String) -> (index: Int, isThere: Bool) {
    var (low, high) = (0, links.count)
    while low < high {
      let middle = (low + high) / 2
      if links[middle].name < name { low = middle + 1 } else { high = middle }
    }
    return (low, low < links.count && links[low].name == name)
  }

  /// What it says of a link; nil when nothing is held of it.
  public subscript(name: String) -> HeldLink? {
    let place = place(of: name)
    return place.isThere ? links[place.index] : nil
  }

  /// Says this of a link from now on; nil: nothing is held of it.
  mutating func replace(_ name: String, by link: HeldLink?) {
    let place = place(of: name)
    switch (place.isThere, link) {
    case (true, let link?): links[place.index] = link
    case (true, nil): links.remove(at: place.index)
    case (false, let link?): links.insert(link, at: place.index)
    case (false, nil): break
    }
  }

  /// What either record holds: true while one becomes the other; all that is not about links is the
  /// other's. Both are sorted by name, and all but a few of thousands of links are alike.
  public func union(_ other: GateRecord) -> GateRecord {
    var all: [HeldLink] = []
    var (mine, theirs) = (links[...], other.links[...])
    while let one = mine.first, let another = theirs.first {
      if one.name <= another.name { mine.removeFirst() }
      if another.name <= one.name { theirs.removeFirst() }
      if one.name == another.name {
        all.append(one == another ? one : one.union(another))
      } else {
        all.append(one.name < another.name ? one : another)
      }
    }
    return GateRecord(
      links: all + mine + theirs, answered: other.answered, failed: other.failed)
  }
}

extension GateRecord.HeldLink {
  /// What either says of the same link.
  fileprivate func union(_ other: Self) -> Self {
    var both = self
    let known = Set(withdrawn.map(\.identity))
    both.withdrawn += other.withdrawn.filter { !known.contains($0.identity) }
    both.withdrawn.sort { $0.identity < $1.identity }
    let ids = Set(groups.map(\.id))
    both.groups += other.groups.filter { !ids.contains($0.id) }
    both.groups.sort { $0.id < $1.id }
    both.index = index ?? other.index
    both.down = down ?? other.down
    return both
  }
}
