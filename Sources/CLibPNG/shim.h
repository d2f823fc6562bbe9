// libpng (http://www.libpng.org), imported as it is.
#include <png.h>
