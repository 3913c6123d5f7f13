@testable import TunnelCore

/// One thing that happens to the two ends. Each makes sense after any other, so that a story can be
/// shortened.
enum TwoEndedStep: Hashable {
  case cut(from: Int)
  case cutBoth
  case healNetwork
  case wire(from: Int, Network.Wire)
  /// The agent is killed, and starts again after so long.
  case killAgent(Int, milliseconds: Int)
  /// The agent is killed in the midst of its next plan, after so many steps.
  case killAfterSteps(Int, steps: Int)
  case stopAgent(Int, releases: Bool, milliseconds: Int)
  case crashDaemon(Int, milliseconds: Int)
  case restartDaemon(Int, milliseconds: Int)
  case renameConnection(Int)
  case renameChild(Int)
  /// The daemon knows nothing of a child any more, whose SAs stay.
  case forgetChild(Int, Int)
  case flush(Int)
  case deleteSA(Int, Int)
  case rekey(Int, Int)
  case role(Int, Role)
  case reload(Int, Change)
  case failSteps(Int, count: Int)
  case failRecords(Int, count: Int)
  case lag(Int, milliseconds: Int)
  case failDumps(Int, count: Int)
  /// With this errno; nil: it sends them again.
  case refuseProbes(Int, errno: Int32?)
  /// A tunnel's link has another name, and a link of this kind has its name; or that is over.
  case swapLink(Int, Int, Link.Kind?)
  case wait(milliseconds: Int)

  enum Change: Hashable {
    case interval(Int)
    case threshold(Int)
    case verifyPath(Bool)
    case original
  }

  static func story(_ count: Int, using random: inout SplitMix64) -> [TwoEndedStep] {
    (0..<count).flatMap { _ in
      [Self.random(using: &random), .wait(milliseconds: pause(using: &random))]
    }
  }

  private static func pause(using random: inout SplitMix64) -> Int {
    Int.random(in: random.oneIn(3) ? 1...300 : 300...20_000, using: &random)
  }

  static func random(using random: inout SplitMix64) -> TwoEndedStep {
    let end = Int.random(in: 0...1, using: &random)
    let tunnel = Int.random(in: 0...1, using: &random)
    let short = Int.random(in: 0...8000, using: &random)
    switch Int.random(in: 0..<46, using: &random) {
    case 0..<4: return .cutBoth
    case 4..<7: return .cut(from: end)
    case 7..<13: return .healNetwork
    case 13..<19: return .wire(from: end, wire(using: &random))
    case 19: return .killAgent(end, milliseconds: short)
    case 20: return .killAfterSteps(end, steps: Int.random(in: 0...4, using: &random))
    case 21: return .stopAgent(end, releases: random.oneIn(2), milliseconds: short)
    case 22, 23: return .crashDaemon(end, milliseconds: short * 4)
    case 24, 25: return .restartDaemon(end, milliseconds: short)
    case 26: return .flush(end)
    case 27: return .deleteSA(end, tunnel)
    case 28, 29: return .rekey(end, tunnel)
    case 30: return .role(end, .standby)
    case 31: return .role(end, .active)
    case 32, 33: return .reload(end, change(using: &random))
    case 34: return .failSteps(end, count: Int.random(in: 1...4, using: &random))
    case 35: return .failRecords(end, count: Int.random(in: 1...3, using: &random))
    case 36, 37: return .lag(end, milliseconds: random.oneIn(2) ? 0 : short / 20)
    case 38: return .renameConnection(end)
    case 39: return .renameChild(end)
    case 40: return .forgetChild(end, tunnel)
    case 41: return .failDumps(end, count: Int.random(in: 1...4, using: &random))
    case 42, 43: return .swapLink(end, tunnel, kind(using: &random))
    default: return .refuseProbes(end, errno: random.oneIn(2) ? errno(using: &random) : nil)
    }
  }

  private static func kind(using random: inout SplitMix64) -> Link.Kind? {
    LinkFitnessTests.kinds.randomElement(using: &random).flatMap { random.oneIn(4) ? nil : $0 }
  }

  /// EPERM, EAGAIN, ENOMEM, EACCES, EINVAL, ENOBUFS; EADDRNOTAVAIL, ENETDOWN, ENETUNREACH,
  /// EHOSTUNREACH.
  private static func errno(using random: inout SplitMix64) -> Int32? {
    [1, 11, 12, 13, 22, 105, 99, 100, 101, 113].randomElement(using: &random)
  }

  /// Bad in one way or several; some delays are longer than any interval.
  private static func wire(using random: inout SplitMix64) -> Network.Wire {
    var wire = Network.Wire()
    if random.oneIn(2) { wire.loss = Int.random(in: 5...60, using: &random) }
    if random.oneIn(2) { wire.delay = .milliseconds(Int.random(in: 1...2500, using: &random)) }
    if random.oneIn(3) { wire.jitter = .milliseconds(Int.random(in: 1...1500, using: &random)) }
    return wire
  }

  private static func change(using random: inout SplitMix64) -> Change {
    switch Int.random(in: 0..<4, using: &random) {
    case 0: .interval(Int.random(in: 1...3, using: &random))
    case 1: .threshold(Int.random(in: 2...5, using: &random))
    case 2: .verifyPath(random.oneIn(2))
    default: .original
    }
  }
}
