// Attention: linear over classes, softmax over the tokens of a prompt.

static void elu_features(float *values, size_t count) {
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) store(values + i, shifted_elu(load(values + i)));
  if (i < count) store_part(values + i, shifted_elu(load_part(values + i, count - i)), count - i);
}

/// Whether a head is one vector of a type whose sums over all tokens stay in registers.
INLINE int stays_in_registers(size_t head_width) { return head_width == 8 || (LANES == 16 && head_width == 16); }

// Linear attention, first half: sums over tokens

/// Adds all tokens to one pixel's products of keys and values, four channels and `vectors` vectors of type V of a head at a
/// time.
#define GATHER(NAME, V, COUNT)                                                                                   \
  INLINE void NAME(const size_t vectors, const float *key_value, size_t token_count, size_t token_stride,        \
                   size_t channels, size_t head_width, float *products) {                                        \
    for (size_t c = 0; c < channels; c += 4)                                                                     \
      for (size_t first = 0; first < head_width; first += vectors * COUNT) {                                     \
        V total[4 * VECTORS];                                                                                    \
        float *to = products + c * head_width + first;                                                           \
        UNROLL for (size_t i = 0; i < 4; i++) UNROLL for (size_t v = 0; v < vectors; v++)                        \
            total[i * VECTORS + v] = *(const V *)(to + i * head_width + v * COUNT);                              \
        const float *key = key_value + c;                                                                        \
        const float *value = key_value + channels + c / head_width * head_width + first;                         \
        for (size_t t = 0; t < token_count; t++) {                                                               \
          UNROLL for (size_t v = 0; v < vectors; v++) {                                                          \
            V content = *(const V *)(value + v * COUNT);                                                         \
            UNROLL for (size_t i = 0; i < 4; i++) total[i * VECTORS + v] += (V)(key[i]) * content;               \
          }                                                                                                      \
          key += token_stride;                                                                                   \
          value += token_stride;                                                                                 \
        }                                                                                                        \
        UNROLL for (size_t i = 0; i < 4; i++) UNROLL for (size_t v = 0; v < vectors; v++)                        \
            *(V *)(to + i * head_width + v * COUNT) = total[i * VECTORS + v];                                    \
      }                                                                                                          \
  }
GATHER(gather_long, vec, LANES)
GATHER(gather_4, vec4, 4)

/// One head's sums over all tokens, for a head of one vector: they stay in registers.
#define GATHER_TOKENS(NAME, V, WIDTH)                                                                              \
  static void NAME(const float *key, const float *value, size_t stride, size_t token_count, float *keys,           \
                   float *products) {                                                                              \
    V rows[WIDTH];                                                                                                 \
    UNROLL for (size_t c = 0; c < WIDTH; c++) rows[c] = *(const V *)(products + c * WIDTH);                        \
    V total = *(const V *)keys;                                                                                    \
    for (size_t t = 0; t < token_count; t++) {                                                                     \
      const float *k = key + t * stride;                                                                           \
      const V content = *(const V *)(value + t * stride);                                                          \
      total += *(const V *)k;                                                                                      \
      UNROLL for (size_t c = 0; c < WIDTH; c++) rows[c] += (V)(k[c]) * content;                                    \
    }                                                                                                              \
    *(V *)keys = total;                                                                                            \
    UNROLL for (size_t c = 0; c < WIDTH; c++) *(V *)(products + c * WIDTH) = rows[c];                              \
  }
GATHER_TOKENS(gather_tokens_8, vec8, 8)
#if LANES == 16
GATHER_TOKENS(gather_tokens_16, vec, 16)
#endif

/// Both sums of one pixel, head by head, for heads whose sums stay in registers.
INLINE void gather_heads(const float *key_value, size_t token_count, size_t token_stride, size_t channels,
                         size_t head_width, float *keys, float *products) {
  for (size_t c = 0; c < channels; c += head_width) {
    const float *key = key_value + c, *value = key_value + channels + c;
    if (head_width == 8) gather_tokens_8(key, value, token_stride, token_count, keys + c, products + c * head_width);
#if LANES == 16
    else gather_tokens_16(key, value, token_stride, token_count, keys + c, products + c * head_width);
#endif
  }
}

INLINE void gather_keys(const float *key_value, size_t token_count, size_t token_stride, size_t channels, float *keys) {
  for (size_t t = 0; t < token_count; t++)
    for (size_t c = 0; c < channels; c++) keys[c] += key_value[t * token_stride + c];
}

