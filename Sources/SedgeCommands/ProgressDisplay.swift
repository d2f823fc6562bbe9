// One line on a terminal that says what is being done and how far it is.

import Sedge
import SedgePlatform

/// Shows progress on standard error while that is a terminal; silent in a pipe.
final class ProgressDisplay {
  private let isShown = Console.current.isTerminal && isatty(STDERR_FILENO) == 1
  private var lastText = ""
  private var lastStep = ""
  private let clock = ContinuousClock()
  private var begin = ContinuousClock().now

  deinit { clear() }

  /// Shows a step.
  ///
  /// - Throws: What the program throws that runs the command, to stop it.
  func show(_ progress: WorkProgress) throws {
    try Console.current.progress?(progress)
    let (step, share) = progress.parts
    show(step, share)
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
