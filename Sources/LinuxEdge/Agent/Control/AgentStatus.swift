import FoundationEssentials
import TunnelCore

/// What the agent answers to `status`.
public struct AgentStatus: Codable, Sendable {
  /// The agent's version.
  public var version: String
  /// Its process id.
  public var pid: Int32
  /// Seconds since it started.
  public var uptime: Double
  /// The configuration file; null when the agent only observes.
  public var config: String?
  /// How SAs are managed: "vici", or "kernel expire" while the IKE daemon's socket is of no use.
  public var control: String
  /// Why the IKE daemon's socket is of no use; null when it is.
  public var controlObstacle: String?
  /// What the agent does not know of the kernel, and why; null when it knows all.
  public var kernelObstacle: String?
  /// Why the run directory cannot be used, for the record of held links above all; null when it can.
  public var recordObstacle: String?
  /// active, or standby beside the active gateway.
  public var role: String
  /// Gateways that sent unknown SPIs; null without `respond-bad-spi`.
  public var badSPI: [BadSPIStatus]?
  /// Whether the agent only says what it would do.
  public var dryRun: Bool
  /// The mass failure that is going on; null when there is none.
  public var massFailure: MassFailureStatus?
  /// How the agent keeps up with its work; null while it does.
  public var load: LoadStatus?
  /// SAs in transport mode, which are not monitored; null when there are none.
  public var transportSAs: Int?
  /// Every tunnel.
  public var tunnels: [TunnelStatus]

  private enum CodingKeys: String, CodingKey {
    case version, pid, uptime, config, control, role, load, tunnels
    case controlObstacle = "control_obstacle"
    case kernelObstacle = "kernel_obstacle"
    case recordObstacle = "record_obstacle"
    case badSPI = "bad_spi"
    case dryRun = "dry_run"
    case massFailure = "mass_failure"
    case transportSAs = "transport_sas"
  }

  /// As JSON with sorted keys, and a line feed.
  public func json() -> [UInt8] { encoded(self) }

  /// Reads an agent's answer; nil when it is none.
  public init?(json: [UInt8]) {
    guard let decoded = try? JSONDecoder().decode(AgentStatus.self, from: Data(json)) else {
      return nil
    }
    self = decoded
  }

  init(
    version: String, pid: Int32, uptime: Double, config: String?, control: String,
    controlObstacle: String?, kernelObstacle: String? = nil,
    recordObstacle: String? = nil, role: String, badSPI: [BadSPIStatus]?, dryRun: Bool,
    massFailure: MassFailureStatus?, load: LoadStatus?, transportSAs: Int?,
    tunnels: [TunnelStatus]
  ) {
    self.version = version
    self.pid = pid
    self.uptime = uptime
    self.config = config
    self.control = control
    self.controlObstacle = controlObstacle
    self.kernelObstacle = kernelObstacle
    self.recordObstacle = recordObstacle
    self.role = role
    self.badSPI = badSPI
    self.dryRun = dryRun
    self.massFailure = massFailure
    self.load = load
    self.transportSAs = transportSAs
    self.tunnels = tunnels
  }
}
