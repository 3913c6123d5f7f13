import Testing
import TunnelCore

@testable import Doctor

/// Several faults of one kind.
@Suite struct SeveralTests {
  @Test func eachMissingLinkIsOfferedAnIfIDOfItsOwn() {
    var facts = HealthyFacts.facts
    facts.links.removeAll { $0.name != "wan" }
    facts.sas = []
    let commands = Diagnosis(facts).findings.filter { $0.check == "link" }.flatMap(\.fix.commands)
    #expect(commands.map { $0.contains("if_id 42 ") } == [true, false])
    #expect(commands.map { $0.contains("if_id 43 ") } == [false, true])
  }

  /// A number that is in use is not offered.
  @Test func anIfIDInUseIsNotOffered() {
    var facts = HealthyFacts.facts
    facts.links.removeAll { $0.name == "vti0" }
    facts.links.append(Link(index: 9, name: "other", kind: .xfrm(ifID: 42)))
    facts.sas.removeFirst(2)
    let finding = Diagnosis(facts).findings.first { $0.check == "link" && $0.subject == "to-b" }
    #expect(
      finding?.fix.commands.first?.contains("if_id 43 ") == true, "\(finding?.fix.commands ?? [])")
  }

  @Test func mistakesOfAFileAreALineEach() throws {
    var facts = HealthyFacts.facts
    facts.configErrors = (1...14).map { "x.toml:\($0): vpn.a: bad" }
    let finding = try #require(Diagnosis(facts).findings.first)
    #expect(finding.seen.count < 100)
  }
}
