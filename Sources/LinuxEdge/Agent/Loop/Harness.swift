import TunnelCore

/// What measures the production loop: it may say what the kernel does not, and sees each turn.
package protocol Harness: AnyObject {
  /// What the core is told in the place of an event.
  func rewritten(_ event: Event) -> Event
  /// The loop has waited and has something to do.
  func turnBegins()
  /// It has done it and is about to wait.
  func turnEnds()
}
