/// `link-control = "admin"`: the admin flag is cleared while there is no path to verify.
///
/// The operator's own admin down is told from ours by the record, and his admin up is never fought:
/// a link that he sets up while it is down by us stays up, held by operstate and routes alone.
extension Gate {
  /// Whether the link carries packets by its admin flag, or will once the plan under way is done.
  func isUpOrRaised(_ link: Link) -> Bool {
    let isRaised = isDownByUs && demand != .down && !link.isAdminUp
    return isRaised || askedAdmin ?? link.isAdminUp
  }

  /// A link that the agent has set down is not to be so any longer: whether a step has to set it up;
  /// nil when it is not the agent's to raise.
  mutating func bringUp(_ link: Link) -> Bool? {
    guard isDownByUs, demand != .down || isRaisedByOperator else { return nil }
    isDownByUs = false
    guard !link.isAdminUp || askedAdmin == false else { return false }
    askedAdmin = true
    return true
  }

  /// Whether a step has to set the link down now.
  mutating func lower(_ link: Link) -> Bool {
    guard demand == .down, !isDownByUs, !isRaisedByOperator, askedAdmin == nil, link.isAdminUp
    else {
      return false
    }
    (isDownByUs, askedAdmin) = (true, false)
    return true
  }

  /// No step is under way: the flag is cleared by the agent, or it is the operator's.
  mutating func adminIs(downByUs: Bool) { (isDownByUs, askedAdmin) = (downByUs, nil) }

  /// An event shows the link's admin flag. Returns whether somebody else has set it up.
  mutating func noteAdmin(of link: Link) -> Bool {
    if let asked = askedAdmin {
      if asked == link.isAdminUp { askedAdmin = nil }
      return false
    }
    guard isDownByUs, link.isAdminUp else { return false }
    isRaisedByOperator = true
    return true
  }
}
