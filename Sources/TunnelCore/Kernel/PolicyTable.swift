/// The kernel's outbound policies, sorted by the set whose SAs they send packets through.
///
/// SAs come before their policies or after them, and a policy may outlive its SAs (strongSwan's
/// trap policies), so nothing here depends on `SATable`.
struct PolicyTable: Sendable {
  /// What packets must have besides addresses for a policy to be looked at.
  private struct Tie: Hashable {
    let mark: Mark?
    let ifID: UInt32

    init(_ policy: SecurityPolicy) { self.init(mark: policy.mark, ifID: policy.ifID) }

    init(mark: Mark?, ifID: UInt32) {
      self.mark = mark
      self.ifID = ifID
    }

    /// Whether packets of more than one mark fit it, and not of every one.
    var isMasked: Bool { mark.map { $0.mask != .max } ?? false }
  }

  private var policies: [UInt32: SecurityPolicy] = [:]
  private var ofSet: [SASetKey: [SecurityPolicy]] = [:]
  private var ofTie: [Tie: [UInt32: SecurityPolicy]] = [:]
  /// Sets that have selectors, by the peer.
  private var ofPeer: [IPAddress: Set<SASetKey>] = [:]
  /// Ties whose mark is not looked at as a whole: any packet's may fit.
  private var maskedTies: Set<Tie> = []

  /// The sets that have selectors.
  var keys: [SASetKey] { Array(ofSet.keys) }

  /// The traffic selectors of a set, sorted; empty while the kernel has no policy for it.
  func selectors(of key: SASetKey) -> [TrafficSelector] {
    (ofSet[key] ?? []).map(\.selector).sorted()
  }

  /// Whether the kernel sends such a ping not through this set but by a policy that comes first.
  func isTaken(from key: SASetKey, source: IPAddress, destination: IPAddress) -> Bool {
    func fits(_ policy: SecurityPolicy) -> Bool {
      policy.source.contains(source) && policy.destination.contains(destination)
        && policy.selector.carriesPing
    }
    let own = (ofSet[key] ?? []).filter(fits).min { $0.priority < $1.priority }
    guard let own, let rivals = ofTie[Tie(own)] else { return false }
    return rivals.values.contains {
      $0.priority < own.priority && $0.setKey != key && fits($0)
    }
  }

  /// Sets towards this peer that have selectors, sorted.
  func keys(towards remote: IPAddress) -> [SASetKey] {
    (ofPeer[remote] ?? []).sorted { ($0.local, $0.reqid, $0.ifID) < ($1.local, $1.reqid, $1.ifID) }
  }

  /// Whether the kernel has such a ping wait for SAs of this set: the first policy that takes it
  /// names the set.
  ///
  /// - Parameters:
  ///   - mark: the packet's, as a VTI gives it.
  ///   - ifID: of the XFRM interface that it leaves by; 0: none.
  func traps(
    pingFrom source: IPAddress, to destination: IPAddress, mark: UInt32, ifID: UInt32,
    for key: SASetKey
  ) -> Bool {
    let ties = maskedTies.union([
      Tie(mark: nil, ifID: ifID), Tie(mark: Mark(value: mark, mask: .max), ifID: ifID),
    ])
    let fitting = ties.filter { $0.ifID == ifID && ($0.mark?.fits(mark) ?? true) }
      .flatMap { ofTie[$0]?.values.map { $0 } ?? [] }
      .filter {
        $0.source.contains(source) && $0.destination.contains(destination)
          && $0.selector.carriesPing
      }
    return fitting.min { $0.priority < $1.priority }?.setKey == key
  }

  /// Puts a policy in, or replaces it; returns the set whose selectors it says.
  @discardableResult
  mutating func insert(_ policy: SecurityPolicy) -> SASetKey? {
    guard policy.direction == .outbound else { return nil }
    remove(policy.index)
    policies[policy.index] = policy
    ofTie[Tie(policy), default: [:]][policy.index] = policy
    if Tie(policy).isMasked { maskedTies.insert(Tie(policy)) }
    guard let key = policy.setKey else { return nil }
    ofSet[key, default: []].append(policy)
    ofPeer[key.remote, default: []].insert(key)
    return key
  }

  /// Takes a policy out; returns the set that it was for.
  @discardableResult
  mutating func remove(_ index: UInt32) -> SASetKey? {
    guard let old = policies.removeValue(forKey: index) else { return nil }
    ofTie[Tie(old)]?[index] = nil
    if ofTie[Tie(old)]?.isEmpty == true {
      ofTie[Tie(old)] = nil
      maskedTies.remove(Tie(old))
    }
    guard let key = old.setKey else { return nil }
    ofSet[key]?.removeAll { $0.index == index }
    if ofSet[key]?.isEmpty == true {
      ofSet[key] = nil
      ofPeer.take(key, from: key.remote)
    }
    return key
  }
}

extension SecurityPolicy {
  /// Of an outbound policy: the selector that was negotiated.
  fileprivate var selector: TrafficSelector {
    TrafficSelector(local: source, remote: destination, ipProtocol: ipProtocol, hasPorts: hasPorts)
  }

  /// Of an outbound policy: the set whose SAs it wants; nil when its template leaves that open.
  fileprivate var setKey: SASetKey? {
    guard let template, let local = template.source, let remote = template.destination else {
      return nil
    }
    return SASetKey(local: local, remote: remote, reqid: template.reqid, ifID: ifID)
  }
}
