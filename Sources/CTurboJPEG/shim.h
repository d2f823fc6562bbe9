// libjpeg-turbo's TurboJPEG interface (https://libjpeg-turbo.org), imported as it is.
#include <turbojpeg.h>
