// Attention: linear over classes, softmax over the tokens of a prompt.

static void elu_features(float *values, long count) {
  long i = 0;
  for (; i + LANES <= count; i += LANES) store(values + i, shifted_elu(load(values + i)));
  if (i < count) store_part(values + i, shifted_elu(load_part(values + i, count - i)), count - i);
}

/// Sums one pixel's products, four channels and `vectors` vectors of type V of a head at a time.
#define GATHER(NAME, V, COUNT)                                                                                   \
  INLINE void NAME(const long vectors, const float *key_value, long token_count, long token_stride, long channels, \
                   long head_width, float *products) {                                                           \
    for (long c = 0; c < channels; c += 4)                                                                       \
      for (long first = 0; first < head_width; first += vectors * COUNT) {                                       \
        V total[4 * VECTORS];                                                                                    \
        float *to = products + c * head_width + first;                                                           \
        UNROLL for (long i = 0; i < 4; i++) UNROLL for (long v = 0; v < vectors; v++) total[i * VECTORS + v] =   \
            *(const V *)(to + i * head_width + v * COUNT);                                                       \
        const float *key = key_value + c;                                                                        \
        const float *value = key_value + channels + c / head_width * head_width + first;                         \
        for (long t = 0; t < token_count; t++) {                                                                 \
          UNROLL for (long v = 0; v < vectors; v++) {                                                            \
            V content = *(const V *)(value + v * COUNT);                                                         \
            UNROLL for (long i = 0; i < 4; i++) total[i * VECTORS + v] += (V)(key[i]) * content;                 \
          }                                                                                                      \
          key += token_stride;                                                                                   \
          value += token_stride;                                                                                 \
        }                                                                                                        \
        UNROLL for (long i = 0; i < 4; i++) UNROLL for (long v = 0; v < vectors; v++)                            \
            *(V *)(to + i * head_width + v * COUNT) = total[i * VECTORS + v];                                    \
      }                                                                                                          \
  }
GATHER(gather_long, vec, LANES)
GATHER(gather_4, vec4, 4)

/// One head's sums over all tokens, for a head of one vector: they stay in registers.
#define GATHER_TOKENS(NAME, V, WIDTH)                                                                              \
  static void NAME(const float *key, const float *value, long stride, long token_count, float *keys,               \
                   float *products) {                                                                              \
    V rows[WIDTH];                                                                                                 \
    UNROLL for (long c = 0; c < WIDTH; c++) rows[c] = *(const V *)(products + c * WIDTH);                          \
    V total = *(const V *)keys;                                                                                    \
    for (long t = 0; t < token_count; t++) {                                                                       \
      const float *k = key + t * stride;                                                                           \
      const V content = *(const V *)(value + t * stride);                                                          \
      total += *(const V *)k;                                                                                      \
      UNROLL for (long c = 0; c < WIDTH; c++) rows[c] += (V)(k[c]) * content;                                      \
    }                                                                                                              \
    *(V *)keys = total;                                                                                            \
    UNROLL for (long c = 0; c < WIDTH; c++) *(V *)(products + c * WIDTH) = rows[c];                                \
  }
GATHER_TOKENS(gather_tokens_8, vec8, 8)
#if LANES == 16
GATHER_TOKENS(gather_tokens_16, vec, 16)
#endif

