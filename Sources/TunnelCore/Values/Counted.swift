/// A number and what it counts, for people: "1 VPN", "2 VPNs".
///
/// - Parameter noun: One of them; its plural ends in "s".
public func counted(_ count: Int, _ noun: String) -> String {
  count == 1 ? "1 \(noun)" : "\(count) \(noun)s"
}
