import Testing

@testable import TunnelCore

/// `Table` against a dictionary and a list, which say the same more slowly.
@Suite struct TableTests {
  private struct Model {
    var values: [TunnelID: String] = [:]
    var order: [TunnelID] = []
  }

  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func behavesAsADictionaryWithAnOrder(seed: UInt64) {
    var random = SplitMix64(state: seed)
    var table = Table<TunnelID, String>()
    var model = Model()
    var last = 0
    for _ in 0..<600 {
      let known = model.order.randomElement(using: &random)
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<4:
        // Numbers rise, but not always by one.
        last += Int.random(in: 1...20, using: &random)
        let id = TunnelID(rawValue: last)
        table[id] = "new"
        (model.values[id], model.order) = ("new", model.order + [id])
      case 4..<6:
        guard let known else { continue }
        table[known]?.append("x")
        model.values[known]?.append("x")
      case 6:
        guard let known else { continue }
        #expect(table.with(known) { $0 = "changed" } != nil)
        model.values[known] = "changed"
      case 7..<9:
        guard let known else { continue }
        #expect(table.removeValue(forKey: known) == model.values.removeValue(forKey: known))
        model.order.removeAll { $0 == known }
      default:
        table.sort { $0 < $1 }
        let values = model.values
        // The library's sort is stable, and so is the table's.
        model.order.sort { values[$0] ?? "" < values[$1] ?? "" }
      }
      let absent = TunnelID(rawValue: Int.random(in: 0...last + 5, using: &random))
      #expect(table[absent] == model.values[absent])
      #expect(table.contains(absent) == (model.values[absent] != nil))
    }
    #expect(table.keys == model.order)
    #expect(Array(table.values) == model.order.map { model.values[$0] })
    #expect(table.count == model.order.count)
    for id in model.order { #expect(table.with(id) { $0.count } == model.values[id]?.count) }
  }

  /// Tunnels that come and go for years leave nothing behind.
  @Test func holesAreFilled() {
    var table = Table<MonitorID, Int>()
    for number in 0..<100_000 {
      table[MonitorID(rawValue: UInt32(number))] = number
      if number >= 3 { table[MonitorID(rawValue: UInt32(number - 3))] = nil }
    }
    #expect(table.count == 3)
    #expect(Array(table.values) == [99_997, 99_998, 99_999])
  }

  /// The last number of 32 bits is one as any other.
  @Test func theLargestNumbers() {
    var table = Table<MonitorID, Int>()
    for number in UInt32.max - 40...UInt32.max { table[MonitorID(rawValue: number)] = 1 }
    #expect(table.count == 41)
    #expect(table[MonitorID(rawValue: .max)] == 1)
    #expect(table[MonitorID(rawValue: 0)] == nil)
  }
}
