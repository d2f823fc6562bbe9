// A file driver of libhdf5: reads one open descriptor, and takes no byte for read that did not arrive.
//
// libhdf5's own driver opens a path, and fills with zeros what the system did not deliver.

#include "CSedgeHDF5.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

// Linux reads at most 2^31 - 4096 bytes in one call.
#define MOST_AT_ONCE ((size_t)1 << 30)
// H5F_ACC_RDONLY, which ends the process where libhdf5 is another release than these headers, even of the same interface.
#define READ_ONLY 0u
#define LAST_ADDRESS ((haddr_t)INT64_MAX)

// What libhdf5 keeps of an open file; its own part is first.
typedef struct {
  H5FD_t shared;
  sedge_hdf5_input *input;
  haddr_t end_of_addresses;
} open_file;

// What a list of properties for opening has of this driver.
typedef struct {
  sedge_hdf5_input *input;
} properties;

static H5FD_t *driver_open(const char *name, unsigned flags, hid_t access, haddr_t last_address) {
  (void)name, (void)last_address;
  const properties *own = H5Pget_driver_info(access);
  if (own == NULL || flags != READ_ONLY) return NULL;
  open_file *file = calloc(1, sizeof *file);
  if (file == NULL) return NULL;
  file->input = own->input;
  return &file->shared;
}

static herr_t driver_close(H5FD_t *shared) {
  free(shared);
  return 0;
}

static int driver_compare(const H5FD_t *first, const H5FD_t *second) {
  return ((uintptr_t)first > (uintptr_t)second) - ((uintptr_t)first < (uintptr_t)second);
}

static herr_t driver_query(const H5FD_t *shared, unsigned long *features) {
  (void)shared;
  if (features != NULL) *features = H5FD_FEAT_DATA_SIEVE;
  return 0;
}

static haddr_t driver_end_of_addresses(const H5FD_t *shared, H5FD_mem_t kind) {
  (void)kind;
  return ((const open_file *)shared)->end_of_addresses;
}

static herr_t driver_set_end_of_addresses(H5FD_t *shared, H5FD_mem_t kind, haddr_t address) {
  (void)kind;
  ((open_file *)shared)->end_of_addresses = address;
  return 0;
}

static haddr_t driver_end_of_file(const H5FD_t *shared, H5FD_mem_t kind) {
  (void)kind;
  return ((const open_file *)shared)->input->byte_count;
}

static herr_t driver_read(
    H5FD_t *shared, H5FD_mem_t kind, hid_t transfer, haddr_t address, size_t count, void *buffer) {
  (void)kind, (void)transfer;
  sedge_hdf5_input *input = ((open_file *)shared)->input;
  if (address > input->byte_count || count > input->byte_count - address) return -1;
  size_t done = 0;
  while (done < count) {
    size_t step = count - done < MOST_AT_ONCE ? count - done : MOST_AT_ONCE;
    ssize_t got = pread(input->descriptor, (char *)buffer + done, step, (off_t)(address + done));
    if (got > 0) {
      done += (size_t)got;
    } else if (got == 0 || errno != EINTR) {
      if (input->fault == SEDGE_INPUT_WHOLE) {
        input->fault = got == 0 ? SEDGE_INPUT_ENDED : SEDGE_INPUT_REFUSED;
        input->error = got == 0 ? 0 : errno;
        input->fault_offset = address + done;
      }
      return -1;
    }
  }
  return 0;
}

static herr_t driver_write(
    H5FD_t *shared, H5FD_mem_t kind, hid_t transfer, haddr_t address, size_t count, const void *buffer) {
  (void)shared, (void)kind, (void)transfer, (void)address, (void)count, (void)buffer;
  return -1;
}

static const H5FD_class_t driver = {
#if defined(H5FD_CLASS_VERSION)
    .version = H5FD_CLASS_VERSION,
#endif
#if H5_VERSION_GE(1, 13, 0)
    // Numbers from 512 on are free to use; none is stored in a file.
    .value = (H5FD_class_value_t)600,
#endif
    .name = "sedge",
    .maxaddr = LAST_ADDRESS,
    .fc_degree = H5F_CLOSE_WEAK,
    .fapl_size = sizeof(properties),
    .open = driver_open,
    .close = driver_close,
    .cmp = driver_compare,
    .query = driver_query,
    .get_eoa = driver_end_of_addresses,
    .set_eoa = driver_set_end_of_addresses,
    .get_eof = driver_end_of_file,
    .read = driver_read,
    .write = driver_write,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

int64_t sedge_hdf5_open(sedge_hdf5_input *input) {
  static hid_t registered = H5I_INVALID_HID;
  if (registered < 0) registered = H5FDregister(&driver);
  hid_t access = registered < 0 ? H5I_INVALID_HID : H5Pcreate(sedge_H5P_FILE_ACCESS());
  if (access < 0) return H5I_INVALID_HID;
  const properties own = {input};
  hid_t file = H5Pset_driver(access, registered, &own) < 0 ? H5I_INVALID_HID : H5Fopen("input", READ_ONLY, access);
  H5Pclose(access);
  return file;
}
