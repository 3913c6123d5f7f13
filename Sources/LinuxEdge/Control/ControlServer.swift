import CShims
import Glibc
import TunnelCore

/// The Unix socket that `vpnagent status` and its like talk to.
///
/// A client sends one line, gets one answer and the end of the stream; the answer may come later, and in
/// pieces. Nobody holds up the agent or keeps others out: each wake-up takes a bounded piece of what a
/// client sends or gets, one that does not ask or does not read is let go after a while, and where all
/// places are taken whoever has not asked for the longest time makes room.
final class ControlServer {
  /// What is sent to a client, piece by piece; nil after the last one.
  typealias Pieces = () -> [UInt8]?

  private struct Client: ~Copyable {
    let descriptor: Descriptor
    let id: RequestID
    /// When it was let in, or took something the last time.
    var since: Instant
    /// The turn of the loop in which it was let in.
    let turn: UInt64
    var request: [UInt8] = []
    var hasAsked = false
    /// Whether it will send nothing more; it may wait for its answer all the same.
    var hasEnded = false
    /// What it has not taken yet of the present piece; nil before there is an answer.
    var answer: ArraySlice<UInt8>?
    var further: Pieces?
  }

  private static let longestRequest = 1024
  private static let mostClients = 32
  /// How long a client may take to ask, and to take anything of its answer.
  static let patience = (asking: Duration.seconds(5), reading: Duration.seconds(30))

  let path: String
  private var listener: Descriptor
  private var inode: UInt64
  private var clients: [Int32: Box] = [:]
  private var lastRequest: UInt64 = 0
  /// Turns of the loop.
  private var turn: UInt64 = 0

  private final class Box {
    var client: Client
    init(_ client: consuming Client) { self.client = client }

    /// When it is let go; nil while its answer is not there.
    var deadline: Instant? {
      if client.answer != nil { return client.since.advanced(by: patience.reading) }
      return client.hasAsked ? nil : client.since.advanced(by: patience.asking)
    }
  }

  /// Listens at `path`.
  init(path: String) throws(EdgeError) {
    self.path = path
    listener = try Self.listen(path)
    inode = unsafe vpa_socket_inode(path)
  }

  private static func listen(_ path: String) throws(EdgeError) -> Descriptor {
    try Descriptor(
      taking: unsafe vpa_unix_listen(path, 0o660), operation: "listen on", object: path)
  }

  /// Listens again where its socket is not any more; returns whether it had to. Clients stay.
  func listenAgain() throws(EdgeError) -> Bool {
    guard unsafe vpa_socket_inode(path) != inode else { return false }
    listener = try Self.listen(path)
    inode = unsafe vpa_socket_inode(path)
    return true
  }

  var listeningDescriptor: Int32 { listener.number }

  // MARK: Clients come and go

  /// A connection waits: takes it and returns its descriptor for the reactor; nil when it is gone,
  /// or one too many.
  ///
  /// - Throws: EMFILE, ENFILE, ENOMEM and the like: it still waits.
  func accept(at now: Instant) throws(EdgeError) -> Int32? {
    let number = vpa_accept(listener.number)
    if [EAGAIN, EINTR, ECONNABORTED, EPROTO].contains(-number) { return nil }
    let descriptor = try Descriptor(taking: number, operation: "accept a client")
    guard makeRoom() else { return nil }
    lastRequest += 1
    clients[number] = Box(
      Client(
        descriptor: descriptor, id: RequestID(rawValue: lastRequest), since: now, turn: turn))
    return number
  }

  /// Lets go of whoever has not asked for the longest time, if there is no place left: what was there
  /// of a client is read in the turn after that in which it was let in.
  private func makeRoom() -> Bool {
    guard clients.count >= Self.mostClients else { return true }
    let silent = clients.filter { !$0.value.client.hasAsked && $0.value.client.turn + 1 < turn }
      .min { $0.value.client.since < $1.value.client.since }
    guard let silent else { return false }
    clients[silent.key] = nil
    return true
  }

