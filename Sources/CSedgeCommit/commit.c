// The commit of the source, as Package.swift has it from the environment of the build.
#include "CSedgeCommit.h"

const char *sedge_commit(void) {
#ifdef SEDGE_COMMIT
  return SEDGE_COMMIT;
#else
  return "";
#endif
}
