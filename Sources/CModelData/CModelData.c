// Embeds the files of data/ (`#embed`, C23).
#include "CModelData.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

#define BLOB(name) \
  SedgeBlob sedge_##name(void) { return (SedgeBlob){name, sizeof name}; }

static const unsigned char clip_merges[] = {
#embed "data/clip_merges.txt.zst"
};
static const unsigned char imagenet_templates[] = {
#embed "data/imagenet_templates.json"
};
static const unsigned char html_entities[] = {
#embed "data/html_entities.txt"
};
static const unsigned char canonical_mappings[] = {
#embed "data/canonical_mappings.txt"
};
static const unsigned char character_repairs[] = {
#embed "data/character_repairs.txt"
};

BLOB(clip_merges)
BLOB(imagenet_templates)
BLOB(html_entities)
BLOB(canonical_mappings)
BLOB(character_repairs)
