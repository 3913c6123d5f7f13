/// Names and values below each other, the values in one column; what is nil is left out.
struct Fields {
  private let width: Int
  private let indent: String
  private(set) var lines: [String] = []

  init(width: Int, indent: Int) {
    self.width = width
    self.indent = String(repeating: " ", count: indent)
  }

  mutating func add(_ name: String, _ value: String?) {
    guard let value, !value.isEmpty else { return }
    let head = indent + "\(name):".padded(max(24 - indent.count, name.columns + 2))
    let hanging = String(repeating: " ", count: head.columns)
    let parts = value.wrapped(max(width - head.columns, 1), indent: "")
    lines += parts.enumerated().map { ($0 == 0 ? head : hanging) + $1 }
  }

  mutating func add(_ name: String, _ values: [String]) {
    add(name, values.joined(separator: ", "))
  }
}
