// One line on a terminal that says what is being done and how far it is.

import Sedge

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Shows progress on standard error while that is a terminal; silent in a pipe.
final class ProgressDisplay {
  private let isShown = isatty(STDERR_FILENO) == 1
  private var lastText = ""

  deinit { clear() }

  /// Shows a step.
  func show(_ progress: Progress) {
    switch progress {
    case .checking(let share): show("checking values", share)
    case .folding(let share): show("folding", share)
    case .encodingText(let share): show("encoding class names", share)
    case .writing(let share): show("writing tensors", share)
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
    let text = step + (share.map { " \(percentText($0, digits: 0))" } ?? "")
    guard text != lastText else { return }
    write(Array("\r\u{1B}[K\(text)".utf8), to: STDERR_FILENO)
    lastText = text
  }
}
