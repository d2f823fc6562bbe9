// Scores to labels.

static void sigmoid(const float *values, size_t count, float *output) {
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) store(output + i, logistic(load(values + i)));
  if (i < count) store_part(output + i, logistic(load_part(values + i, count - i)), count - i);
}

/// Interpolates between two lines.
INLINE void mix_lines(const float *upper, const float *lower, float weight, size_t width, float *output) {
  const vec one = splat(1);
  size_t i = 0;
  for (; i + LANES <= width; i += LANES)
    store(output + i, load(upper + i) * (one - splat(weight)) + load(lower + i) * splat(weight));
  for (; i < width; i++) output[i] = upper[i] * (1 - weight) + lower[i] * weight;
}

static void resize_line(const float *upper, const float *lower, float weight, size_t width, const int32_t *left,
                        const int32_t *right, const float *share, size_t out_width, float *output, float *scratch) {
  mix_lines(upper, lower, weight, width, scratch);
  size_t i = 0;
  for (; i + LANES <= out_width; i += LANES) {
    vec a, b;
    columns(scratch, width, left + i, right + i, &a, &b);
    const vec part = load(share + i);
    store(output + i, a * (splat(1) - part) + b * part);
  }
  for (; i < out_width; i++) output[i] = scratch[left[i]] * (1 - share[i]) + scratch[right[i]] * share[i];
}

static void label_line(const float *upper, const float *lower, float weight, size_t width, const int32_t *left,
                       const int32_t *right, const float *share, size_t out_width, int32_t class_index, float *best,
                       int32_t *labels, float *scratch) {
  const vec one = splat(1);
  mix_lines(upper, lower, weight, width, scratch);
  size_t i = 0;
  for (; i + LANES <= out_width; i += LANES) {
    vec a, b;
    columns(scratch, width, left + i, right + i, &a, &b);
    const vec part = load(share + i);
    const vec score = a * (one - part) + b * part;
    const vec old = load(best + i);
    ivec *label = (ivec *)(labels + i);
    const ivec wins = (score > old) | ((score == old) & ((ivec)(class_index) < *label));
    store(best + i, wins ? score : old);
    *label = wins ? (ivec)(class_index) : *label;
  }
  for (; i < out_width; i++) {
    const float score = scratch[left[i]] * (1 - share[i]) + scratch[right[i]] * share[i];
    if (score > best[i] || (score == best[i] && class_index < labels[i])) {
      best[i] = score;
      labels[i] = class_index;
    }
  }
}
