/// The record that plans carry.
extension GateController {
  /// All that must survive the agent's death.
  mutating func record(with memory: PathMemory) -> GateRecord {
    var record = routes.record
    record.answered = memory.answered
    record.failed = memory.failures
    return record
  }

  /// Puts on disk what is not there yet.
  mutating func writeRecord(with memory: PathMemory, _ out: inout Outbox) {
    let record = record(with: memory)
    if disk.mustTake(record) { write(record, for: RouteGuard.nobody, &out) }
  }

  mutating func write(_ record: GateRecord, for link: String, _ out: inout Outbox) {
    send(GatePlan(link: link, recordBefore: record, steps: []), writing: record, &out)
  }

  /// Sends a plan, with what its record differs by from that of the last one that had one.
  mutating func send(
    _ plan: GatePlan, writing record: GateRecord?, _ out: inout Outbox
  ) {
    var plan = plan
    if let record {
      plan.changes = GateRecord.Changes(
        links: routes.takeChangedSincePlan(), tunnels: disk.takes(record))
      // What it says besides while the steps are taken goes by the next one.
      if plan.recordAfter == nil, plan.recordBefore?[plan.link] != record[plan.link] {
        routes.mustSay(of: plan.link)
      }
    }
    out.send(.gate(.change(plan)))
  }
}
