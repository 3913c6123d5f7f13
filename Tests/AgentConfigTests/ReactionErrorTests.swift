import Testing

@Test(arguments: rows)
func badReactionsAndGuardsAreRefused(row: Row) { row.check() }

private let share = "0.05...1 (share of the live tunnels; 1: never)"
private let cap = "1...6000 (SA sets)"
private let replies = "1...100 (consecutive replies)"

private let rows: [Row] = [
  Row("mass-failure-threshold = 0.01", " mass-failure-threshold = 0.01: must be \(share)"),
  Row("mass-failure-threshold = 2", " mass-failure-threshold = 2: must be \(share)"),
  Row("mass-failure-threshold = nan", " mass-failure-threshold = nan: must be \(share)"),
  Row(
    "mass-failure-threshold = '50%'",
    " mass-failure-threshold = \"50%\": must be an integer or a float, not a string; "
      + "expected: \(share)"),
  Row("max-clears-per-minute = 0", " max-clears-per-minute = 0: must be \(cap)"),
  Row("max-clears-per-minute = 6001", " max-clears-per-minute = 6001: must be \(cap)"),
  .vpn(
    "vpn-monitor.action = 'none'",
    " vpn.v.vpn-monitor.action = \"none\": unknown value; expected: clear, hold, warn"),
  .vpn(
    "vpn-monitor.never-answered = 'hold'",
    " vpn.v.vpn-monitor.never-answered = \"hold\": unknown value; expected: warn, clear"),
  .vpn(
    "vpn-monitor.recovery-threshold = 0",
    " vpn.v.vpn-monitor.recovery-threshold = 0: must be \(replies)"),
  .vpn(
    "vpn-monitor.renegotiate-backoff = 5",
    " vpn.v.vpn-monitor.renegotiate-backoff = 5: must be a table, not an integer"),
  .vpn(
    "vpn-monitor.renegotiate-backoff = { first = 1, maximum = 0 }",
    " vpn.v.vpn-monitor.renegotiate-backoff.first = 1: unknown key; expected: initial, maximum",
    " vpn.v.vpn-monitor.renegotiate-backoff.maximum = 0: must be 0.1...3600 (seconds)"),
  .vpn(
    "vpn-monitor.renegotiate-backoff = { initial = 301 }",
    " vpn.v.vpn-monitor.renegotiate-backoff = { initial }: initial 301.0 seconds is longer than "
      + "maximum 300.0 seconds; expected: at most maximum"),
  Row(
    "vpn-monitor-options.action = true",
    " vpn-monitor-options.action = true: must be a string, not a boolean; expected: clear, hold, "
      + "warn"),
]
