// FreeType 2 (https://freetype.org), imported as it is.
#include <ft2build.h>
#include FT_FREETYPE_H
