/// `[template.NAME]`: settings for every tunnel that fits and that no VPN names.
public struct Template: Hashable, Sendable {
  /// Which tunnels fit: all that is given must hold. Never empty.
  public struct Match: Hashable, Sendable {
    /// Of the link's name.
    public var interface: NamePattern?
    /// Of the XFRM interface's if_id, or of the SAs' where there is no link.
    public var ifIDs: ClosedRange<UInt32>?
    /// Where the SAs' remote endpoint lies.
    public var peer: IPPrefix?

    /// A match; what is nil matches everything.
    public init(
      interface: NamePattern? = nil, ifIDs: ClosedRange<UInt32>? = nil, peer: IPPrefix? = nil
    ) {
      self.interface = interface
      self.ifIDs = ifIDs
      self.peer = peer
    }
  }

  /// The name in the file; shown in status.
  public var name: String
  /// Which tunnels it is for.
  public var match: Match
  /// What applies to each: a VPN with the template's name and neither gateway, link nor routes.
  public var settings: VPN

  /// A template.
  public init(name: String, match: Match, settings: VPN) {
    self.name = name
    self.match = match
    self.settings = settings
  }

  /// The settings as those of one tunnel.
  public func vpn(named name: String, link: String?) -> VPN {
    var vpn = settings
    vpn.name = name
    vpn.bindInterface = link
    return vpn
  }
}

/// A shell pattern for names: `*` any characters, `?` any one; nothing else is special.
public struct NamePattern: Hashable, Sendable {
  /// As it stands in the file.
  public let text: String

  /// A pattern.
  public init(_ text: String) { self.text = text }

  /// Whether it can match several names.
  public var isOpen: Bool { text.contains("*") || text.contains("?") }

  /// The length in bytes of the shortest name it matches.
  public var shortest: Int { text.filter { $0 != "*" }.utf8.count }

  /// Whether all of `name` fits.
  public func matches(_ name: String) -> Bool {
    let (pattern, name) = (Array(text), Array(name))
    var (p, n) = (0, 0)
    // Where to go on when what follows the last star did not fit.
    var retry: (p: Int, n: Int)?
    while n < name.count {
      if p < pattern.count, pattern[p] == "*" {
        p += 1
        retry = (p, n)
      } else if p < pattern.count, pattern[p] == "?" || pattern[p] == name[n] {
        (p, n) = (p + 1, n + 1)
      } else if let last = retry {
        (p, n) = (last.p, last.n + 1)
        retry = (p, n)
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == "*" }
  }
}
