import CShims
import Glibc
import TunnelCore

/// The Unix socket that `vpnagent status` and its like talk to.
///
/// A client sends one line, gets one answer and the end of the stream; the answer may come later.
/// Slow clients wait in the reactor, never the agent; one that sends too much is dropped.
final class ControlServer {
  private struct Client: ~Copyable {
    let descriptor: Descriptor
    let id: RequestID
    var request: [UInt8] = []
    var hasAsked = false
    var answer: ArraySlice<UInt8>?
  }

  private static let longestRequest = 1024
  private static let mostClients = 32

  let path: String
  private var listener: Descriptor
  private var inode: UInt64
  private var clients: [Int32: Box] = [:]
  private var lastRequest: UInt64 = 0

  private final class Box {
    var client: Client
    init(_ client: consuming Client) { self.client = client }
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

  /// A connection waits: takes it and returns its descriptor for the reactor; nil when it is gone,
  /// or one too many.
  ///
  /// - Throws: EMFILE, ENFILE, ENOMEM and the like: it still waits.
  func accept() throws(EdgeError) -> Int32? {
    let number = vpa_accept(listener.number)
    if [EAGAIN, EINTR, ECONNABORTED, EPROTO].contains(-number) { return nil }
    let descriptor = try Descriptor(taking: number, operation: "accept a client")
    guard clients.count < Self.mostClients else { return nil }
    lastRequest += 1
    clients[number] = Box(Client(descriptor: descriptor, id: RequestID(rawValue: lastRequest)))
    return number
  }

  /// What comes next for a client.
  enum Interest: Hashable {
    /// Its line, or its end.
    case readable
    /// The rest of its answer.
    case writable
    /// Nothing: it is gone.
    case closed
    /// It has sent its line and waits for `answer`.
    case asked(RequestID, String)
  }

  /// A client can be read or written.
  func advance(_ number: Int32) -> Interest {
    guard let box = clients[number] else { return .closed }
    let interest: Interest
    do {
      interest = try step(box)
    } catch {
      interest = .closed
    }
    if interest == .closed { clients[number] = nil }
    return interest
  }

  /// Answers a client, if it is there still. Returns its descriptor when it has to be watched until
  /// it takes the rest.
  func answer(_ id: RequestID, _ bytes: [UInt8]) -> Int32? {
    guard let (number, box) = clients.first(where: { $0.value.client.id == id }) else { return nil }
    box.client.answer = bytes[...]
    return advance(number) == .writable ? number : nil
  }

  private func step(_ box: Box) throws(EdgeError) -> Interest {
    while box.client.answer == nil {
      guard let bytes = try box.client.descriptor.read() else { return .readable }
      if box.client.hasAsked {
        if bytes.isEmpty { return .closed }
        continue
      }
      box.client.request += bytes
      let line = box.client.request.prefix { $0 != 0x0a }
      if line.count < box.client.request.count {
        box.client.hasAsked = true
        return .asked(box.client.id, String(decoding: line, as: UTF8.self))
      }
      if bytes.isEmpty || box.client.request.count > Self.longestRequest { return .closed }
    }
    while let rest = box.client.answer, !rest.isEmpty {
      let count = try box.client.descriptor.send(rest)
      if count == 0 { return .writable }
      box.client.answer = rest.dropFirst(count)
    }
    return .closed
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
