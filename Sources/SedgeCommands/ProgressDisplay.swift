// One line on a terminal that says what is being done and how far it is.

import Sedge
import SedgePlatform

/// Shows progress on standard error while that is a terminal; silent in a pipe.
final class ProgressDisplay {
  private let isShown = isatty(STDERR_FILENO) == 1
  private var lastText = ""
  private var lastStep = ""
  private let clock = ContinuousClock()
  private var begin = ContinuousClock().now

  deinit { clear() }

  /// Shows a step.
  func show(_ progress: WorkProgress) {
    switch progress {
    case .checking(let share): show("checking values", share)
    case .folding(let share): show("folding", share)
    case .encodingText(let share): show("encoding class names", share)
    case .writing(let share): show("writing tensors", share)
    case .calibrating(let share): show("calibrating", share)
    case .measuringSensitivity(let share): show("measuring sensitivities", share)
    case .quantizing(let share): show("coding tensors", share)
    case .evaluating(let share): show("evaluating", share)
    case .running(let what): show("running \(what)", nil)
    }
  }

  /// Takes the line away.
  func clear() {
    guard isShown, !lastText.isEmpty else { return }
    write(Array("\r\u{1B}[K".utf8), to: STDERR_FILENO)
    lastText = ""
  }

  private func show(_ step: String, _ share: Double?) {
    guard isShown else { return }
    if step != lastStep { (lastStep, begin) = (step, clock.now) }
    let text =
      step + (share.map { " \(percentText($0, digits: 0))" } ?? "") + (share.flatMap(remainingText) ?? "")
    guard text != lastText else { return }
    write(Array("\r\u{1B}[K\(text)".utf8), to: STDERR_FILENO)
    lastText = text
  }

  /// How long a step will still take if it goes on as it has; `nil` where that is too soon to tell or not worth it.
  private func remainingText(_ share: Double) -> String? {
    let elapsed = begin.duration(to: clock.now) / .seconds(1)
    guard elapsed > 3, share > 0.02, share < 1 else { return nil }
    let remaining = elapsed * (1 - share) / share
    return remaining < 90
      ? ", \(Int((remaining / 5).rounded(.up)) * 5) s left" : ", \(Int((remaining / 60).rounded())) min left"
  }
}
