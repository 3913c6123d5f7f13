import TunnelCore

/// Two connections to one daemon, from connecting until something goes wrong with either.
///
/// VICI has no request numbers, and events come between packets: so one connection is for events
/// and another for commands, of which one at a time is under way.
final class VICISession {
  /// How long the daemon may be silent when it owes an answer. No command waits for a peer.
  static let patience = Duration.seconds(5)
  private static let eventNames = [
    "child-updown", "ike-updown", "child-rekey", "ike-rekey", "ike-update",
  ]
  /// These go only to the connection whose command they answer.
  private static let listNames = ["list-sa", "list-conn"]
  /// Beyond these the daemon is not believed.
  private static let mostItems = 200_000

  private let events: VICIConnection
  private let commands: VICIConnection
  /// Registrations still to be confirmed, the first being under way.
  private var wantedEvents = eventNames[...]
  private var wantedLists = listNames[...]
  private var queue: ArraySlice<VICIRequest> = []
  private var running: VICIRequest?
  private var sas: [IKESA] = []
  private var connections: [IKEConnection] = []
  private var eventsDue: Instant?
  private var commandsDue: Instant?
  private var told: [Int32: Bool] = [:]
  /// Whether a command was ever answered.
  private(set) var hasAnswered = false

  init(path: String, at now: Instant) throws(VICIError) {
    let events = try VICIConnection(path: path)
    let commands = try VICIConnection(path: path)
    self.events = events
    self.commands = commands
    try registerNext(at: now)
    try registerNextList(at: now)
  }

  var isReady: Bool { wantedEvents.isEmpty && wantedLists.isEmpty }
  var descriptors: [Int32] { [events.number, commands.number] }

  /// When an answer is overdue; nil when none is owed.
  var deadline: Instant? { [eventsDue, commandsDue].compactMap { $0 }.min() }

  /// Descriptors to be watched, or watched for something else, since the last call.
  func takeInterests() -> [(descriptor: Int32, forWriting: Bool)] {
    let changed = [events, commands].filter { told[$0.number] != $0.hasUnsent }
    for connection in changed { told[connection.number] = connection.hasUnsent }
    return changed.map { ($0.number, $0.hasUnsent) }
  }

  func request(_ request: VICIRequest, at now: Instant) throws(VICIError) {
    queue.append(request)
    try runNext(at: now)
  }

  /// A descriptor is ready: reads and writes what can be, and says what came of it.
  func serve(_ descriptor: Int32, at now: Instant) throws(VICIError) -> [VICIEvent] {
    let wasReady = isReady
    var news: [VICIEvent] = []
    if descriptor == events.number {
      try events.flush()
      var said: [VICIEvent]?
      for packet in try events.receive() {
        if let more = try eventArrived(packet, at: now) { said = (said ?? []) + more }
      }
      if let said, wasReady { news += said + [.changed] }
    } else {
      try commands.flush()
      for packet in try commands.receive() {
        if let event = try answerArrived(packet, at: now) { news.append(event) }
      }
    }
    return isReady && !wasReady ? [.connected] + news : news
  }

  // MARK: Events

  /// Returns what an event says; nil when the packet is none. Each makes the last list out of date.
  private func eventArrived(_ packet: VICIPacket, at now: Instant) throws(VICIError) -> [VICIEvent]?
  {
    switch packet {
    case .event(let name, let message): return VICIEvent.said(by: name, message)
    case .confirm, .unknownEvent:
      // An event that this version of the daemon does not have is done without.
      guard wantedEvents.popFirst() != nil else { throw .unexpected("confirmation") }
      try registerNext(at: now)
      return nil
    case .request, .response, .unknownCommand, .register, .unregister:
      throw .unexpected("no event")
    }
  }

  private func registerNext(at now: Instant) throws(VICIError) {
    eventsDue = wantedEvents.isEmpty ? nil : now.advanced(by: Self.patience)
    if let name = wantedEvents.first { try events.send(.register(name)) }
  }

  // MARK: Commands

  private func answerArrived(_ packet: VICIPacket, at now: Instant) throws(VICIError) -> VICIEvent?
  {
    switch packet {
    case .confirm where !wantedLists.isEmpty, .unknownEvent where !wantedLists.isEmpty:
      wantedLists.removeFirst()
      try registerNextList(at: now)
      return nil
    case .event(_, let message) where running?.isList == true:
      try collect(message)
      commandsDue = now.advanced(by: Self.patience)
      return nil
    case .response(let message):
      guard let request = running else { throw .unexpected("response") }
      let event = result(of: request, message)
      hasAnswered = true
      try runNext(at: now)
      return event
    case .unknownCommand:
      guard let request = running else { throw .unexpected("response") }
      running = nil
      try runNext(at: now)
      return .finished(request, failure: "the daemon does not know this command")
    case .event, .confirm, .unknownEvent, .request, .register, .unregister:
      throw .unexpected("no response")
    }
  }

  private func result(of request: VICIRequest, _ message: VICISection) -> VICIEvent {
    running = nil
    defer { (sas, connections) = ([], []) }
    switch request {
    case .listSAs: return .sas(sas)
    case .listConnections: return .connections(connections)
    case .terminateChild, .terminateIKE, .rekeyChild, .initiate:
      return .finished(request, failure: request.failure(in: message))
    }
  }

  private func collect(_ message: VICISection) throws(VICIError) {
    if running == .listSAs {
      sas += IKESA.list(in: message)
    } else {
      connections += IKEConnection.list(in: message)
    }
    guard sas.count + connections.count <= Self.mostItems else { throw .unexpected("too many") }
  }

  private func registerNextList(at now: Instant) throws(VICIError) {
    guard let name = wantedLists.first else { return try runNext(at: now) }
    commandsDue = now.advanced(by: Self.patience)
    try commands.send(.register(name))
  }

  private func runNext(at now: Instant) throws(VICIError) {
    guard wantedLists.isEmpty, running == nil else { return }
    running = queue.popFirst()
    commandsDue = running == nil ? nil : now.advanced(by: Self.patience)
    guard let (name, arguments) = running?.command else { return }
    try commands.send(.request(name, arguments))
  }
}
