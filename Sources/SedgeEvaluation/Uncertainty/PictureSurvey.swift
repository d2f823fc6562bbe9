// The first pass over the pictures.

/// What must be known of all pictures before they are resampled.
struct PictureSurvey {
  private(set) var pictureCount = 0
  private(set) var totals: [ClassCounts]
  /// By class: the pictures with a pixel of it in the truth.
  private(set) var picturesOfClass: [Int]
  /// By group: the pictures with a pixel of one of its classes in the truth.
  private(set) var picturesOfGroup: [Int]
  /// The pictures with a pixel of a class in the truth.
  private(set) var picturesWithTruth = 0
  private let memberships: [[Bool]]

  init(classCount: Int, groups: [[Int]]) {
    totals = Array(repeating: ClassCounts(), count: classCount)
    picturesOfClass = Array(repeating: 0, count: classCount)
    picturesOfGroup = groups.map { _ in 0 }
    memberships = groups.map { group in
      var isMember = [Bool](repeating: false, count: classCount)
      for label in group { isMember[label] = true }
      return isMember
    }
  }

  mutating func add(_ picture: SparseCounts) {
    pictureCount += 1
    for (label, counts) in picture {
      totals[label].add(counts)
      if counts.truth > 0 { picturesOfClass[label] += 1 }
    }
    if picture.contains(where: { $0.counts.truth > 0 }) { picturesWithTruth += 1 }
    for (group, isMember) in memberships.enumerated()
    where picture.contains(where: { $0.counts.truth > 0 && isMember[$0.label] }) {
      picturesOfGroup[group] += 1
    }
  }

  /// The classes that the truth has; figures need no others.
  var occurringClasses: [Int] { totals.indices.filter { totals[$0].truth > 0 } }
}

/// The counts of groups of pictures, each of which the jackknife leaves out once.
///
/// Up to 1,024 pictures are a group each. Of more pictures, as many go into one group as make at most 1,024.
struct JackknifeCounts {
  private(set) var pictureCount = 0
  private let groupCount: Int
  private let classCount: Int
  private var counts: [ClassCounts]

  init(classCount: Int, pictureCount: Int) {
    let size = (pictureCount + 1023) / 1024
    groupCount = (pictureCount + size - 1) / size
    self.classCount = classCount
    counts = Array(repeating: ClassCounts(), count: groupCount * classCount)
  }

  mutating func add(_ picture: SparseCounts) {
    let row = pictureCount % groupCount * classCount
    for entry in picture { counts[row + entry.label].add(entry.counts) }
    pictureCount += 1
  }

  /// Calls `body` with the totals less each group of pictures in turn.
  func forEach(totals: [ClassCounts], _ body: (ArraySlice<ClassCounts>) -> Void) {
    var rest = totals
    for row in 0..<groupCount {
      for label in rest.indices { rest[label].add(counts[row * classCount + label], times: -1) }
      body(rest[...])
      for label in rest.indices { rest[label].add(counts[row * classCount + label]) }
    }
  }
}
