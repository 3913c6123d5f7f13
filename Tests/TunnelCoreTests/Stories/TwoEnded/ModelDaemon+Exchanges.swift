@testable import TunnelCore

/// How requests are sent, repeated and answered.
extension ModelDaemon {
  // MARK: Exchanges

  /// Sends the next request of an IKE SA unless one waits.
  mutating func advance(_ index: Int) {
    guard sas[index].active == nil, !sas[index].queue.isEmpty else { return }
    let next = sas[index].queue.removeFirst()
    sas[index].active = next
    sas[index].number += 1
    sas[index].tries = 0
    if case .deleteChild(let spi) = next.request {
      for place in sas[index].children.indices where sas[index].children[place].spiIn == spi {
        sas[index].children[place].state = .deleting
      }
    }
    send(index)
  }

  mutating func send(_ index: Int) {
    guard let active = sas[index].active else { return }
    let sa = sas[index]
    acts.append(
      .send(IKEMessage(pair: sa.pair, number: sa.number, body: .request(active.request))))
    acts.append(.repeatLater(sa: sa.id, number: sa.number, Self.waits[sa.tries]))
  }

  /// The time to repeat a request has come.
  mutating func repeatRequest(_ id: UInt32, _ number: UInt32, at now: Instant) {
    guard let index = sas.firstIndex(where: { $0.id == id }), sas[index].number == number,
      sas[index].active != nil
    else { return }
    sas[index].tries += 1
    guard sas[index].tries == Self.waits.count else { return send(index) }
    let names = sas[index].state == "ESTABLISHED" ? sas[index].children.map(\.name) : []
    remove(index)
    if dpdAction == "start" { for name in names { initiate(name, at: now) } }
  }

  mutating func askWhenIdle(at now: Instant) {
    guard dpdDelay > 0 else { return }
    for index in sas.indices
    where sas[index].active == nil
      && sas[index].heardAt.duration(to: now) >= .seconds(Int64(dpdDelay))
    {
      sas[index].queue.append(Exchange(request: .liveness))
      advance(index)
    }
  }

  /// An IKE SA and all of its children go.
  mutating func remove(_ index: Int) {
    let sa = sas.remove(at: index)
    for child in sa.children { acts.append(.uninstall(child)) }
    acts += [.say(.ikeDown(listed(sa))), .say(.changed)]
  }

  /// - Parameter old: the SPI of the child that it takes the place of, whose name it keeps.
  mutating func install(_ child: Child, insteadOf old: UInt32? = nil, in index: Int) {
    let elder = sas[index].children.first { old != nil && ($0.spiIn == old || $0.spiOut == old) }
    var child = child
    child.suffix = elder?.suffix ?? suffix
    sas[index].children.append(child)
    acts += [.install(child), .say(.exchanged(ikeID: sas[index].id)), .say(.changed)]
  }

  mutating func uninstall(spiIn: UInt32? = nil, spiOut: UInt32? = nil, in index: Int) -> Child? {
    let place = sas[index].children.firstIndex { $0.spiIn == spiIn || $0.spiOut == spiOut }
    guard let place else { return nil }
    let child = sas[index].children.remove(at: place)
    acts += [.uninstall(child), .say(.changed)]
    return child
  }

  mutating func isNews(_ pair: UInt64) -> Bool { known.insert(pair).inserted }
}
