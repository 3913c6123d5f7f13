/// Which columns of the table there is room for, and how wide they are.
///
/// Long names, addresses and events are cut before anything is left out; then the least important
/// columns go, always in the same order. The tunnel's name, its state and whether its link is in service
/// stay at any width. IN/OUT, TEMPLATE and FAILURES are there when everything else is there whole.
struct StatusLayout {
  /// Those that go when there is no room, the first one first.
  private static let order: [StatusColumn] = [
    .event, .history, .gateway, .link, .loss, .rtt, .since, .mon,
  ]
  private static let gap = 2

  /// Width of each column that is shown.
  private let widths: [(column: StatusColumn, width: Int)]

  /// - Parameters:
  ///   - rows: all that are to stand below each other.
  ///   - width: columns of the screen.
  ///   - wanted: what may be shown at all.
  ///   - usual: room that columns take even where no cell needs it.
  init(
    _ rows: some Sequence<StatusRow>, width: Int, wanted: Set<StatusColumn>,
    usual: [StatusColumn: Int] = [:]
  ) {
    let natural = Self.natural(rows, usual)
    func full(_ column: StatusColumn) -> Int { natural[column.rawValue] }
    func least(_ column: StatusColumn) -> Int {
      min(full(column), column.least ?? full(column))
    }
    func total(_ columns: Set<StatusColumn>, _ each: (StatusColumn) -> Int) -> Int {
      columns.reduce(-Self.gap) { $0 + each($1) + Self.gap }
    }

    let extras: [StatusColumn] = [.traffic, .template, .failures]
    var shown = wanted.subtracting(extras)
    for column in Self.order where total(shown, least) > width { shown.remove(column) }
    for column in extras where wanted.contains(column) {
      if total(shown.union([column]), full) <= width { shown.insert(column) }
    }

    var spare = max(width - total(shown, least), 0)
    var more: [StatusColumn: Int] = [:]
    // Links have fifteen characters at most; events are as long as there is room.
    for column in [StatusColumn.link] + StatusColumn.allCases
    where shown.contains(column) && more[column] == nil {
      more[column] = min(full(column) - least(column), spare)
      spare -= more[column] ?? 0
    }
    let widths = StatusColumn.allCases.filter(shown.contains).map { column in
      (column: column, width: least(column) + (more[column] ?? 0))
    }
    self.widths = widths
  }

  /// What each column takes when nothing is cut.
  static func natural(
    _ rows: some Sequence<StatusRow>, _ usual: [StatusColumn: Int]
  ) -> [Int] {
    var natural = StatusColumn.allCases.map { max($0.title.columns, usual[$0] ?? 0) }
    for row in rows {
      for (index, cell) in row.cells.enumerated() {
        natural[index] = max(natural[index], cell.columns)
      }
    }
    return natural
  }

  func line(_ row: StatusRow) -> String {
    let cells = widths.map { $0.column.fit(row[$0.column], $0.width).padded($0.width) }
    return cells.joined(separator: String(repeating: " ", count: Self.gap)).trimmed
  }

  /// Whether a row's cell is there, and not cut.
  func showsWhole(_ column: StatusColumn, of row: StatusRow) -> Bool {
    widths.contains { $0.column == column && $0.width >= row[column].columns }
  }
}