static void attention_gather(float *key_value, long token_count, long pixel_count, long channels, long heads,
                             float *sums) {
  const long head_width = channels / heads, row = 2 * channels;
  const long size = channels + channels * head_width;
  for (long r = 0; r < token_count * pixel_count; r++) elu_features(key_value + r * row, channels);
  for (long p = 0; p < pixel_count; p++) {
    float *keys = sums + p * size, *products = keys + channels;
    const float *from = key_value + p * row;
    const long stride = pixel_count * row;
    if (head_width == 8 || (LANES == 16 && head_width == 16)) {
      for (long c = 0; c < channels; c += head_width) {
        const float *value = from + channels + c;
        if (head_width == 8) gather_tokens_8(from + c, value, stride, token_count, keys + c, products + c * head_width);
#if LANES == 16
        else gather_tokens_16(from + c, value, stride, token_count, keys + c, products + c * head_width);
#endif
      }
      continue;
    }
    for (long t = 0; t < token_count; t++)
      for (long c = 0; c < channels; c++) keys[c] += from[t * stride + c];
    if (head_width == LANES)
      gather_long(1, from, token_count, stride, channels, head_width, products);
    else if (head_width % (VECTORS * LANES) == 0)
      gather_long(VECTORS, from, token_count, stride, channels, head_width, products);
    else if (head_width % 4 == 0)
      gather_4(1, from, token_count, stride, channels, head_width, products);
    else
      for (long t = 0; t < token_count; t++)
        for (long c = 0; c < channels; c++)
          for (long i = 0; i < head_width; i++)
            products[c * head_width + i] +=
                from[t * stride + c] * from[t * stride + channels + c / head_width * head_width + i];
  }
}

INLINE float sum4(vec4 v) { return (v.x + v.z) + (v.y + v.w); }
#define sum8(V) sum4((V).lo + (V).hi)

/// One token's answer of one head, `vectors` vectors of type V at a time.
#define APPLY(NAME, V, COUNT, SUM)                                                                              \
  INLINE void NAME(const long vectors, const float *query, const float *keys, const float *products,            \
                   long head_width, const float *addend, float *output) {                                       \
    V weights = (V)(0);                                                                                         \
    for (long c = 0; c < head_width; c += COUNT) weights += *(const V *)(query + c) * *(const V *)(keys + c);    \
    const float factor = 1 / (SUM(weights) + 1e-6f);                                                            \
    for (long first = 0; first < head_width; first += vectors * COUNT) {                                        \
      V total[2][VECTORS];                                                                                      \
      UNROLL for (long v = 0; v < vectors; v++) total[0][v] = total[1][v] = (V)(0);                             \
      for (long c = 0; c < head_width; c += 2)                                                                  \
        UNROLL for (long i = 0; i < 2; i++)                                                                     \
          UNROLL for (long v = 0; v < vectors; v++) total[i][v] +=                                              \
              (V)(query[c + i]) * *(const V *)(products + (c + i) * head_width + first + v * COUNT);            \
      UNROLL for (long v = 0; v < vectors; v++) *(V *)(output + first + v * COUNT) =                            \
          *(const V *)(addend + first + v * COUNT) + (total[0][v] + total[1][v]) * (V)(factor);                 \
    }                                                                                                           \
  }
APPLY(apply_long, vec, LANES, sum)
APPLY(apply_4, vec4, 4, sum4)

/// One head's answers to all tokens, for a head of one vector: its products stay in registers.
#define APPLY_TOKENS(NAME, V, WIDTH, SUM)                                                                          \
  static void NAME(const float *query, long stride, long token_count, const float *keys, const float *products,    \
                   const float *addend, float *output) {                                                           \
    V rows[WIDTH];                                                                                                 \
    UNROLL for (long c = 0; c < WIDTH; c++) rows[c] = *(const V *)(products + c * WIDTH);                          \
    const V key = *(const V *)keys;                                                                                \
    for (long t = 0; t < token_count; t++) {                                                                       \
      const float *q = query + t * stride;                                                                         \
      V even = (V)(0), odd = (V)(0);                                                                               \
      UNROLL for (long c = 0; c < WIDTH; c += 2) {                                                                 \
        even += (V)(q[c]) * rows[c];                                                                               \
        odd += (V)(q[c + 1]) * rows[c + 1];                                                                        \
      }                                                                                                            \
      const float factor = 1 / (SUM(*(const V *)q * key) + 1e-6f);                                                 \
      *(V *)(output + t * stride) = *(const V *)(addend + t * stride) + (even + odd) * (V)(factor);                \
    }                                                                                                              \
  }