/// The products of one pixel, for heads of any width.
INLINE void gather_products(const float *key_value, size_t token_count, size_t token_stride, size_t channels,
                            size_t head_width, float *products) {
  if (head_width == LANES)
    gather_long(1, key_value, token_count, token_stride, channels, head_width, products);
  else if (head_width % (VECTORS * LANES) == 0)
    gather_long(VECTORS, key_value, token_count, token_stride, channels, head_width, products);
  else if (head_width % 4 == 0)
    gather_4(1, key_value, token_count, token_stride, channels, head_width, products);
  else
    for (size_t t = 0; t < token_count; t++)
      for (size_t c = 0; c < channels; c++) {
        const float *key = key_value + t * token_stride + c;
        const float *value = key_value + t * token_stride + channels + c / head_width * head_width;
        for (size_t i = 0; i < head_width; i++) products[c * head_width + i] += *key * value[i];
      }
}

static void attention_gather(float *key_value, size_t token_count, size_t pixel_count, size_t channels, size_t heads,
                             float *sums) {
  const size_t head_width = channels / heads, row = 2 * channels, token_stride = pixel_count * row;
  for (size_t r = 0; r < token_count * pixel_count; r++) elu_features(key_value + r * row, channels);
  for (size_t p = 0; p < pixel_count; p++) {
    const float *pixel = key_value + p * row;
    float *keys = sums + p * (channels + channels * head_width), *products = keys + channels;
    if (stays_in_registers(head_width)) {
      gather_heads(pixel, token_count, token_stride, channels, head_width, keys, products);
    } else {
      gather_keys(pixel, token_count, token_stride, channels, keys);
      gather_products(pixel, token_count, token_stride, channels, head_width, products);
    }
  }
}

// Linear attention, second half: each query's answer

INLINE float sum4(vec4 v) { return (v.x + v.z) + (v.y + v.w); }
#define sum8(V) sum4((V).lo + (V).hi)

/// One token's answer of one head, `vectors` vectors of type V at a time.
#define APPLY(NAME, V, COUNT, SUM)                                                                              \
  INLINE void NAME(const size_t vectors, const float *query, const float *keys, const float *products,          \
                   size_t head_width, const float *addend, float *output) {                                     \
    V weights = (V)(0);                                                                                         \
    for (size_t c = 0; c < head_width; c += COUNT) weights += *(const V *)(query + c) * *(const V *)(keys + c); \
    const float factor = 1 / (SUM(weights) + 1e-6f);                                                            \
    for (size_t first = 0; first < head_width; first += vectors * COUNT) {                                      \
      V total[2][VECTORS];                                                                                      \
      UNROLL for (size_t v = 0; v < vectors; v++) total[0][v] = total[1][v] = (V)(0);                           \
      for (size_t c = 0; c < head_width; c += 2)                                                                \
        UNROLL for (size_t i = 0; i < 2; i++)                                                                   \
          UNROLL for (size_t v = 0; v < vectors; v++) total[i][v] +=                                            \
              (V)(query[c + i]) * *(const V *)(products + (c + i) * head_width + first + v * COUNT);            \
      UNROLL for (size_t v = 0; v < vectors; v++) *(V *)(output + first + v * COUNT) =                          \
          *(const V *)(addend + first + v * COUNT) + (total[0][v] + total[1][v]) * (V)(factor);                 \
    }                                                                                                           \
  }
APPLY(apply_long, vec, LANES, sum)
APPLY(apply_4, vec4, 4, sum4)

/// One token's answer of one head, for heads of any width.
static void apply_scalars(const float *query, const float *keys, const float *products, size_t head_width,
                          const float *addend, float *output) {
  float weight = 0;
  for (size_t j = 0; j < head_width; j++) weight += query[j] * keys[j];
  for (size_t i = 0; i < head_width; i++) {
    float total = 0;
    for (size_t j = 0; j < head_width; j++) total += query[j] * products[j * head_width + i];
    output[i] = addend[i] + total / (weight + 1e-6f);
  }
}

