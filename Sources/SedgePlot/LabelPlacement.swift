// Placement of point labels without overlap.

/// Finds free places for labels, one after another.
struct LabelPlacement {
  /// What is left free between names.
  private static let gap = 2.5

  private let frame: Box
  private let lines: [Segment]
  private var taken: [Box]

  /// - Parameters:
  ///   - frame: What names must not leave.
  ///   - markers: What names must not cover.
  ///   - lines: What names should not cover.
  init(frame: Box, markers: [Box], lines: [Segment]) {
    self.frame = frame
    self.lines = lines
    taken = markers
  }

  /// Room for a name of a size close to a place, which is then taken; `nil` where there is none.
  ///
  /// - Parameter distance: From the place to the name.
  mutating func box(near place: Place, width: Double, height: Double, distance: Double) -> Box? {
    let (near, far) = (distance, distance * 2)
    let slant = distance * 0.7
    // Above and to the right first: curves that fall from left to right leave most room there.
    let centers = [
      (slant + width / 2, -slant - height / 2), (near + width / 2, 0), (0, -near - height / 2),
      (-slant - width / 2, slant + height / 2), (0, near + height / 2), (-near - width / 2, 0),
      (slant + width / 2, slant + height / 2), (-slant - width / 2, -slant - height / 2),
      (far + width / 2, -far - height / 2), (-far - width / 2, far + height / 2), (0, -far - height / 2),
      (0, far + height / 2),
    ]
    var best: (box: Box, crossings: Int)?
    for (dx, dy) in centers {
      let (x, y) = (place.x + dx, place.y + dy)
      let box = Box(left: x - width / 2, top: y - height / 2, right: x + width / 2, bottom: y + height / 2)
      let room = Box(
        left: box.left - Self.gap, top: box.top, right: box.right + Self.gap, bottom: box.bottom)
      guard frame.contains(box), !taken.contains(where: room.overlaps) else { continue }
      let crossings = lines.count { box.meets($0) }
      if crossings < best?.crossings ?? .max { best = (box, crossings) }
    }
    if let best { taken.append(best.box) }
    return best?.box
  }
}
