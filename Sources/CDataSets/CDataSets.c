// Embeds the files of data/ (`#embed`, C23).
#include "CDataSets.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char sets_ade150[] = {
#embed "data/sets/ade150.json"
};
static const unsigned char sets_ade847[] = {
#embed "data/sets/ade847.json"
};
static const unsigned char sets_pc59[] = {
#embed "data/sets/pc59.json"
};
static const unsigned char sets_pc459[] = {
#embed "data/sets/pc459.json"
};
static const unsigned char sets_voc20[] = {
#embed "data/sets/voc20.json"
};
static const unsigned char sets_voc20b[] = {
#embed "data/sets/voc20b.json"
};
static const unsigned char sets_coco[] = {
#embed "data/sets/coco.json"
};
static const unsigned char classes_ade150[] = {
#embed "data/classes/ade150.json"
};
static const unsigned char classes_ade847[] = {
#embed "data/classes/ade847.json"
};
static const unsigned char classes_pc59[] = {
#embed "data/classes/pc59.json"
};
static const unsigned char classes_pc459[] = {
#embed "data/classes/pc459.json"
};
static const unsigned char classes_voc20[] = {
#embed "data/classes/voc20.json"
};
static const unsigned char classes_voc20b[] = {
#embed "data/classes/voc20b.json"
};
static const unsigned char classes_coco[] = {
#embed "data/classes/coco.json"
};

#define FILE_OF(folder, name) {#folder "/" #name ".json", folder##_##name, sizeof folder##_##name}

static const SedgeDataFile files[] = {
    FILE_OF(sets, ade150),    FILE_OF(sets, ade847),    FILE_OF(sets, pc59),
    FILE_OF(sets, pc459),     FILE_OF(sets, voc20),     FILE_OF(sets, voc20b),
    FILE_OF(sets, coco),      FILE_OF(classes, ade150), FILE_OF(classes, ade847),
    FILE_OF(classes, pc59),   FILE_OF(classes, pc459),  FILE_OF(classes, voc20),
    FILE_OF(classes, voc20b), FILE_OF(classes, coco),
};

size_t sedge_data_file_count(void) { return sizeof files / sizeof files[0]; }

SedgeDataFile sedge_data_file(size_t index) { return files[index]; }
