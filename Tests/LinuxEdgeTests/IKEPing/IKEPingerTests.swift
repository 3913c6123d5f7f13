import CShims
import Glibc
import Testing
import TunnelCore

@testable import LinuxEdge

/// Questions on loopback, to a socket that answers as told. Opening one needs CAP_NET_ADMIN.
@Suite(.serialized, .enabled(if: canMakeNamespaces, "needs root to set socket policies"))
struct IKEPingerTests {
  /// A peer on 127.0.0.1, at a port of its own.
  private final class Peer {
    let fd: Int32
    let port: UInt16

    init() {
      let fd = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      _ = unsafe withUnsafeMutablePointer(to: &address) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          let bound = unsafe bind(fd, $0, length)
          return unsafe bound + getsockname(fd, $0, &length)
        }
      }
      self.fd = fd
      port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(fd) }

    /// Receives a question; sends what `answer` makes of it, back to where it came from or from
    /// another socket.
    func serve(from other: Int32? = nil, times: Int = 1, _ answer: ([UInt8]) -> [UInt8]) {
      var buffer = [UInt8](repeating: 0, count: 100)
      var sender = sockaddr_storage()
      var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
      _ = unsafe withUnsafeMutablePointer(to: &sender) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          let count = unsafe recvfrom(fd, &buffer, buffer.count, 0, $0, &length)
          let reply = answer(Array(buffer.prefix(max(count, 0))))
          for _ in 0..<times { _ = unsafe sendto(other ?? fd, reply, reply.count, 0, $0, length) }
          return count
        }
      }
    }
  }

  private static let home = IPAddress(127, 0, 0, 1)

  /// What charon makes of a question behind a marker.
  private func reply(to question: [UInt8]) -> [UInt8] {
    guard question.count == 32 else { return [] }
    return question[0..<20] + [41, 0x20, 34, 0x20, 0, 0, 0, 0, 0, 0, 0, 36, 0, 0, 0, 8, 0, 0, 0, 5]
  }

  private func answers(
    _ body: (Peer, Peer, IKEPing.Target) -> Void, asks times: Int = 1
  ) -> [Event] {
    let (peer, other, pinger) = (Peer(), Peer(), IKEPinger())
    let target = IKEPing.Target(local: Self.home, remote: Self.home, port: peer.port)
    for _ in 0..<times { #expect(pinger.ask(target).isEmpty) }
    body(peer, other, target)
    return pinger.takeInterests().flatMap { pinger.receive(from: $0) }
  }

  private func isAnswer(_ events: [Event]) -> Bool {
    guard events.count == 1, case .ikePingAnswered = events[0] else { return false }
    return true
  }

  @Test func aQuestionIsAnswered() {
    let events = answers { peer, _, _ in peer.serve { reply(to: $0) } }
    #expect(isAnswer(events))
  }

  /// Anybody may send to the port: the loop has other things to do in between.
  @Test func whatOthersSendIsReadInPieces() {
    let (peer, pinger) = (Peer(), IKEPinger())
    let target = IKEPing.Target(local: Self.home, remote: Self.home, port: peer.port)
    for _ in 0..<2 { #expect(pinger.ask(target).isEmpty) }
    let descriptor = pinger.takeInterests().first ?? -1
    peer.serve(times: 130) { _ in [0] }
    peer.serve { reply(to: $0) }
    #expect(pinger.receive(from: descriptor).isEmpty)
    #expect(isAnswer(pinger.receive(from: descriptor)))
  }

  /// The round trip may be longer than the interval.
  @Test func anEarlierQuestionCanBeAnsweredToo() {
    let events = answers({ peer, _, _ in peer.serve { reply(to: $0) } }, asks: 2)
    #expect(isAnswer(events))
  }

  @Test func onlyTheLastEightQuestionsCanBeAnswered() {
    let events = answers({ peer, _, _ in peer.serve { reply(to: $0) } }, asks: 9)
    #expect(events.isEmpty, "the first of nine")
  }

  @Test func anAnswerCountsOnceAndForAllQuestionsBeforeIt() {
    let events = answers(
      { peer, _, _ in
        var questions: [[UInt8]] = []
        let order: [Int?] = [nil, 1, 1, 0]
        for index in order {
          peer.serve { question in
            questions.append(question)
            return index.map { reply(to: questions[$0]) } ?? [0]
          }
        }
      }, asks: 4)
    #expect(isAnswer(events))
  }

  @Test func whatComesFromElsewhereIsNoAnswer() {
    let events = answers { peer, other, _ in peer.serve(from: other.fd) { reply(to: $0) } }
    #expect(events.isEmpty)
  }

  @Test func anotherSPIIsNoAnswer() {
    let events = answers { peer, _, _ in
      peer.serve { question in
        var bytes = reply(to: question)
        bytes[4] ^= 1
        return bytes
      }
    }
    #expect(events.isEmpty)
  }

  @Test func whatCannotBeSentIsSaid() {
    let pinger = IKEPinger()
    let foreign = IPAddress(192, 0, 2, 1)  // not an address of this host
    let events = pinger.ask(.init(local: foreign, remote: Self.home))
    guard events.count == 1, case .ikePingNotSent(_, let errno) = events[0] else {
      Issue.record("\(events)")
      return
    }
    #expect(errno == EINVAL || errno == ENETUNREACH)
  }
}
