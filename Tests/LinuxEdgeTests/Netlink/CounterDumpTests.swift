import CShims
import Glibc
import Testing
import TunnelCore

@testable import LinuxEdge

/// The counters of all SAs, read in pieces from the running kernel.
@Suite(.enabled(if: canMakeNamespaces, "needs root to make network namespaces"))
struct CounterDumpTests {
  @Test func aLargeDumpIsReadInBoundedPieces() throws {
    try inNewNamespace {
      try NetlinkKernelTests.acquireExpires(3600)
      let requests = try KernelRequests()
      let spis = UInt32(0x10000)..<0x10bb8  // 3,000
      for spi in spis { try NetlinkKernelTests.allocate(requests, spi: spi) }
      let dump = try CounterDump()
      var (pieces, seen): ([Int], Set<UInt32>) = ([], [])
      var progress = CounterDump.Progress.goesOn
      while progress == .goesOn {
        try awaitReadable(dump.descriptor)
        let (counters, next) = dump.read()
        pieces.append(counters.count)
        seen.formUnion(counters.map(\.key.spi))
        #expect(counters.allSatisfy { $0.counts == SACounts() })
        progress = next
      }
      #expect(progress == .ended)
      #expect(seen == Set(spis))
      #expect(pieces.count > 5 && (pieces.max() ?? 0) <= 600, "\(pieces)")
    }
  }

  @Test func noSAIsAnEndAsWell() throws {
    try inNewNamespace {
      let dump = try CounterDump()
      try awaitReadable(dump.descriptor)
      let (counters, progress) = dump.read()
      #expect(counters.isEmpty && progress == .ended)
    }
  }
}
