/// Which of two gateways this one is. A redundancy daemon (keepalived, strongSwan's HA plugin) says.
public enum Role: String, CaseIterable, Hashable, Sendable {
  /// Probes, opens, clears.
  case active
  /// Watches and reports: probes nothing, clears nothing, initiates nothing, and holds every link.
  case standby
}
