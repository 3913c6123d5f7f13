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
    MetricFamily("build_info", .gauge, "1; the agent's version") { agent, text in
      text.sample(Exposition.label("version", agent.version), true)
    },
    MetricFamily("start_time_seconds", .gauge, "When the agent started, in seconds since 1970") {
      agent, text in text.sample("", agent.startedAt)
    },
    MetricFamily("cpu_seconds_total", .counter, "Processor time that the agent has used") {
      _, text in text.sample("", cpuSeconds)
    },
    MetricFamily("resident_memory_bytes", .gauge, "Memory that the agent has in use") { _, text in
      if let bytes = residentBytes { text.sample("", UInt64(bytes)) }
    },
    MetricFamily("dry_run", .gauge, "Whether the agent only says what it would do") {
      agent, text in text.sample("", agent.isDryRun)
    },
    MetricFamily(
      "config_last_reload_successful", .gauge,
      "Whether the configuration file was valid when it was last read"
    ) { agent, text in text.sample("", agent.configurationIsGood) },
    MetricFamily(
      "netlink_overruns_total", .counter, "Times the kernel dropped events, and was read anew"
    ) { agent, text in
      for (socket, drops) in agent.drops {
        text.sample(Exposition.label("socket", socket), UInt64(drops.overruns))
      }
    },
    MetricFamily(
      "kernel_read_failures_total", .counter,
      "Reads of the kernel's tables that failed and were tried again"
    ) { agent, text in text.sample("", agent.readFailures) },
    MetricFamily("metrics_scrapes_total", .counter, "Times these metrics were read over HTTP") {
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
