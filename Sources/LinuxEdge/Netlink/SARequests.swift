import CShims
import TunnelCore

/// What came of expiring or deleting an SA.
public enum ExpireOutcome: Hashable, Sendable {
  /// The kernel deleted it and told the IKE daemon.
  case expired
  /// The kernel deleted it and told nobody.
  case deleted
  /// There is none of this key.
  case gone
  /// The SA of this key is another one than was meant: nothing was done.
  case differs(SecurityAssociation)
}

extension KernelRequests {
  /// The SA of this key as it is now; nil when there is none.
  public func securityAssociation(_ key: SAKey) throws(EdgeError) -> SecurityAssociation? {
    try fetch(key)?.sa
  }

  /// Expires an SA (hard), as if its lifetime had run out, so that the IKE daemon replaces it.
  /// It is read again first; unless reqid, if_id and addresses are those of `expected`, nothing is
  /// done.
  public func expire(
    _ key: SAKey, checking expected: SecurityAssociation
  ) throws(EdgeError) -> ExpireOutcome {
    guard let (sa, request) = try fetch(key) else { return .gone }
    guard sa.isSame(as: expected) else { return .differs(sa) }
    do throws(EdgeError) {
      try perform("expire SA", "\(key)", on: xfrm, request)
    } catch  where error.isGone {
      return .gone
    }
    return .expired
  }

  /// Deletes an SA without a word to the IKE daemon. The last resort.
  public func delete(_ key: SAKey) throws(EdgeError) {
    var sought = vpa_sa_key(key)
    let error = EdgeError(
      operation: "delete SA", object: "\(key)", errno: unsafe -vpa_sa_delete(&sought))
    if error.errno != 0 && !error.isGone { throw error }
  }

  /// Deletes an SA that is still the expected one.
  public func delete(
    _ key: SAKey, checking expected: SecurityAssociation
  ) throws(EdgeError) -> ExpireOutcome {
    guard let (sa, _) = try fetch(key) else { return .gone }
    guard sa.isSame(as: expected) else { return .differs(sa) }
    try delete(key)
    return .deleted
  }

  /// The SA and the request that would expire it.
  private func fetch(_ key: SAKey) throws(EdgeError) -> (sa: SecurityAssociation, expiry: [UInt8]?)?
  {
    var sought = vpa_sa_key(key)
    let request = built { unsafe vpa_build_sa_get($0, $1, &sought) } ?? []
    var found: (sa: SecurityAssociation, expiry: [UInt8]?)?
    let result = xfrm.exchange(request) { item in
      if case .sa(let sa) = item { found = (sa, xfrm.expireRequest()) }
    }
    if result == 0 { return found }
    let error = EdgeError(
      operation: "read SA", object: "\(key)", errno: -result, complaint: xfrm.complaint)
    if error.isGone { return nil }
    throw error
  }
}

extension SecurityAssociation {
  /// Whether it is the SA that was meant: its key may have been given to another one since.
  fileprivate func isSame(as expected: SecurityAssociation) -> Bool {
    reqid == expected.reqid && ifID == expected.ifID && source == expected.source
      && key.destination == expected.key.destination
  }
}
