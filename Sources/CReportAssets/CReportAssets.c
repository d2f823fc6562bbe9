// Embeds the files of data/ (`#embed`, C23).
#include "CReportAssets.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char style[] = {
#embed "data/page.css"
};
static const unsigned char script[] = {
#embed "data/page.js"
};

SedgeAsset sedge_page_style(void) { return (SedgeAsset){style, sizeof style}; }
SedgeAsset sedge_page_script(void) { return (SedgeAsset){script, sizeof script}; }
