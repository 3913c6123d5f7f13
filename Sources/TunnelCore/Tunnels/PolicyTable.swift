/// The kernel's outbound policies, sorted by the set whose SAs they send packets through.
///
/// SAs come before their policies or after them, and a policy may outlive its SAs (strongSwan's
/// trap policies), so nothing here depends on `SATable`.
struct PolicyTable: Sendable {
  /// What packets must have besides addresses for a policy to be looked at.
  private struct Tie: Hashable {
    let mark: Mark?
    let ifID: UInt32

    init(_ policy: SecurityPolicy) {
      mark = policy.mark
      ifID = policy.ifID
    }
  }

  private var policies: [UInt32: SecurityPolicy] = [:]
  private var ofSet: [SASetKey: [SecurityPolicy]] = [:]
  private var ofTie: [Tie: [UInt32: SecurityPolicy]] = [:]

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

  /// Puts a policy in, or replaces it; returns the set whose selectors it says.
  @discardableResult
  mutating func insert(_ policy: SecurityPolicy) -> SASetKey? {
    guard policy.direction == .outbound else { return nil }
    remove(policy.index)
    policies[policy.index] = policy
    ofTie[Tie(policy), default: [:]][policy.index] = policy
    guard let key = policy.setKey else { return nil }
    ofSet[key, default: []].append(policy)
    return key
  }

  /// Takes a policy out; returns the set that it was for.
  @discardableResult
  mutating func remove(_ index: UInt32) -> SASetKey? {
    guard let old = policies.removeValue(forKey: index) else { return nil }
    ofTie[Tie(old)]?[index] = nil
    if ofTie[Tie(old)]?.isEmpty == true { ofTie[Tie(old)] = nil }
    guard let key = old.setKey else { return nil }
    ofSet[key]?.removeAll { $0.index == index }
    if ofSet[key]?.isEmpty == true { ofSet[key] = nil }
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