APPLY_TOKENS(apply_tokens_8, vec8, 8, sum8)
#if LANES == 16
APPLY_TOKENS(apply_tokens_16, vec, 16, sum)
#endif

static void attention_apply(float *query, long token_count, long pixel_count, long channels, long heads,
                            const float *sums, const float *addend, float *output) {
  const long head_width = channels / heads;
  const long size = channels + channels * head_width;
  elu_features(query, token_count * pixel_count * channels);
  for (long p = 0; p < pixel_count; p++) {
    const float *keys = sums + p * size, *products = keys + channels;
    if (head_width == 8 || (LANES == 16 && head_width == 16)) {
      for (long c = 0; c < channels; c += head_width) {
        const long place = p * channels + c, stride = pixel_count * channels;
        if (head_width == 8)
          apply_tokens_8(query + place, stride, token_count, keys + c, products + c * head_width, addend + place,
                         output + place);
#if LANES == 16
        else
          apply_tokens_16(query + place, stride, token_count, keys + c, products + c * head_width, addend + place,
                          output + place);
#endif
      }
      continue;
    }
    for (long t = 0; t < token_count; t++)
      for (long c = 0; c < channels; c += head_width) {
        const float *q = query + (t * pixel_count + p) * channels + c;
        const float *x = addend + (t * pixel_count + p) * channels + c;
        float *y = output + (t * pixel_count + p) * channels + c;
        const float *m = products + c * head_width;
        if (head_width == LANES)
          apply_long(1, q, keys + c, m, head_width, x, y);
        else if (head_width % (VECTORS * LANES) == 0)
          apply_long(VECTORS, q, keys + c, m, head_width, x, y);
        else if (head_width % 4 == 0)
          apply_4(1, q, keys + c, m, head_width, x, y);
        else {
          float weight = 0;
          for (long j = 0; j < head_width; j++) weight += q[j] * keys[c + j];
          for (long i = 0; i < head_width; i++) {
            float total = 0;
            for (long j = 0; j < head_width; j++) total += q[j] * m[j * head_width + i];
            y[i] = x[i] + total / (weight + 1e-6f);
          }
        }
      }
  }
}

// Softmax attention

static void attend(const float *rows, long width, long heads, const int32_t *path, long count, float scale,
                   float *weights, float *output) {
  const long head_width = width / heads, stride = 3 * width;
  const long whole = head_width / LANES * LANES;
  for (long head = 0; head < width; head += head_width) {
    const float *query = rows + path[count - 1] * stride + head;
    const float *keys = rows + width + head, *values = rows + 2 * width + head;
    float largest = -__builtin_inff();
    for (long p = 0; p < count; p++) {
      const float *key = keys + path[p] * stride;
      vec total = splat(0);
      float rest = 0;
      for (long i = 0; i < whole; i += LANES) total += load(query + i) * load(key + i);
      for (long i = whole; i < head_width; i++) rest += query[i] * key[i];
      weights[p] = (sum(total) + rest) * scale;
      if (weights[p] > largest) largest = weights[p];
    }
    for (long p = 0; p < count; p += LANES) {
      const long n = count - p < LANES ? count - p : LANES;
      store_part(weights + p, exponential(load_part(weights + p, n) - splat(largest)), n);
    }
    float together = 0;
    for (long p = 0; p < count; p++) together += weights[p];
    for (long p = 0; p < count; p++) weights[p] /= together;
    for (long i = 0; i < whole; i += LANES) {
      vec total = splat(0);
      for (long p = 0; p < count; p++) total += splat(weights[p]) * load(values + path[p] * stride + i);
      store(output + head + i, total);
    }
    for (long i = whole; i < head_width; i++) {
      float total = 0;
      for (long p = 0; p < count; p++) total += weights[p] * values[path[p] * stride + i];
      output[head + i] = total;
    }
  }
}
