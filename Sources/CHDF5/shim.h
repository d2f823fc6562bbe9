// libhdf5 (https://www.hdfgroup.org/solutions/hdf5), and what Swift cannot import of it.

// From 1.12 on, the names below stand for later functions unless the interface of 1.10 is asked for.
#if !defined(H5_USE_110_API)
#define H5_USE_110_API
#endif
#include <hdf5.h>

// These macros call H5open() before they name a global, so each needs a function of its own.
static inline hid_t sedge_H5E_NOSPACE(void) { return H5E_NOSPACE; }
static inline hid_t sedge_H5P_LINK_ACCESS(void) { return H5P_LINK_ACCESS; }
static inline hid_t sedge_H5T_STD_I8LE(void) { return H5T_STD_I8LE; }
static inline hid_t sedge_H5T_STD_I16LE(void) { return H5T_STD_I16LE; }
static inline hid_t sedge_H5T_STD_I32LE(void) { return H5T_STD_I32LE; }
static inline hid_t sedge_H5T_STD_I64LE(void) { return H5T_STD_I64LE; }
static inline hid_t sedge_H5T_STD_U8LE(void) { return H5T_STD_U8LE; }
static inline hid_t sedge_H5T_STD_U16LE(void) { return H5T_STD_U16LE; }
static inline hid_t sedge_H5T_STD_U32LE(void) { return H5T_STD_U32LE; }
static inline hid_t sedge_H5T_STD_U64LE(void) { return H5T_STD_U64LE; }
static inline hid_t sedge_H5T_IEEE_F64LE(void) { return H5T_IEEE_F64LE; }

// These names are macros where libhdf5 is 1.12 or later.
static inline herr_t sedge_H5Literate(hid_t group, H5L_iterate_t visit, void *context) {
  return H5Literate(group, H5_INDEX_NAME, H5_ITER_NATIVE, 0, visit, context);
}
static inline haddr_t sedge_object_address(hid_t object) {
  H5O_info_t info;
  return H5Oget_info(object, &info) < 0 ? (haddr_t)-1 : info.addr;
}
