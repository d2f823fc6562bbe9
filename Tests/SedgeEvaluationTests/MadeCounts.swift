// Counts and labels that the Python oracle makes alike.

import SedgeEvaluation

/// A linear congruential generator; Scripts/evaluation_oracle.py has the same.
struct MadeNumbers {
  private var state: Int

  init(seed: Int) { state = seed }

  mutating func next() -> Int {
    state = (state * 1_103_515_245 + 12345) % (1 << 31)
    return state >> 16
  }
}

/// A confusion in which the truth lacks every seventh class from the fourth on.
func madeConfusion(classCount: Int, seed: Int) -> SparseConfusion {
  var numbers = MadeNumbers(seed: seed)
  var cells: [SparseConfusion.Cell] = []
  for predicted in 0..<classCount {
    for truth in 0...classCount {
      let number = numbers.next()
      if truth % 7 == 3 { continue }
      let count = predicted == truth ? number * 40 + 1 : number % 5 == 0 ? number % 977 : 0
      if count > 0 { cells.append(.init(predicted: predicted, truth: truth, count: count)) }
    }
  }
  return SparseConfusion(cells: cells)
}

/// A picture without boundaries.
func picture(_ confusion: SparseConfusion) -> PictureCounts {
  PictureCounts(confusion: confusion, boundaries: [])
}

/// The totals of one picture.
func totals(_ confusion: SparseConfusion, classCount: Int) -> ClassTotals {
  var totals = ClassTotals(classCount: classCount)
  totals.add(picture(confusion))
  return totals
}
