import Doctor
import FoundationEssentials
import TunnelCore

/// What `vpnagent doctor` prints: text, or JSON with stable keys (docs/doctor.md).
public struct DoctorReport {
  private let diagnosis: Diagnosis

  /// A report of a diagnosis.
  public init(_ diagnosis: Diagnosis) { self.diagnosis = diagnosis }

  /// For people: a paragraph for each finding.
  public var text: String {
    let found = diagnosis.findings.map { finding in
      let subject = finding.subject == "-" ? "" : " \(finding.subject)"
      return "\(finding.grade.rawValue)\(subject): \(finding.seen) [\(finding.check)]\n"
        + (finding.details + [finding.why]).map { "  \($0)\n" }.joined() + Self.text(finding.fix)
    }
    let unseen = diagnosis.unseen.map { "not checked: \($0)\n" }.joined()
    return (found.isEmpty ? "Nothing found.\n" : found.joined(separator: "\n")) + unseen
  }

  private static func text(_ fix: Finding.Fix) -> String {
    let file = fix.file.map { ["    put into \($0):"] } ?? []
    let lines = fix.lines.map { "        \($0)" }
    let commands = fix.commands.map { "    # \($0)" }
    return (file + lines + commands).map { $0 + "\n" }.joined()
  }

  private struct Stored: Encodable {
    var findings: [StoredFinding]
    var unseen: [String]

    enum CodingKeys: String, CodingKey {
      case findings
      case unseen = "not_looked_at"
    }
  }

  private struct StoredFinding: Encodable {
    var grade: String
    var check: String
    var subject: String
    var seen: String
    var details: [String]?
    var why: String
    var fix: StoredFix
  }

  private struct StoredFix: Encodable {
    var file: String?
    var lines: [String]
    var commands: [String]
  }

  /// For programs.
  public func json() -> [UInt8] {
    encoded(
      Stored(
        findings: diagnosis.findings.map { finding in
          StoredFinding(
            grade: finding.grade.rawValue, check: finding.check, subject: finding.subject,
            seen: finding.seen, details: finding.details.isEmpty ? nil : finding.details,
            why: finding.why,
            fix: StoredFix(
              file: finding.fix.file, lines: finding.fix.lines, commands: finding.fix.commands))
        }, unseen: diagnosis.unseen))
  }
}
