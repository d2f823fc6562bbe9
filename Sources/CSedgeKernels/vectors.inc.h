// Vectors of any length, and elementwise functions.

typedef float vec __attribute__((ext_vector_type(LANES), aligned(4)));
typedef int32_t ivec __attribute__((ext_vector_type(LANES), aligned(4)));
typedef float vec8 __attribute__((ext_vector_type(8), aligned(4)));
typedef float vec4 __attribute__((ext_vector_type(4), aligned(4)));

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")
/// How far ahead weights are prefetched, in floats.
#define AHEAD 2048
/// 1.5 * 2^23: the sum of it and a float of magnitude below 2^22 lies in 2^23...2^24, where neighbouring floats are 1 apart, so
/// the addition rounds to the nearest integer, ties to even; the low bits of the sum are that integer.
#define ROUND_TO_INTEGER 0x1.8p23f

INLINE vec splat(float x) { return (vec)(x); }
INLINE vec load(const float *p) { return *(const vec *)p; }
INLINE void store(float *p, vec v) { *(vec *)p = v; }
/// The larger of `limit` and `x`; x where it is not a number.
INLINE vec at_least(vec limit, vec x) { return limit > x ? limit : x; }
INLINE vec at_most(vec limit, vec x) { return limit < x ? limit : x; }

INLINE ivec as_integers(vec v) { return (ivec)v; }
INLINE vec as_floats(ivec v) { return (vec)v; }

typedef int32_t four_bytes __attribute__((aligned(1)));
typedef int32_t unaligned_ivec __attribute__((ext_vector_type(LANES), aligned(1)));

typedef uint16_t bf16_vec __attribute__((ext_vector_type(LANES), aligned(2)));

#if !defined(DOT4_INT8)
/// Adds to each sum the dot product of four inputs, 0...255, and four weights.
INLINE ivec dot4_int8(ivec sum, ivec bytes, ivec weights) {
  UNROLL for (int i = 0; i < 4; i++) sum += ((bytes >> (8 * i)) & 255) * ((weights << (24 - 8 * i)) >> 24);
  return sum;
}
#endif

/// The sum of a vector, pairwise.
INLINE float sum(vec v) {
#if LANES == 16
  vec8 half = v.lo + v.hi;
  vec4 quarter = half.lo + half.hi;
#elif LANES == 8
  vec4 quarter = v.lo + v.hi;
#else
  vec4 quarter = v;
#endif
  return (quarter.x + quarter.z) + (quarter.y + quarter.w);
}

/// The first `n` floats at `p`; zeros after them.
INLINE vec load_part(const float *p, size_t n) {
  float x[LANES] = {0};
  for (size_t i = 0; i < n; i++) x[i] = p[i];
  return load(x);
}

INLINE void store_part(float *p, vec v, size_t n) {
  float x[LANES];
  store(x, v);
  for (size_t i = 0; i < n; i++) p[i] = x[i];
}

/// e^x to 1e-7 of it: 2^n times a polynomial on |x| <= ln 2 / 2.
INLINE vec exponential(vec x) {
  x = at_least(splat(-87), at_most(splat(88), x));
  const vec round = splat(ROUND_TO_INTEGER);
  vec shifted = x * splat(1.44269504f) + round;
  vec n = shifted - round;
  vec r = x - n * splat(0.693145751953125f);
  r = r - n * splat(1.42860677e-6f);
  vec p = splat(1.0f / 5040);
  p = p * r + splat(1.0f / 720);
  p = p * r + splat(1.0f / 120);
  p = p * r + splat(1.0f / 24);
  p = p * r + splat(1.0f / 6);
  p = p * r + splat(0.5f);
  p = p * r + splat(1.0f);
  p = p * r + splat(1.0f);
  ivec exponent = (as_integers(shifted) + 127) << 23;
  return p * as_floats(exponent);
}

/// e^x for x <= 0, a weight of softmax, to 4e-9 of it and the roundings; 0 below e^-64: products with smaller weights may be subnormal,
/// which is slow.
///
/// 2^n times 1 + r + r^2 q(r), q minimax on |r| <= ln 2 / 2 (Fixtures/oracle/exponential_polynomial.py).
INLINE vec decay(vec x) {
  // The low bits of the sum are n + 127.
  const vec round = splat(ROUND_TO_INTEGER + 127);
  const vec shifted = x * splat(1.44269504f) + round;
  const vec r = x - (shifted - round) * splat(0.69314718f);
  vec p = splat(0x1.6a244cp-10f);
  p = p * r + splat(0x1.1239d4p-7f);
  p = p * r + splat(0x1.5558f2p-5f);
  p = p * r + splat(0x1.555492p-3f);
  p = p * r + splat(0x1.fffffcp-2f);
  p = p * r + splat(1);
  p = p * r + splat(1);
  const vec power = as_floats(as_integers(shifted) << 23);
  return x < splat(-64) ? splat(0) : p * power;
}

/// x times the normal distribution: x/2 (1 + erf(x / sqrt 2)).
///
/// The distribution less 1/2 is x times a polynomial in x^2, minimax on |x| <= 5.5 with an error of 9e-9
/// (Fixtures/oracle/gelu_polynomial.py); beyond, it is 1/2 in float32.
INLINE vec gelu(vec x) {
  static const float coefficients[] = {
      0x1.07463cp-3f, -0x1.06d992p-4f, 0x1.87111ap-5f, -0x1.3dca72p-5f, 0x1.06b778p-5f, -0x1.aac402p-6f,
      0x1.4db1eep-6f, -0x1.eb9ae6p-7f, 0x1.4edc52p-7f, -0x1.be39a0p-8f, 0x1.2fdf2cp-8f, -0x1.3f628ap-9f,
      0x1.72f2ccp-11f, -0x1.0db74ap-11f, 0x1.4d478ep-11f, -0x1.f9a434p-13f};
  vec z = at_least(splat(-5.5f), at_most(splat(5.5f), x));
  vec s = z * z * splat(2 / 30.25f) - splat(1);
  vec p = splat(coefficients[15]);
  UNROLL for (int i = 14; i >= 0; i--) p = p * s + splat(coefficients[i]);
  return x * (z * p + splat(0.5f));
}

/// GELU to 4e-5, with a polynomial on |x| <= 4.2: for values that are rounded to int8 or bfloat16 next, whose steps are far
/// larger.
INLINE vec coarse_gelu(vec x) {
  static const float coefficients[] = {0x1.57c4fcp-3f,  -0x1.4dbe82p-4f, 0x1.c93598p-5f, -0x1.3f458cp-5f, 0x1.9a14a6p-6f,
                                       -0x1.be7bd6p-7f, 0x1.07976ep-7f,  -0x1.7fbb96p-8f, 0x1.25972ep-9f};
  vec z = at_least(splat(-4.2f), at_most(splat(4.2f), x));
  vec s = z * z * splat(2 / 17.64f) - splat(1);
  vec p = splat(coefficients[8]);
  UNROLL for (int i = 7; i >= 0; i--) p = p * s + splat(coefficients[i]);
  return x * (z * p + splat(0.5f));
}

/// 1 / (1 + e^-x); 0 where e^-x overflows.
INLINE vec logistic(vec x) { return x < splat(-88) ? splat(0) : splat(1) / (splat(1) + exponential(-x)); }

/// x / (1 + e^-1.702x), an approximation of GELU by its authors that OpenAI's models are trained with.
INLINE vec quick_gelu(vec x) { return x * logistic(splat(1.702f) * x); }

INLINE vec shifted_elu(vec x) { return x > splat(0) ? x + splat(1) : exponential(x); }
