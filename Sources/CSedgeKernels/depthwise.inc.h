// Depthwise convolution, line by line.

/// A pointer moved on, in a way that keeps the compiler from computing all of a loop's pointers beforehand, for which
/// there are too few registers.
#define STEP(POINTER, COUNT)                \
  ({                                        \
    const float *moved = (POINTER) + (COUNT); \
    __asm__("" : "+r"(moved));              \
    moved;                                  \
  })

/// `width` neighbouring pixels, one vector of channels; `kernel` columns of weights stay in registers.
///
/// is_inside: whether no pixel looks beyond the line's ends.
INLINE void depthwise_block(const long kernel, const long width, const int is_inside, const float *image, long height,
                            long image_width, long channels, long y, long x, const float *weights, vec bias,
                            vec *total) {
  const long reach = kernel / 2;
  UNROLL for (long i = 0; i < width; i++) total[i] = bias;
  for (long ky = 0; ky < kernel; ky++) {
    const long line = y + ky - reach;
    if (line < 0 || line >= height) continue;
    const float *source = image + (line * image_width + x - reach) * channels;
    const float *taps = weights + ky * kernel * channels;
    vec w[9];
    UNROLL for (long kx = 0; kx < kernel; kx++) {
      w[kx] = load(taps);
      taps = STEP(taps, channels);
    }
    UNROLL for (long column = 0; column < width + kernel - 1; column++) {
      const float *here = source;
      source = STEP(source, channels);
      if (!is_inside && (x + column - reach < 0 || x + column - reach >= image_width)) continue;
      // The next but three channels' values: neighbours in memory, but far apart in time.
      __builtin_prefetch(here + 4 * LANES);
      vec value = load(here);
      UNROLL for (long kx = 0; kx < kernel; kx++) {
        const long i = column - kx;
        if (i >= 0 && i < width) total[i] += value * w[kx];
      }
    }
  }
}

/// Pixels whose sums stay in registers beside a line of a kernel.
#if ROWS * VECTORS >= 24
#define BLOCK 12
#else
#define BLOCK 4
#endif

INLINE void depthwise_vectors(const long kernel, const float *image, long height, long width, long channels, long y,
                              const float *weights, const float *bias, float *output) {
  for (long channel = 0; channel + LANES <= channels; channel += LANES)
    for (long x = 0; x < width; x += BLOCK) {
      vec total[BLOCK];
      if (x >= kernel / 2 && x + BLOCK + kernel / 2 <= width)
        depthwise_block(kernel, BLOCK, 1, image + channel, height, width, channels, y, x, weights + channel,
                        load(bias + channel), total);
      else
        depthwise_block(kernel, BLOCK, 0, image + channel, height, width, channels, y, x, weights + channel,
                        load(bias + channel), total);
      UNROLL for (long i = 0; i < BLOCK; i++)
        if (x + i < width) store(output + (x + i) * channels + channel, total[i]);
    }
}

/// Any kernel, channels `from` and later, one by one.
static void depthwise_scalars(const float *image, long height, long width, long channels, long y, long kernel,
                              const float *weights, const float *bias, float *output, long from) {
  const long reach = kernel / 2;
  for (long x = 0; x < width; x++)
    for (long channel = from; channel < channels; channel++) {
      float total = bias[channel];
      for (long ky = 0; ky < kernel; ky++)
        for (long kx = 0; kx < kernel; kx++) {
          const long line = y + ky - reach, column = x + kx - reach;
          if (line < 0 || line >= height || column < 0 || column >= width) continue;
          total += image[(line * width + column) * channels + channel] * weights[(ky * kernel + kx) * channels + channel];
        }
      output[x * channels + channel] = total;
    }
}

static void depthwise_line(const float *image, long height, long width, long channels, long y, long kernel,
                           const float *weights, const float *bias, float *output) {
  long done = channels / LANES * LANES;
  if (kernel == 7)
    depthwise_vectors(7, image, height, width, channels, y, weights, bias, output);
  else if (kernel == 9)
    depthwise_vectors(9, image, height, width, channels, y, weights, bias, output);
  else
    done = 0;
  depthwise_scalars(image, height, width, channels, y, kernel, weights, bias, output, done);
}
