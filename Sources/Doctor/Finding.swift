/// One thing that makes tunnels fail, or will, and what mends it.
public struct Finding: Hashable, Sendable {
  /// How bad it is.
  public enum Grade: String, CaseIterable, Sendable {
    /// Tunnels fail by it.
    case error
    /// Tunnels fail by it under circumstances that may come.
    case warning
    /// Good to know.
    case note
  }

  /// What mends it. Lines of the file come first, then the commands, which a shell run by root takes.
  public struct Fix: Hashable, Sendable {
    /// The file that `lines` belong at the end of; nil: none.
    public var file: String?
    /// Lines of configuration.
    public var lines: [String]
    /// Commands, one a line.
    public var commands: [String]

    /// Commands alone.
    public init(_ commands: String...) {
      file = nil
      lines = []
      self.commands = commands
    }

    /// Lines at the end of a file, and then commands.
    public init(file: String, lines: [String], commands: [String] = []) {
      self.file = file
      self.lines = lines
      self.commands = commands
    }
  }

  /// How bad it is.
  public var grade: Grade
  /// Name of the check; stable.
  public var check: String
  /// What it is about: a VPN, a link, "-" for the whole host.
  public var subject: String
  /// What was seen, with its value.
  public var seen: String
  /// What else was seen, a line each; mostly none.
  public var details: [String]
  /// What comes of it.
  public var why: String
  /// What mends it.
  public var fix: Fix

  /// A finding.
  public init(
    _ grade: Grade, _ check: String, _ subject: String, seen: String, details: [String] = [],
    why: String, fix: Fix
  ) {
    self.grade = grade
    self.check = check
    self.subject = subject
    self.seen = seen
    self.details = details
    self.why = why
    self.fix = fix
  }
}

/// What all checks come to.
public struct Diagnosis: Hashable, Sendable {
  /// Errors first, then warnings, then notes.
  public var findings: [Finding]
  /// What was not looked at, and why: one line each.
  public var unseen: [String]

  /// Judges facts by every check.
  public init(_ facts: DoctorFacts) {
    let all = DoctorFacts.checks.flatMap { $0(facts) }
    findings = Finding.Grade.allCases.flatMap { grade in all.filter { $0.grade == grade } }
    unseen = facts.unseen
  }

  /// Whether tunnels fail by one of the findings.
  public var hasError: Bool { findings.contains { $0.grade == .error } }
}
