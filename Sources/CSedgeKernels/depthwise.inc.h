// Depthwise convolution, line by line.

/// An advanced pointer, hidden from the optimizer, which otherwise computes all pointers of a loop beforehand and runs out of
/// registers.
#define STEP(POINTER, COUNT)                \
  ({                                        \
    const float *moved = (POINTER) + (COUNT); \
    __asm__("" : "+r"(moved));              \
    moved;                                  \
  })

/// `width` neighbouring pixels, one vector of channels; `kernel` columns of weights stay in registers.
///
/// is_inside: whether the kernel stays within the line for all of these pixels.
INLINE void depthwise_block(const size_t kernel, const size_t width, const int is_inside, const float *image, size_t height,
                            size_t image_width, size_t channels, size_t y, size_t x, const float *weights, vec bias,
                            vec *total) {
  const size_t reach = kernel / 2;
  UNROLL for (size_t i = 0; i < width; i++) total[i] = bias;
  for (size_t ky = 0; ky < kernel; ky++) {
    // A line above the image wraps around to a number beyond its height, as a column does below.
    const size_t line = y + ky - reach;
    if (line >= height) continue;
    const float *source = image + (ptrdiff_t)channels * ((ptrdiff_t)(line * image_width + x) - (ptrdiff_t)reach);
    const float *taps = weights + ky * kernel * channels;
    vec w[9];
    UNROLL for (size_t kx = 0; kx < kernel; kx++) {
      w[kx] = load(taps);
      taps = STEP(taps, channels);
    }
    UNROLL for (size_t column = 0; column < width + kernel - 1; column++) {
      const float *here = source;
      source = STEP(source, channels);
      if (!is_inside && x + column - reach >= image_width) continue;
      // Channels that are adjacent in memory but needed much later.
      __builtin_prefetch(here + 4 * LANES);
      vec value = load(here);
      UNROLL for (size_t kx = 0; kx < kernel; kx++) {
        const size_t i = column - kx;
        if (i < width) total[i] += value * w[kx];
      }
    }
  }
}

/// Pixels whose sums stay in registers together with a line of a kernel.
#if ROWS * VECTORS >= 24
#define BLOCK 12
#else
#define BLOCK 4
#endif

INLINE void depthwise_vectors(const size_t kernel, const float *image, size_t height, size_t width, size_t channels, size_t y,
                              size_t first, size_t end, const float *weights, const float *bias, float *output) {
  for (size_t channel = 0; channel + LANES <= channels; channel += LANES)
    for (size_t x = first; x < end; x += BLOCK) {
      vec total[BLOCK];
      if (x >= kernel / 2 && x + BLOCK + kernel / 2 <= width)
        depthwise_block(kernel, BLOCK, 1, image + channel, height, width, channels, y, x, weights + channel,
                        load(bias + channel), total);
      else
        depthwise_block(kernel, BLOCK, 0, image + channel, height, width, channels, y, x, weights + channel,
                        load(bias + channel), total);
      UNROLL for (size_t i = 0; i < BLOCK; i++)
        if (x + i < end) store(output + (x + i - first) * channels + channel, total[i]);
    }
}

/// Kernels of any size: channels from `from` on, one by one.
static void depthwise_scalars(const float *image, size_t height, size_t width, size_t channels, size_t y, size_t first,
                              size_t end, size_t kernel, const float *weights, const float *bias, float *output, size_t from) {
  const size_t reach = kernel / 2;
  for (size_t x = first; x < end; x++)
    for (size_t channel = from; channel < channels; channel++) {
      float total = bias[channel];
      for (size_t ky = 0; ky < kernel; ky++)
        for (size_t kx = 0; kx < kernel; kx++) {
          const size_t line = y + ky - reach, column = x + kx - reach;
          if (line >= height || column >= width) continue;
          total += image[(line * width + column) * channels + channel] * weights[(ky * kernel + kx) * channels + channel];
        }
      output[(x - first) * channels + channel] = total;
    }
}

static void depthwise_line(const float *image, size_t height, size_t width, size_t channels, size_t y, size_t first, size_t end,
                           size_t kernel, const float *weights, const float *bias, float *output) {
  size_t done = channels / LANES * LANES;
  if (kernel == 7)
    depthwise_vectors(7, image, height, width, channels, y, first, end, weights, bias, output);
  else if (kernel == 9)
    depthwise_vectors(9, image, height, width, channels, y, first, end, weights, bias, output);
  else
    done = 0;
  depthwise_scalars(image, height, width, channels, y, first, end, kernel, weights, bias, output, done);
}
