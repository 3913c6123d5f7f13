import AgentConfig
import Testing
import TunnelCore

@Test(arguments: [
  ("127.0.0.1:9112", MetricsAddress.tcp(IPAddress(127, 0, 0, 1), port: 9112)),
  ("127.8.9.10:1", .tcp(IPAddress(127, 8, 9, 10), port: 1)),
  ("[::1]:65535", .tcp(IPAddress("::1")!, port: 65535)),
  ("unix:/run/vpnagent/metrics.sock", .unix("/run/vpnagent/metrics.sock")),
])
func metricsAreReadOnThisHostAlone(text: String, address: MetricsAddress) throws {
  let loaded = try parseConfiguration("metrics = { listen = '\(text)' }", fileName: "f.toml")
  #expect(loaded.configuration.metrics == address)
  #expect(address.description == text)
}

@Test(arguments: rows)
func badPlacesForMetricsAreRefused(row: Row) { row.check() }

private let form = "\"127.0.0.1:PORT\", \"[::1]:PORT\" or \"unix:/PATH\""
private let noAddress = "not an address and a port; expected: \(form)"
private let noPath = "not the path of a socket; expected: unix:/PATH, at most 107 bytes of path"
private let open = "would be reachable from other hosts; use a loopback address: \(form)"

private func listen(_ text: String, _ complaint: String) -> Row {
  Row("metrics.listen = '\(text)'", " metrics.listen = \"\(text)\": \(complaint)")
}

private let rows: [Row] = [
  listen("0.0.0.0:9112", open),
  listen("192.0.2.1:9112", open),
  listen("[::]:9112", open),
  listen("[fe80::1]:9112", open),
  listen("localhost:9112", noAddress),
  listen("::1:9112", noAddress),
  listen("[127.0.0.1]:9112", noAddress),
  listen("127.0.0.1", noAddress),
  listen("127.0.0.1:0", noAddress),
  listen("127.0.0.1:65536", noAddress),
  listen(":9112", noAddress),
  listen("", noAddress),
  listen("unix:run/m.sock", noPath),
  Row(
    "metrics.listen = 'unix:/\(String(repeating: "x", count: 107))'",
    " metrics.listen = \"unix:/\(String(repeating: "x", count: 72))…: \(noPath)"),
  Row("metrics = {}", " metrics.listen: missing; expected: \(form)"),
  Row("metrics = true", " metrics = true: must be a table, not a boolean"),
  Row(
    "metrics.listen = 9112",
    " metrics.listen = 9112: must be a string, not an integer; expected: \(form)"),
  Row(
    "metrics = { listen = '127.0.0.1:1', path = '/' }",
    " metrics.path = \"/\": unknown key; expected: listen"),
]
