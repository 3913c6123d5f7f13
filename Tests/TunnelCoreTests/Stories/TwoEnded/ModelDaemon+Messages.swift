@testable import TunnelCore

/// What comes from the peer.
extension ModelDaemon {
  mutating func receive(_ message: IKEMessage, at now: Instant) {
    guard isRunning else { return }
    switch message.body {
    case .request(let request): answer(request, message, at: now)
    case .answer(let spi): complete(message, spi, at: now)
    }
  }

  /// Something came through an SA of the peer's.
  mutating func hear(spi: UInt32, at now: Instant) {
    guard isRunning, let (index, _) = find({ $0.spiIn == spi }) else { return }
    sas[index].heardAt = now
  }

  private mutating func answer(
    _ request: IKEMessage.Request, _ message: IKEMessage, at now: Instant
  ) {
    guard let index = sas.firstIndex(where: { $0.pair == message.pair }) else {
      // Of an IKE SA that it does not know it says nothing.
      if case .establish(let name, let spi, let isInitialContact) = request {
        accept(name, spi, isInitialContact, message, at: now)
      }
      return
    }
    sas[index].heardAt = now
    if let last = sas[index].answered, message.number <= last.number {
      if message.number == last.number { reply(message, last.body) }
      return
    }
    let body = IKEMessage.Body.answer(spi: perform(request, in: index, at: now))
    reply(message, body)
    if let place = sas.firstIndex(where: { $0.pair == message.pair }) {
      sas[place].answered = (message.number, body)
    }
  }

  private mutating func reply(_ message: IKEMessage, _ body: IKEMessage.Body) {
    acts.append(.send(IKEMessage(pair: message.pair, number: message.number, body: body)))
  }

  /// INITIAL_CONTACT makes it forget what it has with this peer.
  private mutating func accept(
    _ name: String, _ spi: UInt32, _ isInitialContact: Bool, _ message: IKEMessage,
    at now: Instant
  ) {
    guard isNews(message.pair) else { return }
    guard !isEmpty, children.contains(name) else { return reply(message, .answer(spi: nil)) }
    if isInitialContact { while !sas.isEmpty { remove(0) } }
    sas.append(
      SA(
        id: newID(), pair: message.pair, connection: connection, isInitiator: false,
        state: "ESTABLISHED", heardAt: now))
    let mine = newSPI()
    install(Child(id: newID(), name: name, spiIn: mine, spiOut: spi), in: sas.count - 1)
    let body = IKEMessage.Body.answer(spi: mine)
    sas[sas.count - 1].answered = (message.number, body)
    reply(message, body)
  }

  private mutating func perform(
    _ request: IKEMessage.Request, in index: Int, at now: Instant
  ) -> UInt32? {
    switch request {
    case .establish, .liveness: return nil
    case .createChild(let name, let spi, let replaced):
      guard children.contains(name) else { return nil }
      let mine = newSPI()
      for place in sas[index].children.indices
      where replaced != nil && sas[index].children[place].spiOut == replaced {
        sas[index].children[place].state = .other("REKEYED")
      }
      install(
        Child(id: newID(), name: name, spiIn: mine, spiOut: spi), insteadOf: replaced, in: index)
      return mine
    case .deleteChild(let spi):
      let child = uninstall(spiOut: spi, in: index)
      if let child, child.state == .installed, closeAction == "start" {
        initiate(child.name, at: now)
      }
      return nil
    case .deleteIKE:
      let names = sas[index].children.map(\.name)
      sas[index].state = "DELETING"
      remove(index)
      if closeAction == "start" { for name in names { initiate(name, at: now) } }
      return nil
    }
  }

  // MARK: Answers

  private mutating func complete(_ message: IKEMessage, _ spi: UInt32?, at now: Instant) {
    guard let index = sas.firstIndex(where: { $0.pair == message.pair }),
      sas[index].number == message.number, let done = sas[index].active
    else { return }
    sas[index].heardAt = now
    sas[index].active = nil
    switch done.request {
    case .establish(let name, let mine, _):
      guard let spi else { return remove(index) }
      sas[index].state = "ESTABLISHED"
      install(Child(id: newID(), name: name, spiIn: mine, spiOut: spi), in: index)
    case .createChild(let name, let mine, let replaced):
      if let spi {
        install(
          Child(id: newID(), name: name, spiIn: mine, spiOut: spi), insteadOf: replaced, in: index)
        if let replaced { retire(replaced, in: index) }
      }
    case .deleteChild(let spi):
      _ = uninstall(spiIn: spi, in: index)
      if let name = done.recreates { initiate(name, at: now) }
    case .deleteIKE: return remove(index)
    case .liveness: break
    }
    if let place = sas.firstIndex(where: { $0.pair == message.pair }) { advance(place) }
  }

  /// A rekeyed child is deleted by who rekeyed it.
  private mutating func retire(_ spi: UInt32, in index: Int) {
    for place in sas[index].children.indices where sas[index].children[place].spiIn == spi {
      sas[index].children[place].state = .other("REKEYED")
    }
    sas[index].queue.append(Exchange(request: .deleteChild(spi: spi)))
  }
}
