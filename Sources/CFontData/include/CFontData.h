// DejaVu Sans, a TrueType font, inside the program; its licence is in DejaVuSans-LICENSE.txt.
#ifndef SEDGE_CFONTDATA_H
#define SEDGE_CFONTDATA_H

#include <stddef.h>
#include <stdint.h>

/// The font file's first byte; the bytes stay where they are for as long as the program runs.
const uint8_t *sedge_font_bytes(void);

/// The font file's length in bytes.
size_t sedge_font_byte_count(void);

#endif
