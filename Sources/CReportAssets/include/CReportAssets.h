// The style sheet and the script of report pages.
#pragma once
#include <stddef.h>

// Bytes that live as long as the program.
typedef struct {
  const unsigned char *bytes;
  size_t byteCount;
} SedgeAsset;

SedgeAsset sedge_page_style(void);
SedgeAsset sedge_page_script(void);
