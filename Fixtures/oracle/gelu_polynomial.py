"""The polynomials in the kernels' GELU: fits one, prints its coefficients, and says how exact float32 is with it.

    python gelu_polynomial.py
    python gelu_polynomial.py --degree 8 --limit 4.2    # the coarse one, before values are coded in bytes

GELU is x (1/2 + x q(x^2)), where x q(x^2) is the normal distribution less 1/2. With a polynomial of degree 15 for q, in x^2
scaled to -1..1, the distribution is off by at most 9e-9 on |x| <= 5.5; beyond, it is 0 or 1 to float32.
"""
import argparse
import math

import numpy as np
from numpy.polynomial import chebyshev

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--degree", type=int, default=15)
parser.add_argument("--limit", type=float, default=5.5)
arguments = parser.parse_args()

DEGREE = arguments.degree
LIMIT = arguments.limit
POINTS = 4000
ROUNDS = 100


def half_distribution(x):
    """(normal distribution of x - 1/2) / x, in float64."""
    return 0.5 * math.erf(x / math.sqrt(2)) / x


def fit():
    """Coefficients by ascending power of s = 2 x^2 / LIMIT^2 - 1, and the largest error of the distribution.

    Lawson's algorithm: least squares, weighted anew by the errors until they are even. Errors count times |x|, which is how
    they enter the distribution; near 0, where that vanishes, times 0.3.
    """
    s = np.cos((np.arange(POINTS) + 0.5) * np.pi / POINTS)
    x = LIMIT * np.sqrt((s + 1) / 2)
    values = np.array([half_distribution(v) for v in x])
    size = np.maximum(x, 0.3)
    powers = chebyshev.chebvander(s, DEGREE)
    weights = np.ones(POINTS)
    for _ in range(ROUNDS):
        row = np.sqrt(weights) * size
        coefficients = np.linalg.lstsq(powers * row[:, None], values * row, rcond=None)[0]
        errors = np.abs(powers @ coefficients - values) * size
        weights *= errors + 1e-15
        weights /= weights.sum()
    return chebyshev.cheb2poly(coefficients), errors.max()


def multiply_add(a, b, c):
    """a b + c, rounded once to float32."""
    return (a.astype(np.float64) * b + c).astype(np.float32)


def gelu(x, coefficients):
    """As the kernels compute it, step by step in float32."""
    z = np.clip(x, np.float32(-LIMIT), np.float32(LIMIT))
    s = multiply_add(z * z, np.float32(2 / LIMIT**2), np.float32(-1))
    p = np.full_like(s, coefficients[-1])
    for c in coefficients[-2::-1]:
        p = multiply_add(p, s, c)
    return x * multiply_add(z, p, np.float32(0.5))


def main():
    polynomial, error = fit()
    coefficients = polynomial.astype(np.float32)
    for c in coefficients:
        print(f"{hexadecimal(float(c))}f")
    print(f"largest error of the distribution: {error:.1e}")
    x = np.linspace(-7, 7, 40001).astype(np.float32)
    exact = np.array([0.5 * v * (1 + math.erf(v / math.sqrt(2))) for v in x.astype(np.float64)])
    errors = np.abs(gelu(x, coefficients) - exact)
    print(f"largest error of GELU in float32: {errors.max():.1e}, at {x[errors.argmax()]:.3f}")


def hexadecimal(value):
    """A C literal without trailing zeros."""
    mantissa, exponent = value.hex().split("p")
    return mantissa.rstrip("0") + "p" + str(int(exponent))


if __name__ == "__main__":
    main()
