import CShims
import Glibc
import TunnelCore

/// What only the edge knows of the agent, for monitoring systems.
struct AgentMetrics: Sendable {
  var version: String
  /// Seconds since 1970 when the agent started.
  var startedAt: Double
  var isDryRun: Bool
  /// Whether the configuration file was valid when it was last read.
  var configurationIsGood: Bool
  /// What event sockets did not deliver.
  var drops: [(socket: String, NetlinkDrops)]
  /// Reads of the kernel's tables that failed.
  var readFailures: UInt64
  /// HTTP requests for metrics.
  var scrapes: UInt64

  /// Families of the edge's, in the order in which they are written. docs/metrics.md has them all.
  static let families: [MetricFamily<AgentMetrics>] = [
    MetricFamily("build_info", .gauge, "Always 1; the label is the agent's version.") {
      agent, text in
      text.sample(Exposition.label("version", agent.version), true)
    },
    MetricFamily("start_time_seconds", .gauge, "Unix time at which the agent started, in seconds.")
    {
      agent, text in text.sample("", agent.startedAt)
    },
    MetricFamily("cpu_seconds_total", .counter, "CPU time used by the agent, in seconds.") {
      _, text in text.sample("", cpuSeconds)
    },
    MetricFamily("resident_memory_bytes", .gauge, "Resident memory of the agent, in bytes.") {
      _, text in
      if let bytes = residentBytes { text.sample("", UInt64(bytes)) }
    },
    MetricFamily(
      "dry_run", .gauge, "1 if the agent runs with --dry-run and changes nothing, else 0."
    ) {
      agent, text in text.sample("", agent.isDryRun)
    },
    MetricFamily(
      "config_last_reload_successful", .gauge,
      "1 if the configuration file was valid when it was last read, else 0."
    ) { agent, text in text.sample("", agent.configurationIsGood) },
    MetricFamily(
      "netlink_overruns_total", .counter,
      "Number of times the kernel dropped netlink events and its tables were read again."
    ) { agent, text in
      for (socket, drops) in agent.drops {
        text.sample(Exposition.label("socket", socket), UInt64(drops.overruns))
      }
    },
    MetricFamily(
      "kernel_read_failures_total", .counter,
      "Number of failed reads of the kernel's tables, each of them tried again."
    ) { agent, text in text.sample("", agent.readFailures) },
    MetricFamily(
      "metrics_scrapes_total", .counter, "Number of times these metrics were read over HTTP."
    ) {
      agent, text in text.sample("", agent.scrapes)
    },
  ]

  private static var cpuSeconds: Double {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// proc_pid_statm(5): the second number, in pages.
  private static var residentBytes: Int? {
    guard let text = try? readFile("/proc/self/statm", limit: 256) else { return nil }
    let words = String(decoding: text, as: UTF8.self).split(separator: " ")
    return words.count > 1 ? Int(words[1]).map { $0 * sysconf(Int32(_SC_PAGESIZE)) } : nil
  }
}
