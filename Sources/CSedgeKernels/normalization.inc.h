// LayerNorm; GroupNorm in two steps, statistics and normalization.

static void layer_norm(const float *rows, size_t row_count, size_t width, const float *scale, const float *shift,
                       float epsilon, float *output) {
  const size_t whole = width / LANES * LANES;
  for (size_t row = 0; row < row_count; row++) {
    const float *x = rows + row * width;
    float *y = output + row * width;
    vec total = splat(0);
    float rest = 0;
    for (size_t i = 0; i < whole; i += LANES) total += load(x + i);
    for (size_t i = whole; i < width; i++) rest += x[i];
    const float mean = (sum(total) + rest) / (float)width;
    vec squares = splat(0);
    rest = 0;
    for (size_t i = 0; i < whole; i += LANES) {
      vec deviation = load(x + i) - splat(mean);
      squares += deviation * deviation;
    }
    for (size_t i = whole; i < width; i++) rest += (x[i] - mean) * (x[i] - mean);
    const float factor = 1 / __builtin_sqrtf((sum(squares) + rest) / (float)width + epsilon);
    for (size_t i = 0; i < whole; i += LANES) {
      vec value = (load(x + i) - splat(mean)) * splat(factor);
      if (scale) value *= load(scale + i);
      if (shift) value += load(shift + i);
      store(y + i, value);
    }
    for (size_t i = whole; i < width; i++) {
      float value = (x[i] - mean) * factor;
      if (scale) value *= scale[i];
      if (shift) value += shift[i];
      y[i] = value;
    }
  }
}

static void group_statistics(const float *pixels, size_t pixel_count, size_t channels, double *statistics) {
  enum { parts = 16 / (LANES < 16 ? LANES : 16) };
  for (size_t group = 0; group < channels / 16; group++) {
    const float *x = pixels + 16 * group;
    vec totals[parts];
    for (size_t i = 0; i < parts; i++) totals[i] = splat(0);
    for (size_t p = 0; p < pixel_count; p++)
      for (size_t i = 0; i < parts; i++) totals[i] += load(x + p * channels + i * LANES);
    double total = 0;
    for (size_t i = 0; i < parts; i++) total += sum(totals[i]);
    const double count = 16.0 * (double)pixel_count, mean = total / count;
    const vec center = splat((float)mean);
    for (size_t i = 0; i < parts; i++) totals[i] = splat(0);
    for (size_t p = 0; p < pixel_count; p++)
      for (size_t i = 0; i < parts; i++) {
        vec deviation = load(x + p * channels + i * LANES) - center;
        totals[i] += deviation * deviation;
      }
    double squares = 0;
    for (size_t i = 0; i < parts; i++) squares += sum(totals[i]);
    // The parallel form of the variance (Chan, Golub, LeVeque, "Updating formulae", 1979).
    double *s = statistics + 3 * group;
    const double together = s[0] + count, difference = mean - s[1];
    s[2] += squares + difference * difference * s[0] * count / together;
    s[1] += difference * count / together;
    s[0] = together;
  }
}

static void scale_relu(const float *pixels, size_t pixel_count, size_t channels, const float *scale, const float *shift,
                       float *output) {
  for (size_t p = 0; p < pixel_count; p++) {
    const float *x = pixels + p * channels;
    float *y = output + p * channels;
    size_t i = 0;
    for (; i + LANES <= channels; i += LANES)
      store(y + i, at_least(splat(0), load(x + i) * load(scale + i) + load(shift + i)));
    for (; i < channels; i++) {
      float value = x[i] * scale[i] + shift[i];
      y[i] = value < 0 ? 0 : value;
    }
  }
}

static void add(const float *values, size_t count, float *output) {
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) store(output + i, load(output + i) + load(values + i));
  for (; i < count; i++) output[i] += values[i];
}
