/// Counts how many monitored tunnels fail at once, and knows what follows while most of them do.
///
/// Each tunnel tells when its condition changes; nothing here looks at every tunnel but the begin
/// and the end of a mass failure.
struct MassFailure: Sendable {
  /// How a tunnel is doing.
  enum Condition: Hashable, Sendable {
    /// Its path answers.
    case well
    /// Its path is dead, or is within two intervals unless it answers.
    case failing
  }

  /// Fewer tunnels than this are no mass.
  static let fewest = 8

  /// More than this share of the tunnels that live makes a mass failure; 1: never.
  private var share: Double
  /// Tunnels that are well.
  private(set) var well = 0
  /// Tunnels that began to fail a short while ago.
  private var recent: Set<TunnelID> = []
  private var conditions: [TunnelID: Condition] = [:]
  /// When a tunnel's failure is no longer recent.
  private var expiries = Timers<TunnelID>()

  /// Since when, while there is a mass failure.
  private(set) var since: Instant?
  /// Tunnels that fail in it and have not answered since.
  private(set) var victims: Set<TunnelID> = []
  /// Tunnels of which no alarm says that they are down: the one of the mass failure does.
  private(set) var silenced: Set<TunnelID> = []
  /// The tunnel that was cleared as a test, and when it is given up for lost.
  private(set) var test: Test?
  /// The last tunnel of which a test failed: others come first.
  private var lastFailed: TunnelID?

  struct Test: Sendable {
    var tunnel: TunnelID
    var begunAt: Instant
    var until: Instant
  }

  init(share: Double) { self.share = share }

  /// The settings are others from now on.
  mutating func adopt(share: Double) { self.share = share }

  var isActive: Bool { since != nil }

  /// Whether a tunnel was found to be well the last time.
  func isWell(_ id: TunnelID) -> Bool { conditions[id] == .well }

  /// Tunnels that failing ones are compared with.
  var total: Int { well + (isActive ? victims.count : recent.count) }

  /// Notes a tunnel's condition; nil while it has none (absent, unproven, not monitored). A failure
  /// is recent for `window`.
  mutating func note(
    _ id: TunnelID, _ condition: Condition?, window: Duration, at now: Instant
  ) {
    while let old = expiries.popDue(at: now) { recent.remove(old) }
    let last = conditions[id]
    guard last != condition else { return }
    conditions[id] = condition
    if last == .well { well -= 1 }
    switch condition {
    case .well:
      well += 1
      forgetFailure(of: id)
    case .failing:
      recent.insert(id)
      expiries.set(id, to: now.advanced(by: window))
      if isActive { victims.insert(id) }
    case nil: break
    }
  }

  /// A tunnel is forgotten.
  mutating func forget(_ id: TunnelID) {
    if conditions.removeValue(forKey: id) == .well { well -= 1 }
    forgetFailure(of: id)
    silenced.remove(id)
  }

  private mutating func forgetFailure(of id: TunnelID) {
    recent.remove(id)
    expiries.set(id, to: nil)
    victims.remove(id)
    if test?.tunnel == id { test = nil }
  }

  // MARK: Begin and end

  /// A tunnel went down: a mass failure begins if most have. Returns whether one did.
  mutating func beginIfMost(at now: Instant) -> Bool {
    while let old = expiries.popDue(at: now) { recent.remove(old) }
    let isMass = recent.count + well >= Self.fewest && isMost(recent.count)
    guard !isActive, isMass else { return false }
    since = now
    victims = recent
    return true
  }

  /// A tunnel answered or is forgotten: the mass failure is over unless most are failing still. Returns
  /// who is, if it is over.
  mutating func endUnlessMost() -> Set<TunnelID>? {
    guard isActive, !isMost(victims.count) else { return nil }
    defer { (since, test, lastFailed, victims) = (nil, nil, nil, []) }
    return victims
  }

  private func isMost(_ failing: Int) -> Bool {
    Double(failing) > share * Double(failing + well)
  }

  // MARK: Tests

  /// Whether a tunnel may be cleared as a test: no other one's outcome is open.
  func mayTest(_ id: TunnelID, at now: Instant) -> Bool {
    if let test { return test.tunnel == id || test.until <= now }
    return id != lastFailed || victims.count == 1
  }

  /// A tunnel is cleared as a test.
  mutating func begin(testOf id: TunnelID, until: Instant, at now: Instant) {
    guard test?.tunnel != id else { return }
    test = Test(tunnel: id, begunAt: now, until: until)
    lastFailed = nil
  }

  /// The threshold of a set fell that is what the test brought: the test has failed.
  mutating func testFailed(_ id: TunnelID) {
    guard test?.tunnel == id else { return }
    test = nil
    lastFailed = id
  }

  // MARK: Alarms

  /// Whether a tunnel's alarm is not raised, because that of the mass failure says it.
  mutating func silences(_ id: TunnelID, isDown: Bool) -> Bool {
    guard isDown else { return silenced.remove(id) != nil }
    if isActive, victims.contains(id) { silenced.insert(id) }
    return silenced.contains(id)
  }

  /// Those whose alarms were not raised so far, if they are to be raised now.
  mutating func takeSilenced() -> [TunnelID] {
    guard !isActive else { return [] }
    defer { silenced = [] }
    return silenced.sorted()
  }
}
