import Testing

@testable import TunnelCore

/// What each event makes of a clear on each rung.
@Suite struct ClearLadderTableTests {
  typealias Rung = ClearLadder.Rung

  enum Happening: CaseIterable {
    /// Its SAs are still there when its time is up.
    case overdue
    /// The daemon is told to forget the IKE SA, or that is kept after all.
    case leftToDaemon, daemonAsked
    /// An operator asks for it.
    case ordered
  }

  /// What it comes to: the rung, whether the daemon is to be asked of children, and what is done.
  struct Row {
    var rung: Rung
    var isTerminated = false
    var happening: Happening
    var next: Rung
    var asks: Bool
    var act: Act?
    var isOrdered = false
  }

  enum Act: Equatable { case expireOutbound, expireAll, deleteAll }

  static let rows: [Row] = [
    Row(rung: .daemon, happening: .overdue, next: .expireFirst, asks: false, act: .expireOutbound),
    Row(rung: .daemon, happening: .leftToDaemon, next: .daemon, asks: false),
    Row(rung: .daemon, happening: .daemonAsked, next: .daemon, asks: true),
    Row(rung: .daemon, happening: .ordered, next: .daemon, asks: true, isOrdered: true),
    Row(
      rung: .daemon, isTerminated: true, happening: .overdue, next: .expireFirst, asks: false,
      act: .expireOutbound),
    Row(rung: .daemon, isTerminated: true, happening: .leftToDaemon, next: .daemon, asks: false),
    Row(rung: .daemon, isTerminated: true, happening: .daemonAsked, next: .daemon, asks: true),
    Row(
      rung: .daemon, isTerminated: true, happening: .ordered, next: .daemon, asks: false,
      isOrdered: true),
    Row(
      rung: .expireFirst, happening: .overdue, next: .expireEach, asks: false, act: .expireAll),
    // Who is past the daemon does not go back to it.
    Row(rung: .expireFirst, happening: .leftToDaemon, next: .expireFirst, asks: false),
    Row(rung: .expireFirst, happening: .daemonAsked, next: .expireFirst, asks: false),
    Row(rung: .expireFirst, happening: .ordered, next: .expireFirst, asks: false, isOrdered: true),
    Row(rung: .expireEach, happening: .overdue, next: .expireEach, asks: false, act: .deleteAll),
    Row(rung: .expireEach, happening: .leftToDaemon, next: .expireEach, asks: false),
    Row(rung: .expireEach, happening: .daemonAsked, next: .expireEach, asks: false),
    Row(rung: .expireEach, happening: .ordered, next: .expireEach, asks: false, isOrdered: true),
  ]

  private static let set: SASet = {
    var set = SASet(
      key: SASetKey(local: SingleTunnel.local, remote: SingleTunnel.remote, reqid: 1))
    for sa in SingleTunnel.pair(1) { set.insert(sa) }
    return set
  }()
  private static let begun = Instant(nanoseconds: 1_000_000_000)

  private static func ladder(on rung: Rung, isTerminated: Bool) -> ClearLadder {
    switch rung {
    case .daemon:
      return .throughDaemon(set, isTerminated: isTerminated, isOrdered: false, at: begun)
    case .expireFirst: return ClearLadder.byKernel(set, isOrdered: false, at: begun).ladder
    case .expireEach:
      var ladder = ClearLadder.byKernel(set, isOrdered: false, at: begun).ladder
      _ = ladder.overdue(set.all, at: begun)
      return ladder
    }
  }

  private static func kind(_ act: ClearLadder.Act?) -> Act? {
    let outbound = set.all.filter { $0.key.destination == set.key.remote }
    return switch act {
    case nil: nil
    case .expire(let list): list == outbound ? .expireOutbound : .expireAll
    case .delete: .deleteAll
    }
  }

  @Test func everyRungAndEventHasItsRow() {
    for rung in [Rung.daemon, .expireFirst, .expireEach] {
      for happening in Happening.allCases {
        let rows = Self.rows.filter { $0.rung == rung && $0.happening == happening }
        #expect(rows.count == (rung == .daemon ? 2 : 1), "\(rung) \(happening)")
      }
    }
  }

  @Test(arguments: rows.indices)
  func whatHappensLeadsToOneRung(row: Int) {
    let row = Self.rows[row]
    var ladder = Self.ladder(on: row.rung, isTerminated: row.isTerminated)
    #expect(ladder.rung == row.rung)
    let now = Self.begun.advanced(by: .seconds(60))
    let lookedAt = ladder.lookAgainAt
    var act: ClearLadder.Act?
    switch row.happening {
    case .overdue: act = ladder.overdue(Self.set.all, at: now)
    case .leftToDaemon: ladder.leaveToDaemon()
    case .daemonAsked: ladder.askDaemon(at: now)
    case .ordered: ladder.order()
    }
    #expect(ladder.rung == row.next, "\(row)")
    #expect((ladder.askedSince != nil) == row.asks, "\(row)")
    #expect(Self.kind(act) == row.act, "\(row)")
    #expect(ladder.isOrdered == row.isOrdered, "\(row)")
    // Its time begins anew on another rung alone.
    let due = row.next == row.rung ? lookedAt : now.advanced(by: row.next.patience)
    #expect(ladder.lookAgainAt == due, "\(row)")
  }

  /// What is left of a pair whose outbound SA is gone is expired all the same.
  @Test func whatIsLeftAloneIsExpired() {
    var ladder = Self.ladder(on: .daemon, isTerminated: false)
    let inbound = Self.set.all.filter { $0.key.destination == SingleTunnel.local }
    #expect(ladder.overdue(inbound, at: Self.begun) == .expire(inbound))
  }

  @Test func anOrderIsOneFromTheStart() {
    let ladder = ClearLadder.throughDaemon(
      Self.set, isTerminated: false, isOrdered: true, at: Self.begun)
    #expect(ladder.isOrdered && ladder.rung == .daemon)
  }
}
