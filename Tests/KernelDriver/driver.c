// Memory between guard pages, random numbers, reports.
#define _GNU_SOURCE
#include "driver.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#if !defined(MAP_ANONYMOUS)
#define MAP_ANONYMOUS MAP_ANON
#endif

// Memory

/// The number of pattern bytes next to a buffer that are checked.
enum { MARGIN = 256, PATTERN = 0xA5, SLOTS = 24 };

static struct {
  uint8_t *memory;
  size_t capacity;
  uint8_t *given;
  size_t bytes;
} slots[SLOTS];
static int slot_count, place_of_case;
static const char *running_function = "", *running_set = "";

void running(const char *function, const char *set) {
  running_function = function;
  running_set = set;
}

static void touched(int signal, siginfo_t *info, void *context) {
  (void)signal, (void)context;
  char line[256];
  const char *where = "outside of all buffers";
  const uint8_t *address = info->si_addr;
  for (int i = 0; i < slot_count; i++)
    if (address + 65536 >= slots[i].given && address < slots[i].given + slots[i].bytes + 65536)
      where = address < slots[i].given ? "before a buffer" : "after a buffer";
  const int length = snprintf(line, sizeof line, "%s of %s accessed memory %s (buffers %s)\n", running_function,
                              running_set, where, place_of_case == AFTER_GUARD ? "after guard pages" : "before guard pages");
  (void)!write(2, line, (size_t)length);
  _exit(3);
}

void start_case(int place) {
  static int is_ready;
  if (!is_ready) {
    struct sigaction action = {.sa_sigaction = touched, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    is_ready = 1;
  }
  slot_count = 0;
  place_of_case = place;
}

void *give(size_t bytes) {
  if (slot_count == SLOTS) abort();
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  typeof(slots[0]) *slot = &slots[slot_count++];
  if (slot->capacity < bytes + MARGIN) {
    if (slot->memory) munmap(slot->memory - page, slot->capacity + 2 * page);
    slot->capacity = (bytes + MARGIN + page - 1) / page * page;
    uint8_t *all = mmap(NULL, slot->capacity + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED || mprotect(all + page, slot->capacity, PROT_READ | PROT_WRITE) != 0) abort();
    slot->memory = all + page;
  }
  slot->bytes = bytes;
  slot->given = place_of_case == AFTER_GUARD ? slot->memory : slot->memory + slot->capacity - bytes;
  memset(place_of_case == AFTER_GUARD ? slot->given : slot->given - MARGIN, PATTERN, bytes + MARGIN);
  return slot->given;
}

void *give_copy(const void *source, size_t bytes) {
  return source == NULL ? NULL : memcpy(give(bytes), source, bytes);
}

void end_case(void) {
  for (int i = 0; i < slot_count; i++) {
    const uint8_t *margin = place_of_case == AFTER_GUARD ? slots[i].given + slots[i].bytes : slots[i].given - MARGIN;
    for (int j = 0; j < MARGIN; j++)
      if (margin[j] != PATTERN) {
        fprintf(stderr, "%s of %s wrote %s a buffer\n", running_function, running_set,
                place_of_case == AFTER_GUARD ? "after" : "before");
        exit(3);
      }
  }
}

// Numbers

static uint64_t state;

void seed(uint64_t value) { state = value * 0x9E3779B97F4A7C15u + 1; }

/// splitmix64.
uint64_t random_bits(void) {
  uint64_t z = state += 0x9E3779B97F4A7C15u;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
  z = (z ^ z >> 27) * 0x94D049BB133111EBu;
  return z ^ z >> 31;
}

float random_float(void) { return (float)((int32_t)(random_bits() >> 40) - (1 << 23)) * 0x1p-23f; }
float random_wide(void) { return ldexpf(random_float(), (int)random_below(41) - 20); }
size_t random_below(size_t limit) { return (size_t)(random_bits() % (uint64_t)limit); }

// Reports

size_t failures;

void expect(outcome *outcome, double actual, double expected, double tolerance) {
  outcome->values++;
  double error = fabs(actual - expected);
  if (actual == expected || (isnan(actual) && isnan(expected))) error = 0;
  const double part = error == 0 ? 0 : isnan(error) || tolerance == 0 ? INFINITY : error / tolerance;
  if (part > 1 && outcome->failures++ == 0)
    fprintf(stderr, "%s of %s: %.9g, expected %.9g within %.3g\n", outcome->function, outcome->set, actual, expected,
            tolerance);
  if (part >= outcome->part) {
    outcome->part = part;
    outcome->error = error;
    outcome->tolerance = tolerance;
  }
}

void report(const outcome *outcome) {
  printf("%-13s %-26s %8zu values, error %-9.3g within %-9.3g %s\n", outcome->set, outcome->function, outcome->values,
         outcome->error, outcome->tolerance, outcome->failures == 0 ? "ok" : "FAILED");
  failures += outcome->failures;
}

static struct {
  const char *function, *set;
  uint64_t value;
} digests[256];
static int digest_count;

void digest(const char *function, const char *set, const void *bytes, size_t count) {
  int i = 0;
  while (i < digest_count && (strcmp(digests[i].function, function) != 0 || strcmp(digests[i].set, set) != 0)) i++;
  if (i == digest_count) {
    if (digest_count == 256) abort();
    digests[digest_count].function = function;
    digests[digest_count].set = set;
    digests[digest_count++].value = 0xCBF29CE484222325u;
  }
  // FNV-1a.
  for (size_t j = 0; j < count; j++)
    digests[i].value = (digests[i].value ^ ((const uint8_t *)bytes)[j]) * 0x100000001B3u;
}

int report_digests(void) {
  int is_same = 1;
  for (int i = 0; i < digest_count; i++) {
    int first = 0;
    while (strcmp(digests[first].function, digests[i].function) != 0) first++;
    if (first == i) printf("bits of %-26s %016llx\n", digests[i].function, (unsigned long long)digests[i].value);
    if (digests[i].value != digests[first].value) {
      printf("bits of %s differ: %s and %s\n", digests[i].function, digests[first].set, digests[i].set);
      is_same = 0;
    }
  }
  return is_same;
}
