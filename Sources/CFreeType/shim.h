// FreeType 2 (https://freetype.org), with the flags whose macros Swift does not import.
#ifndef SEDGE_CFREETYPE_H
#define SEDGE_CFREETYPE_H

#include <ft2build.h>
#include FT_FREETYPE_H

/// Renders glyphs with 256 levels of gray, fitted to the pixel grid vertically only.
static inline FT_Int32 sedge_ft_load_flags(void) { return FT_LOAD_RENDER | FT_LOAD_TARGET_LIGHT; }

#endif
