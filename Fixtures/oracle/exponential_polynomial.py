"""The polynomial in the kernels' exponential of softmax: fits it, prints its coefficients, and says how exact it is.

    python exponential_polynomial.py

e^r is 1 + r + r^2 q(r) on |r| <= ln 2 / 2, with a polynomial of degree 4 for q: exactly 1 at 0, the weight of the largest score.
"""
import numpy as np

DEGREE = 4
LIMIT = np.log(2) / 2
POINTS = 4000
ROUNDS = 3000


def fit(r):
    """Coefficients of q by ascending power: Lawson's algorithm, as in gelu_polynomial.py, for the relative error of e^r."""
    rows = np.stack([r ** (2 + k) for k in range(DEGREE + 1)], axis=1) / np.exp(r)[:, None]
    values = (np.exp(r) - 1 - r) / np.exp(r)
    weights = np.ones(POINTS)
    for _ in range(ROUNDS):
        root = np.sqrt(weights)
        coefficients = np.linalg.lstsq(rows * root[:, None], values * root, rcond=None)[0]
        errors = np.abs(rows @ coefficients - values)
        weights *= errors / errors.max() + 1e-12
        weights /= weights.sum()
    return coefficients


def main():
    r = LIMIT * np.cos((np.arange(POINTS) + 0.5) * np.pi / POINTS)
    coefficients = fit(r).astype(np.float32)
    for c in coefficients:
        mantissa, exponent = float(c).hex().split("p")
        print(f"{mantissa.rstrip('0')}p{int(exponent)}f")
    p = 1 + r + sum(float(c) * r ** (2 + k) for k, c in enumerate(coefficients))
    print(f"largest relative error: {np.abs(p / np.exp(r) - 1).max():.1e}")


if __name__ == "__main__":
    main()
