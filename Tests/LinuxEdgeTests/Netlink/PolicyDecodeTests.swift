import CShims
import Glibc
import Testing
import TunnelCore

@testable import LinuxEdge

/// Policies: what is read of them, and which are nobody's business here.
@Suite struct PolicyDecodeTests {
  static let policy = SecurityPolicy(
    index: 145, source: IPPrefix(IPAddress(10, 1, 0, 0), length: 24),
    destination: IPPrefix(IPAddress(10, 2, 0, 0), length: 16), ipProtocol: 6, hasPorts: true,
    priority: 375423, mark: Mark(value: 0x42, mask: 0xffff_ffff), ifID: 9,
    template: .init(
      source: NetlinkDecodeTests.near, destination: NetlinkDecodeTests.far, reqid: 7))

  @Test(arguments: [
    (PolicyGolden.new, KernelEvent.policy(policy)),
    (PolicyGolden.updated, .policy(policy)),
    (PolicyGolden.deleted, .policyDeleted(index: 145)),
    (PolicyGolden.expired, .policyDeleted(index: 145)),
    (PolicyGolden.flushed, .policiesFlushed),
    (message(29, []), .policiesFlushed),
  ])
  func policies(bytes: [UInt8], event: KernelEvent) {
    #expect(decodeXfrm(bytes) == event)
  }

  @Test(arguments: [
    message(19, PolicyGolden.info() + PolicyGolden.templates + PolicyGolden.sub),
    message(19, PolicyGolden.info(direction: 3) + PolicyGolden.templates),
    message(29, PolicyGolden.sub),
  ])
  func subPoliciesAndThoseOfSocketsAreLeftOut(bytes: [UInt8]) {
    #expect(decode(VPA_NETLINK_XFRM, bytes).0 == 0)
  }

  @Test(arguments: [
    PolicyGolden.template(ipProtocol: 51), PolicyGolden.template(mode: 0), [],
  ])
  func noTemplateOfATunnel(template: [UInt8]) {
    let event = decodeXfrm(message(19, PolicyGolden.info() + attribute(5, template)))
    guard case .policy(let policy) = event else {
      Issue.record("got \(String(describing: event))")
      return
    }
    #expect(policy.template == nil && policy.mark == nil && policy.ifID == 0)
  }

  @Test func addressesOfIPv6AndATemplateThatLeavesItsOpen() throws {
    let selector = hex(
      """
      fd100002 00000000 00000000 00000000 | daddr fd10:2::
      fd100001 00000000 00000000 00000000 | saddr fd10:1::
      0000 0000 0000 0000                 | no ports
      0a00 20 20 00 000000                | family AF_INET6, both 32 bits long, any protocol
      00000000 00000000                   | ifindex, user
      """)
    var template = PolicyGolden.template()
    template.replaceSubrange(28..<32, with: [0, 0, 0, 0])
    let bytes = message(
      19, PolicyGolden.info(direction: 0, selector: selector) + attribute(5, template))
    let expected = SecurityPolicy(
      index: 145, direction: .inbound, source: try #require(IPPrefix("fd10:1::/32")),
      destination: try #require(IPPrefix("fd10:2::/32")), priority: 375423,
      template: .init(source: nil, destination: NetlinkDecodeTests.far, reqid: 7))
    #expect(decodeXfrm(bytes) == .policy(expected))
  }

  @Test(arguments: [(42, 33), (43, 33), (40, 0)])  // prefixlen_d, prefixlen_s, family
  func selectorsThatCannotBe(offset: Int, value: Int) {
    var selector = PolicyGolden.selector
    selector[offset] = UInt8(value)
    #expect(
      decode(VPA_NETLINK_XFRM, message(19, PolicyGolden.info(selector: selector))).0 == -EBADMSG)
  }
}

@Suite(.enabled(if: canMakeNamespaces, "needs root to make network namespaces"))
struct PolicyKernelTests {
  @Test func theKernelsPoliciesAreHeardAndDumped() throws {
    try inNewNamespace {
      var events = try XfrmEvents()
      let requests = try KernelRequests()
      let words = "src 10.1.0.0/24 dst 10.2.0.0/16 dir out"
      let tie = "mark 0x42 if_id 9"
      let template = "tmpl src 192.0.2.1 dst 198.51.100.2 proto esp reqid 7 mode tunnel"
      try run("ip xfrm policy add \(words) \(tie) priority 5 \(template)")
      let all = try requests.dumpPolicies()
      let policy = try #require(all.first)
      #expect(all.count == 1 && policy.priority == 5 && policy.ifID == 9 && policy.mark != nil)
      #expect(policy.template?.reqid == 7 && policy.template?.source == IPAddress(192, 0, 2, 1))
      try run("ip xfrm policy update \(words) \(tie) priority 6 \(template)")
      try run("ip xfrm policy delete \(words) \(tie)")
      try run("ip xfrm policy add \(words) \(tie) priority 5 \(template)")
      try run("ip xfrm policy flush")
      try awaitReadable(events.fd)
      var seen: [KernelEvent] = []
      #expect(events.read { seen.append($0) } == .drained)
      var updated = policy
      updated.priority = 6
      #expect(
        seen.prefix(3) == [
          .policy(policy), .policy(updated), .policyDeleted(index: policy.index),
        ])
      #expect(seen.count == 5 && seen.last == .policiesFlushed)
      #expect(try requests.dumpPolicies().isEmpty)
    }
  }
}
