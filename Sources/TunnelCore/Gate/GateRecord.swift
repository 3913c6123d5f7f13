import HashTreeCollections

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

  /// By name. One that is changed shares all else with what it was: with thousands of held links each
  /// change of one has a record of its own.
  private var byName: TreeDictionary<String, HeldLink>
  /// Destinations of vpn-monitor that have answered at least once, by tunnel name.
  public var answered: TreeDictionary<String, Set<IPAddress>>
  /// What monitored tunnels went down by whose path is not proven since, by name.
  public var failed: TreeDictionary<String, Reason>

  /// Names of what may differ from an earlier record.
  public struct Changes: Hashable, Sendable {
    /// Links.
    public var links: Set<String>
    /// Tunnels, in what they answered and what they went down by.
    public var tunnels: Set<String>

    /// None, unless told otherwise.
    public init(links: Set<String> = [], tunnels: Set<String> = []) {
      self.links = links
      self.tunnels = tunnels
    }

    /// Those of both.
    public mutating func formUnion(_ other: Changes) {
      links.formUnion(other.links)
      tunnels.formUnion(other.tunnels)
    }
  }

  /// A record; empty when nothing is held.
  public init(
    links: [HeldLink] = [], answered: [String: Set<IPAddress>] = [:],
    failed: [String: Reason] = [:]
  ) {
    byName = [:]
    self.answered = TreeDictionary(uniqueKeysWithValues: answered)
    self.failed = TreeDictionary(uniqueKeysWithValues: failed)
    for link in links { byName[link.name] = link }
  }

  /// Held links, in the order of their names.
  public var links: [HeldLink] { byName.values.sorted { $0.name < $1.name } }

  /// Names of all that it says anything of.
  public var names: Changes {
    Changes(links: Set(byName.keys), tunnels: Set(answered.keys).union(failed.keys))
  }

  /// What it says of a link; nil when nothing is held of it.
  public subscript(name: String) -> HeldLink? {
    get { byName[name] }
    set { byName[name] = newValue }
  }

  /// What either record holds: true while one becomes the other; all that is not about links is the
  /// other's.
  public func union(_ other: GateRecord) -> GateRecord {
    var both = self
    (both.answered, both.failed) = (other.answered, other.failed)
    for (name, link) in other.byName {
      guard let mine = byName[name] else {
        both.byName[name] = link
        continue
      }
      if mine != link { both.byName[name] = mine.union(link) }
    }
    return both
  }

  /// The same where only this link differs.
  func union(_ other: GateRecord, of name: String) -> GateRecord {
    var both = other
    guard let mine = byName[name] else { return both }
    both.byName[name] = other.byName[name].map(mine.union) ?? mine
    return both
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
