// The running kernel as the other side: links, routes and larval SAs (ALLOCSPI) in a namespace of
// the test's own. No ESP is needed.
import CShims
import Glibc
import Testing
import TunnelCore

@testable import LinuxEdge

@Suite(.enabled(if: canMakeNamespaces, "needs root to make network namespaces"))
struct NetlinkKernelTests {
  static let near = IPAddress(192, 0, 2, 1)
  static let far = IPAddress(198, 51, 100, 2)

  /// Makes a larval SA and returns it as the kernel has it.
  static func allocate(
    _ requests: borrowing KernelRequests, spi: UInt32, mark: Mark? = nil, ifID: UInt32 = 0,
    source: IPAddress = near, destination: IPAddress = far, reqid: UInt32 = 7
  ) throws {
    var sa = vpa_sa()
    sa.key = vpa_sa_key(SAKey(destination: destination, spi: 0, mark: mark))
    sa.source = vpa_ip(source)
    sa.reqid = reqid
    sa.if_id = ifID
    sa.mode = 1
    let request = built { unsafe vpa_testing_build_allocspi($0, $1, &sa, spi) }
    try requests.perform("allocate SPI", spi.hex, on: requests.xfrm, request)
  }

  static func acquireExpires(_ seconds: Int) throws {
    try run("echo \(seconds) > /proc/sys/net/core/xfrm_acq_expires")
  }

  @Test func larvalStateIsDumpedAndFoundByItsKey() throws {
    try inNewNamespace {
      let requests = try KernelRequests()
      let mark = Mark(value: 0x42, mask: 0xffff_ffff)
      try Self.allocate(requests, spi: 0x1001, mark: mark, ifID: 9)
      let six = try #require(IPAddress("2001:db8::2"))
      try Self.allocate(
        requests, spi: 0x1002, source: try #require(IPAddress("2001:db8::1")), destination: six)
      let all = try requests.dumpSAs()
      #expect(all.count == 2)
      let key = SAKey(destination: Self.far, spi: 0x1001, mark: mark)
      let sa = try #require(try requests.securityAssociation(key))
      #expect(all.contains(sa))
      #expect(sa.key == key && sa.source == Self.near && sa.reqid == 7 && sa.ifID == 9)
      #expect(sa.isLarval && sa.algorithms.isEmpty && sa.mode == .tunnel)
      #expect(try requests.securityAssociation(SAKey(destination: six, spi: 0x1002)) != nil)
      #expect(try requests.securityAssociation(SAKey(destination: six, spi: 0x9999)) == nil)
    }
  }

  @Test func larvalStateEndsWithAHardExpire() throws {
    try inNewNamespace {
      try Self.acquireExpires(1)
      var events = try XfrmEvents()
      let requests = try KernelRequests()
      try Self.allocate(requests, spi: 0x2001, mark: Mark(value: 5, mask: 0xff))
      try awaitReadable(events.fd)
      var seen: [KernelEvent] = []
      #expect(events.read { seen.append($0) } == .drained)
      guard case .saExpired(let key, _) = seen.first else {
        throw Failure("expected a hard expire, got \(seen)")
      }
      #expect(key.spi == 0x2001 && key.mark == Mark(value: 5, mask: 0xff))
      #expect(try requests.dumpSAs().isEmpty)
    }
  }

  @Test func flushIsOneEvent() throws {
    try inNewNamespace {
      try Self.acquireExpires(3600)
      var events = try XfrmEvents()
      let requests = try KernelRequests()
      for spi in UInt32(0x3001)...0x3005 { try Self.allocate(requests, spi: spi) }
      try run("ip xfrm state flush")
      try awaitReadable(events.fd)
      var seen: [KernelEvent] = []
      #expect(events.read { seen.append($0) } == .drained)
      #expect(seen == [.saFlushed(ipProtocol: 0)] || seen == [.saFlushed(ipProtocol: 255)])
    }
  }

  @Test func deleteIsByKeyAndForgiving() throws {
    try inNewNamespace {
      try Self.acquireExpires(3600)
      var events = try XfrmEvents()
      let requests = try KernelRequests()
      let mark = Mark(value: 0xdead, mask: 0xffff_ffff)
      let marked = SAKey(destination: Self.far, spi: 0x4001, mark: mark)
      try Self.allocate(requests, spi: 0x4001, mark: mark)
      try requests.delete(SAKey(destination: Self.far, spi: 0x4001))
      #expect(try requests.dumpSAs().count == 1, "without its mark it is another SA")
      try requests.delete(marked)
      #expect(try requests.dumpSAs().isEmpty)
      try requests.delete(marked)
      try awaitReadable(events.fd)
      var seen: [KernelEvent] = []
      #expect(events.read { seen.append($0) } == .drained)
      #expect(seen == [.saDeleted(marked, SACounts())])
    }
  }

  @Test func expireTouchesOnlyTheSAThatWasMeant() throws {
    try inNewNamespace {
      try Self.acquireExpires(3600)
      let requests = try KernelRequests()
      let key = SAKey(destination: Self.far, spi: 0x5001)
      try Self.allocate(requests, spi: 0x5001)
      let sa = try #require(try requests.securityAssociation(key))
      var other = sa
      other.reqid += 1
      #expect(try requests.expire(key, checking: other) == .differs(sa))
      // The kernel expires valid SAs only, and a larval one is not valid: the request arrives.
      let error = #expect(throws: EdgeError.self) { try requests.expire(key, checking: sa) }
      #expect(error?.errno == EINVAL)
      #expect(try requests.expire(SAKey(destination: Self.far, spi: 1), checking: sa) == .gone)
    }
  }

  @Test func overrunIsReportedAfterDrainingAndADumpThenAgrees() throws {
    try inNewNamespace {
      try Self.acquireExpires(3600)
      var events = try XfrmEvents(receiveBytes: 4096)
      let requests = try KernelRequests()
      for spi in UInt32(0x6000)..<0x6080 { try Self.allocate(requests, spi: spi) }
      for spi in UInt32(0x6000)..<0x6070 {
        try requests.delete(SAKey(destination: Self.far, spi: spi))
      }
      var deleted = 0
      let outcome = events.read { if case .saDeleted = $0 { deleted += 1 } }
      #expect(outcome == .overrun)
      #expect((1..<0x70).contains(deleted))
      #expect(events.drops.overruns == 1)
      let left = Set(try requests.dumpSAs().map(\.key.spi))
      #expect(left == Set(0x6070..<0x6080))
      try requests.delete(SAKey(destination: Self.far, spi: 0x6070))
      var seen: [KernelEvent] = []
      #expect(events.read { seen.append($0) } == .drained)
      #expect(seen == [.saDeleted(SAKey(destination: Self.far, spi: 0x6070), SACounts())])
    }
  }

  @Test func whatAProcessSendsIsDropped() throws {
    try inNewNamespace {
      var events = try XfrmEvents()
      let forged = NetlinkGolden.newSA
      #expect(unsafe vpa_testing_multicast_sa(forged, forged.count) == 0)
      try awaitReadable(events.fd)
      var seen: [KernelEvent] = []
      #expect(events.read { seen.append($0) } == .drained)
      #expect(seen.isEmpty)
      #expect(events.drops.foreign == 1)
    }
  }
}
