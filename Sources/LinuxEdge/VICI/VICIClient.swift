import TunnelCore

/// The client of strongSwan's VICI, inside the agent's loop.
///
/// It connects, and again with back-off whenever the daemon is gone or owes an answer for too
/// long. Nothing here waits: a call reads and writes what the sockets have and take, and returns.
/// It decides nothing: what the daemon says becomes `VICIEvent`s for the core.
final class VICIClient {
  private static let firstPause = Duration.seconds(1)
  private static let longestPause = Duration.seconds(15)

  private let path: String
  private let process: () -> IKEProcess
  private var session: VICISession?
  private var retryAt: Instant?
  private var retries = 0

  /// A client that connects as soon as `wake` is called.
  ///
  /// - Parameter process: which IKE daemon runs; asked whenever there is no answer.
  init(path: String, process: @escaping () -> IKEProcess = { .unseen }, at now: Instant) {
    self.path = path
    self.process = process
    retryAt = now
  }

  /// When `wake` is due.
  var nextDeadline: Instant? { session?.deadline ?? retryAt }

  /// Those of the session, the events' first.
  var descriptors: [Int32] { session?.descriptors ?? [] }

  /// Descriptors to be watched, or watched for something else, since the last call.
  func takeInterests() -> [(descriptor: Int32, forWriting: Bool)] {
    session?.takeInterests() ?? []
  }

  /// Asks the daemon; nothing happens while there is no connection.
  func request(_ request: VICIRequest, at now: Instant) -> [VICIEvent] {
    attempt(at: now) { session throws(VICIError) in
      if session.isReady { try session.request(request, at: now) }
      return []
    }
  }

  /// A descriptor is ready; nothing happens when it was one of an earlier session.
  func serve(_ descriptor: Int32, at now: Instant) -> [VICIEvent] {
    attempt(at: now) { session throws(VICIError) in
      guard session.descriptors.contains(descriptor) else { return [] }
      let events = try session.serve(descriptor, at: now)
      if session.hasAnswered { retries = 0 }
      return events
    }
  }

  /// Time has come: to connect, or to give a silent daemon up.
  func wake(at now: Instant) -> [VICIEvent] {
    if let due = session?.deadline, due <= now {
      return drop(.silent(VICISession.patience), at: now)
    }
    guard session == nil, let due = retryAt, due <= now else { return [] }
    do {
      session = try VICISession(path: path, at: now)
      retryAt = nil
      return []
    } catch {
      return drop(error, at: now)
    }
  }

  private func attempt(
    at now: Instant, _ body: (VICISession) throws(VICIError) -> [VICIEvent]
  ) -> [VICIEvent] {
    guard let session else { return [] }
    do {
      return try body(session)
    } catch {
      return drop(error, at: now)
    }
  }

  /// Both connections go; the next attempt comes after 1, 2, 4 ... 15 seconds, a quarter more or
  /// less.
  private func drop(_ error: VICIError, at now: Instant) -> [VICIEvent] {
    session = nil
    let pause = min(Self.firstPause * (1 << min(retries, 10)), Self.longestPause)
    retries += 1
    retryAt = now.advanced(by: pause * Double.random(in: 0.75...1.25))
    return [.disconnected("\(path): \(error)", process())]
  }
}
