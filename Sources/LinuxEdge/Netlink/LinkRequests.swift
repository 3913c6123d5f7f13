import CShims
import Glibc
import TunnelCore

extension KernelRequests {
  /// Makes an XFRM interface for nothing but probes and their replies: up, without any address,
  /// bound to no device; IPv4 packets are not forwarded from it. When it cannot be brought up it
  /// does not stay.
  ///
  /// - Throws: EEXIST when the name or the if_id is in use.
  public func makeProbeLink(_ name: String, ifID: UInt32) throws(EdgeError) {
    let make = built { unsafe vpa_build_xfrm_link($0, $1, name, ifID) }
    try perform("create link", name, on: route, make)
    do throws(EdgeError) {
      let unaddressed = built { unsafe vpa_build_link_unaddressed($0, $1, name) }
      try perform("keep addresses from link", name, on: route, unaddressed, allowing: EAFNOSUPPORT)
      let up = built { unsafe vpa_build_link_for_probes($0, $1, name) }
      try perform("bring up link", name, on: route, up)
    } catch {
      try deleteLink(Int32(bitPattern: unsafe if_nametoindex(name)))
      throw error
    }
  }

  /// Deletes a link.
  public func deleteLink(_ index: Int32) throws(EdgeError) {
    let request = built { unsafe vpa_build_link_delete($0, $1, index) }
    try perform("delete link", "\(index)", on: route, request, removing: true)
  }
}
