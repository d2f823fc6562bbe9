// The words for steps of long work.

package import SedgeTensor

extension WorkProgress {
  /// What is being done, and how much of it is done; no share where that is not known.
  package var parts: (step: String, share: Double?) {
    switch self {
    case .checking(let share): ("checking values", share)
    case .folding(let share): ("folding", share)
    case .encodingText(let share): ("encoding class names", share)
    case .writing(let share): ("writing tensors", share)
    case .calibrating(let share): ("calibrating", share)
    case .measuringSensitivity(let share): ("measuring sensitivities", share)
    case .quantizing(let share): ("coding tensors", share)
    case .evaluating(let share): ("evaluating", share)
    case .running(let what): ("running \(what)", nil)
    }
  }
}
