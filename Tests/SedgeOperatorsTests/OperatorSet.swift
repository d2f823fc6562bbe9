// The implementations of the operators, as arguments of tests.

import SedgeOperators
import Testing

/// The reference operators, and the accelerated operators of each kernel set that this processor supports.
let operatorSets: [OperatorSet] =
  [OperatorSet(kernels: nil)] + Kernels.available.map { OperatorSet(kernels: $0) }

/// One implementation of the operators.
struct OperatorSet: Sendable, CustomTestStringConvertible {
  /// The kernels; `nil` for the reference operators.
  var kernels: Kernels?

  var testDescription: String { kernels?.name ?? "reference" }

  /// The operators.
  var operators: any Operators { operators(threads: nil) }

  /// The operators again, and on several numbers of threads.
  var variants: [any Operators] {
    kernels == nil ? [operators] : [1, 2, 3, 5].map { operators(threads: $0) }
  }

  private func operators(threads: Int?) -> any Operators {
    kernels.map { AcceleratedOperators(kernels: $0, threads: threads) } ?? ReferenceOperators()
  }
}

extension Kernels: CustomTestStringConvertible {
  package var testDescription: String { name }
}

/// All pairs of elements of two lists.
func pairs<A, B>(_ a: [A], _ b: [B]) -> [(A, B)] { a.flatMap { a in b.map { (a, $0) } } }