  /// When the next client is let go.
  var nextDeadline: Instant? { clients.values.lazy.compactMap(\.deadline).min() }

  /// The end of a turn of the loop: lets go of clients that took too long.
  func endTurn(at now: Instant) {
    defer { turn += 1 }
    guard nextDeadline.isDue(at: now) else { return }
    clients = clients.filter { !$0.value.deadline.isDue(at: now) || $0.value.client.turn == turn }
  }

  // MARK: Requests and answers

  /// What comes next for a client.
  enum Interest: Hashable {
    /// Its line, or its end.
    case readable
    /// The rest of its answer.
    case writable
    /// Its answer: it sends nothing more.
    case ended
    /// Nothing: it is gone.
    case closed
    /// It has sent its line and waits for `answer`.
    case asked(RequestID, String)
  }

  /// A client can be read or written.
  func advance(_ number: Int32, at now: Instant) -> Interest {
    guard let box = clients[number] else { return .closed }
    let interest: Interest
    do {
      interest = box.client.answer == nil ? try hear(box) : try tell(box, now)
    } catch {
      interest = .closed
    }
    if interest == .closed { clients[number] = nil }
    return interest
  }

  /// Answers a client, if it is there still. Returns its descriptor when it has to be watched until
  /// it takes the rest.
  ///
  /// - Parameter further: what comes after these bytes, made as it is taken.
  func answer(
    _ id: RequestID, _ bytes: [UInt8], at now: Instant, further: Pieces? = nil
  ) -> Int32? {
    guard let (number, box) = clients.first(where: { $0.value.client.id == id }) else { return nil }
    box.client.answer = bytes[...]
    box.client.further = further
    box.client.since = now
    return advance(number, at: now) == .writable ? number : nil
  }

  /// Reads once: nobody who sends without end is read without end.
  private func hear(_ box: Box) throws(EdgeError) -> Interest {
    guard let bytes = try box.client.descriptor.read() else { return .readable }
    if box.client.hasAsked {
      guard bytes.isEmpty else { return .readable }
      // Woken again, it is gone altogether.
      defer { box.client.hasEnded = true }
      return box.client.hasEnded ? .closed : .ended
    }
    box.client.request += bytes
    let line = box.client.request.prefix { $0 != 0x0a }
    if line.count < box.client.request.count {
      box.client.hasAsked = true
      return .asked(box.client.id, String(decoding: line, as: UTF8.self))
    }
    return bytes.isEmpty || box.client.request.count > Self.longestRequest ? .closed : .readable
  }

  /// Sends what the socket takes of one piece; the next one is made when it is gone.
  private func tell(_ box: Box, _ now: Instant) throws(EdgeError) -> Interest {
    while let rest = box.client.answer, !rest.isEmpty {
      let count = try box.client.descriptor.send(rest)
      if count == 0 { return .writable }
      box.client.since = now
      box.client.answer = rest.dropFirst(count)
    }
    guard let next = box.client.further?() else { return .closed }
    box.client.answer = next[...]
    return .writable
  }
}

/// Asks a running agent; returns its whole answer.
///
/// - Throws: ENOENT or ECONNREFUSED when no agent runs, EACCES without permission, EAGAIN when it
///   does not answer within `patience` seconds.
public func askAgent(
  _ request: String, socket path: String, patience: Int32 = 5
) throws(EdgeError) -> [UInt8] {
  let connection = try Descriptor(
    taking: unsafe vpa_unix_connect(path, patience * 1000), operation: "connect to", object: path)
  var rest = Array("\(request)\n".utf8)[...]
  while !rest.isEmpty {
    let count = try connection.send(rest)
    if count == 0 { throw EdgeError(operation: "send to", object: path, errno: EAGAIN) }
    rest = rest.dropFirst(count)
  }
  var answer: [UInt8] = []
  while true {
    guard let bytes = try connection.read() else {
      throw EdgeError(operation: "wait for", object: path, errno: EAGAIN)
    }
    if bytes.isEmpty { return answer }
    answer += bytes
  }
}
