// The data that is part of the program: see data/SOURCES.md.
#pragma once
#include <stddef.h>

// Bytes that live as long as the program.
typedef struct {
  const unsigned char *bytes;
  size_t byteCount;
} SedgeBlob;

// The merges of CLIP's vocabulary, one a line; one zstd frame.
SedgeBlob sedge_clip_merges(void);
// The 80 prompts; a JSON array of strings.
SedgeBlob sedge_imagenet_templates(void);
// A name and its code points in hexadecimal a line; "^" before names that only text repair knows.
SedgeBlob sedge_html_entities(void);
// A code point and its canonical decomposition a line; "-" before those that are never composed again.
SedgeBlob sedge_canonical_mappings(void);
// A code point and its replacement a line.
SedgeBlob sedge_character_repairs(void);
