// Whether a sanitizer watches the program: it needs addresses without limit, and files to report what it finds.
#ifndef SANITIZERS_H
#define SANITIZERS_H

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SEDGE_HAS_SANITIZER 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SEDGE_HAS_SANITIZER 1
#endif
#if !defined(SEDGE_HAS_SANITIZER)
#define SEDGE_HAS_SANITIZER 0
#endif

#endif
