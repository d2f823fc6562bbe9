// The quantile of Student's distribution that intervals of 95 % need.

/// The point above which Student's distribution has 2.5 %.
///
/// Newton's method on Simpson's rule, to at least 9 digits. No function of a C library is called, whose last digits differ
/// from one machine to the next.
package func studentQuantile(degreesOfFreedom: Int) -> Double {
  precondition(degreesOfFreedom > 0)
  let scale = studentScale(degreesOfFreedom)
  func density(_ t: Double) -> Double {
    let base = 1 / (1 + t * t / Double(degreesOfFreedom))
    let whole = power(base, (degreesOfFreedom + 1) / 2)
    return scale * (degreesOfFreedom % 2 == 0 ? whole * base.squareRoot() : whole)
  }
  func aboveZero(_ t: Double) -> Double {
    let steps = 2000
    let width = t / Double(steps)
    var sum = density(0) + density(t)
    for step in 1..<steps { sum += density(Double(step) * width) * (step % 2 == 1 ? 4 : 2) }
    return sum * width / 3
  }
  // From below the point, where the density falls, Newton's steps do not pass it.
  var t = normalQuantile
  for _ in 0..<40 {
    let step = (0.475 - aboveZero(t)) / density(t)
    t += step
    if abs(step) < 1e-12 { break }
  }
  return t
}

/// The point above which the normal distribution has 2.5 %.
let normalQuantile = 1.959963984540054

/// The density at 0: gamma((n + 1) / 2) / (gamma(n / 2) sqrt(n pi)).
private func studentScale(_ degreesOfFreedom: Int) -> Double {
  // The ratio of gammas grows by (n + 1) / n from n to n + 2.
  var ratio = degreesOfFreedom % 2 == 1 ? 1 / Double.pi.squareRoot() : Double.pi.squareRoot() / 2
  var n = degreesOfFreedom % 2 == 1 ? 1 : 2
  while n < degreesOfFreedom {
    ratio *= Double(n + 1) / Double(n)
    n += 2
  }
  return ratio / (Double(degreesOfFreedom) * Double.pi).squareRoot()
}
