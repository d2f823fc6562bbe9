// protobuf-c (https://github.com/protobuf-c/protobuf-c), imported as it is.
#include <protobuf-c/protobuf-c.h>
