/// What one list of the daemon's says of one child, compared with the kernel.
struct ChildView: Sendable {
  /// Instances that the daemon believes in and that have to go: their SAs left the kernel, or
  /// their path is dead.
  var childrenToDelete: [ChildSA] = []
  /// Whether another instance is in the kernel both ways.
  var isWhole = false
  /// Whether an instance is on its way in or out, or an IKE SA of its connection waits for the peer.
  var isOccupied = false
  /// The IKE SA for whose peer it has to wait, unless another child of that lives. While instances
  /// have to go: one of theirs.
  var stuckIKE: UInt32?

  /// Whether the daemon has nothing of it.
  var isGone: Bool { childrenToDelete.isEmpty && !isWhole && !isOccupied }
}

/// A list of the daemon's, sorted by what has to be known of it.
struct DaemonView: Sendable {
  private(set) var childrenToDelete: [ChildName: [ChildSA]] = [:]
  private var whole: Set<ChildName> = []
  /// Children that are in the kernel both ways.
  private(set) var wholeOnes: [ChildSA] = []
  /// Of each child that has an instance of another kind, one.
  private var others: [ChildName: ChildSA] = [:]
  /// IKE SAs with a child that is in the kernel both ways.
  private var living: Set<UInt32> = []
  /// Of each connection, an IKE SA that waits for the peer.
  private var waiting: [String: UInt32] = [:]
  /// All IKE SAs that do.
  private var blocked: Set<UInt32> = []
  /// SAs that the daemon knows anything of.
  private(set) var sas: Set<SAID> = []

  /// - Parameters:
  ///   - isInKernel: whether the kernel has an SA.
  ///   - lost: numbers of INSTALLED children whose SAs it lacks for good, one or both.
  ///   - condemned: SAs whose path is dead.
  init(
    _ list: [IKESA], isInKernel: (SAID) -> Bool, lost: Set<UInt32>, condemned: Set<SAID>
  ) {
    for child in list.flatMap(\.children) {
      sas.formUnion(child.sas)
      switch child.state {
      case .deleted: continue
      case .deleting: others[child.name] = child
      case .installed, .other:
        if !condemned.isDisjoint(with: child.sas) {
          childrenToDelete[child.name, default: []].append(child)
        } else if child.state == .installed, child.sas.count == 2,
          child.sas.allSatisfy(isInKernel)
        {
          whole.insert(child.name)
          wholeOnes.append(child)
          living.insert(child.ikeID)
        } else if child.state == .installed, lost.contains(child.childID) {
          childrenToDelete[child.name, default: []].append(child)
        } else {
          others[child.name] = child
        }
      }
    }
    for ike in list where ike.isWaiting {
      waiting[ike.connection] = ike.id
      blocked.insert(ike.id)
    }
  }

  /// What it says of one child.
  subscript(name: ChildName) -> ChildView {
    let other = others[name]
    let stuck: UInt32?
    if let childrenToDelete = childrenToDelete[name] {
      stuck = childrenToDelete.map(\.ikeID).first { blocked.contains($0) && !living.contains($0) }
    } else {
      stuck = other?.state == .deleting ? other?.ikeID : waiting[name.connection]
    }
    return ChildView(
      childrenToDelete: childrenToDelete[name] ?? [], isWhole: whole.contains(name),
      isOccupied: other != nil || waiting[name.connection] != nil,
      stuckIKE: stuck.flatMap { living.contains($0) ? nil : $0 })
  }
}