/// One head's answers to all tokens, for a head of one vector: its products stay in registers.
#define APPLY_TOKENS(NAME, V, WIDTH, SUM)                                                                          \
  static void NAME(const float *query, size_t stride, size_t token_count, const float *keys,                       \
                   const float *products, const float *addend, float *output) {                                    \
    V rows[WIDTH];                                                                                                 \
    UNROLL for (size_t c = 0; c < WIDTH; c++) rows[c] = *(const V *)(products + c * WIDTH);                        \
    const V key = *(const V *)keys;                                                                                \
    for (size_t t = 0; t < token_count; t++) {                                                                     \
      const float *q = query + t * stride;                                                                         \
      V even = (V)(0), odd = (V)(0);                                                                               \
      UNROLL for (size_t c = 0; c < WIDTH; c += 2) {                                                               \
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

/// One pixel's answers to all tokens, head by head, for heads whose products stay in registers.
INLINE void apply_heads(const float *query, size_t token_count, size_t token_stride, size_t channels, size_t head_width,
                        const float *keys, const float *products, const float *addend, float *output) {
  for (size_t c = 0; c < channels; c += head_width) {
    const float *rows = products + c * head_width;
    if (head_width == 8) apply_tokens_8(query + c, token_stride, token_count, keys + c, rows, addend + c, output + c);
#if LANES == 16
    else apply_tokens_16(query + c, token_stride, token_count, keys + c, rows, addend + c, output + c);
#endif
  }
}

/// One pixel's answer to one token, for heads of any width.
INLINE void apply_token(const float *query, size_t channels, size_t head_width, const float *keys, const float *products,
                        const float *addend, float *output) {
  for (size_t c = 0; c < channels; c += head_width) {
    const float *rows = products + c * head_width;
    if (head_width == LANES)
      apply_long(1, query + c, keys + c, rows, head_width, addend + c, output + c);
    else if (head_width % (VECTORS * LANES) == 0)
      apply_long(VECTORS, query + c, keys + c, rows, head_width, addend + c, output + c);
    else if (head_width % 4 == 0)
      apply_4(1, query + c, keys + c, rows, head_width, addend + c, output + c);
    else
      apply_scalars(query + c, keys + c, rows, head_width, addend + c, output + c);
  }
}

static void attention_apply(float *query, size_t token_count, size_t pixel_count, size_t channels, size_t heads,
                            const float *sums, const float *addend, float *output) {
  const size_t head_width = channels / heads, token_stride = pixel_count * channels;
  elu_features(query, token_count * pixel_count * channels);
  for (size_t p = 0; p < pixel_count; p++) {
    const float *keys = sums + p * (channels + channels * head_width), *products = keys + channels;
    const size_t first = p * channels;
    if (stays_in_registers(head_width)) {
      apply_heads(query + first, token_count, token_stride, channels, head_width, keys, products, addend + first,
                  output + first);
      continue;
    }
    for (size_t t = 0; t < token_count; t++) {
      const size_t place = first + t * token_stride;
      apply_token(query + place, channels, head_width, keys, products, addend + place, output + place);
    }
  }
}

// Softmax attention

/// The scaled products of a query with the keys of a path's rows; returns the largest.
INLINE float attend_scores(const float *query, const float *keys, size_t stride, const int32_t *path, size_t count,
                           size_t head_width, float scale, float *scores) {
  const size_t whole = head_width / LANES * LANES;
  float largest = -__builtin_inff();
  for (size_t p = 0; p < count; p++) {
    const float *key = keys + (size_t)path[p] * stride;
    vec total = splat(0);
    float rest = 0;
    for (size_t i = 0; i < whole; i += LANES) total += load(query + i) * load(key + i);
    for (size_t i = whole; i < head_width; i++) rest += query[i] * key[i];
    scores[p] = (sum(total) + rest) * scale;
    if (scores[p] > largest) largest = scores[p];
  }
  return largest;
}

/// Replaces scores by their softmax.
INLINE void softmax(float *scores, size_t count, float largest) {
  for (size_t p = 0; p < count; p += LANES) {
    const size_t n = count - p < LANES ? count - p : LANES;
    store_part(scores + p, exponential(load_part(scores + p, n) - splat(largest)), n);
  }
  float together = 0;
  for (size_t p = 0; p < count; p++) together += scores[p];
  for (size_t p = 0; p < count; p++) scores[p] /= together;
}

/// The weighted sum of the values of a path's rows.
INLINE void attend_values(const float *values, size_t stride, const int32_t *path, size_t count, size_t head_width,
                          const float *weights, float *output) {
  const size_t whole = head_width / LANES * LANES;
  for (size_t i = 0; i < whole; i += LANES) {
    vec total = splat(0);
    for (size_t p = 0; p < count; p++) total += splat(weights[p]) * load(values + (size_t)path[p] * stride + i);
    store(output + i, total);
  }
  for (size_t i = whole; i < head_width; i++) {
    float total = 0;
    for (size_t p = 0; p < count; p++) total += weights[p] * values[(size_t)path[p] * stride + i];
    output[i] = total;
  }
}

static void attend(const float *rows, size_t width, size_t heads, const int32_t *path, size_t count, float scale,
                   float *weights, float *output) {
  const size_t head_width = width / heads, stride = 3 * width;
  for (size_t head = 0; head < width; head += head_width) {
    const float *query = rows + (size_t)path[count - 1] * stride + head;
    const float *keys = rows + width + head, *values = rows + 2 * width + head;
    const float largest = attend_scores(query, keys, stride, path, count, head_width, scale, weights);
    softmax(weights, count, largest);
    attend_values(values, stride, path, count, head_width, weights, output + head);
  }
}
