// The bytes of the font file, put here by the compiler.
#include "CFontData.h"

// C23 has #embed; compilers know it in older C too, and warn.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const uint8_t font[] = {
#embed "DejaVuSans.ttf"
};

const uint8_t *sedge_font_bytes(void) { return font; }

size_t sedge_font_byte_count(void) { return sizeof font; }
