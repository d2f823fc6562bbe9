// Shapes that differ in dimensions of 1 alone.

/// Whether two shapes have the same elements in the same order: they are equal except for dimensions of 1.
///
/// Dimensions of 1 move no element, so a vector may be stored as N x 1, 1 x N or N x 1 x 1, and the
/// matrix of a linear layer as a convolution of 1 x 1.
package func isSameOrder(_ a: [Int], _ b: [Int]) -> Bool { a.filter { $0 != 1 } == b.filter { $0 != 1 } }
