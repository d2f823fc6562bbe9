// libhdf5, loaded when the first HDF5 file is opened.
//
// It brings 27 libraries along, which all other work would load for nothing. Each function that Sedge calls is defined here and
// calls the loaded one. With SEDGE_STATIC_HDF5, libhdf5 is linked into the program, and nothing is loaded.

#include "CSedgeHDF5.h"

#if defined(SEDGE_STATIC_HDF5)

const char *sedge_hdf5_load(void) { return NULL; }

bool sedge_hdf5_is_loaded_library(void) { return false; }

#define FUNCTION1(...)
#define FUNCTION2(...)
#define FUNCTION3(...)
#define FUNCTION4(...)
#define FUNCTION6(...)
#define FUNCTION7(...)
#define FUNCTION8(...)
#define IDENTIFIER(name, variable) \
  hid_t sedge_##name(void) { return name; }
#include "interface.inc.h"

#else

#include <dlfcn.h>
#include <stdio.h>

// Names of the library with the interface of these headers (HDF5's config/lt_vers.am), then those that packages for developers add.
static const char *const file_names[] = {
#if defined(__APPLE__)
    "libhdf5.dylib", "/opt/homebrew/lib/libhdf5.dylib", "/usr/local/lib/libhdf5.dylib",
#else
#if H5_VERS_MAJOR == 1 && H5_VERS_MINOR == 10
    "libhdf5_serial.so.103", "libhdf5.so.103",
#elif H5_VERS_MAJOR == 1 && H5_VERS_MINOR == 12
    "libhdf5_serial.so.200", "libhdf5.so.200",
#elif H5_VERS_MAJOR == 1 && H5_VERS_MINOR == 14
    "libhdf5_serial.so.310", "libhdf5.so.310",
#endif
    "libhdf5_serial.so", "libhdf5.so",
#endif
};

// A name that stands for a later function is replaced by that one's.
#define TEXT(name) TEXT_(name)
#define TEXT_(name) #name
#define LOADED(name) LOADED_(name)
#define LOADED_(name) loaded_##name

#define FUNCTION1(R, name, A) \
  static R (*LOADED(name))(A); \
  R name(A a) { return LOADED(name)(a); }
#define FUNCTION2(R, name, A, B) \
  static R (*LOADED(name))(A, B); \
  R name(A a, B b) { return LOADED(name)(a, b); }
#define FUNCTION3(R, name, A, B, C) \
  static R (*LOADED(name))(A, B, C); \
  R name(A a, B b, C c) { return LOADED(name)(a, b, c); }
#define FUNCTION4(R, name, A, B, C, D) \
  static R (*LOADED(name))(A, B, C, D); \
  R name(A a, B b, C c, D d) { return LOADED(name)(a, b, c, d); }
#define FUNCTION6(R, name, A, B, C, D, E, F) \
  static R (*LOADED(name))(A, B, C, D, E, F); \
  R name(A a, B b, C c, D d, E e, F f) { return LOADED(name)(a, b, c, d, e, f); }
#define FUNCTION7(R, name, A, B, C, D, E, F, G) \
  static R (*LOADED(name))(A, B, C, D, E, F, G); \
  R name(A a, B b, C c, D d, E e, F f, G g) { return LOADED(name)(a, b, c, d, e, f, g); }
#define FUNCTION8(R, name, A, B, C, D, E, F, G, H) \
  static R (*LOADED(name))(A, B, C, D, E, F, G, H); \
  R name(A a, B b, C c, D d, E e, F f, G g, H h) { return LOADED(name)(a, b, c, d, e, f, g, h); }
#define IDENTIFIER(name, variable) \
  static const hid_t *loaded_##variable; \
  hid_t sedge_##name(void) { return *loaded_##variable; }
#include "interface.inc.h"
#undef FUNCTION1
#undef FUNCTION2
#undef FUNCTION3
#undef FUNCTION4
#undef FUNCTION6
#undef FUNCTION7
#undef FUNCTION8
#undef IDENTIFIER

// Why the library is not loaded; empty where it is.
static char failure[512];

// Finds all names; returns the first that the library lacks.
static const char *find_names(void *library) {
#define FIND(pointer, name) \
  if ((*(void **)&pointer = dlsym(library, name)) == NULL) return name;
#define LOAD(name) FIND(LOADED(name), TEXT(name))
#define FUNCTION1(R, name, A) LOAD(name)
#define FUNCTION2(R, name, A, B) LOAD(name)
#define FUNCTION3(R, name, A, B, C) LOAD(name)
#define FUNCTION4(R, name, A, B, C, D) LOAD(name)
#define FUNCTION6(R, name, A, B, C, D, E, F) LOAD(name)
#define FUNCTION7(R, name, A, B, C, D, E, F, G) LOAD(name)
#define FUNCTION8(R, name, A, B, C, D, E, F, G, H) LOAD(name)
#define IDENTIFIER(name, variable) FIND(loaded_##variable, #variable)
#include "interface.inc.h"
  return NULL;
}

// Opens a library and compares its version with that of the headers; returns whether it serves.
static bool load(void *library, const char *name) {
  herr_t (*open)(void) = NULL;
  *(void **)&open = dlsym(library, "H5open");
  const char *missing = open == NULL ? "H5open" : find_names(library);
  unsigned major = 0, minor = 0, release = 0;
  if (missing != NULL) {
    snprintf(failure, sizeof failure, "%s lacks %s", name, missing);
  } else if (open() < 0 || H5get_libversion(&major, &minor, &release) < 0) {
    snprintf(failure, sizeof failure, "%s does not start", name);
  } else if (major != H5_VERS_MAJOR || minor != H5_VERS_MINOR) {
    snprintf(failure, sizeof failure, "%s is HDF5 %u.%u.%u, not %d.%d", name, major, minor, release, H5_VERS_MAJOR, H5_VERS_MINOR);
  } else {
    failure[0] = 0;
  }
  return failure[0] == 0;
}

const char *sedge_hdf5_load(void) {
  static bool was_tried;
  const size_t count = sizeof file_names / sizeof file_names[0];
  for (size_t i = 0; i < count && !was_tried; i++) {
    // Plug-ins for filters may call libhdf5 by its names.
    void *library = dlopen(file_names[i], RTLD_NOW | RTLD_GLOBAL);
    if (library != NULL && load(library, file_names[i])) break;
    if (library == NULL && i == 0) snprintf(failure, sizeof failure, "%s", dlerror());
  }
  was_tried = true;
  return failure[0] == 0 ? NULL : failure;
}

bool sedge_hdf5_is_loaded_library(void) { return true; }

#endif
