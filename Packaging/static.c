// What a program or library needs that is linked with Debian's archives of C libraries: `Scripts/build-library.sh --static`.

#include <stdio.h>

// The archives are compiled for programs, which hold glibc's variables stdout and stderr themselves; a shared library cannot.
extern FILE _IO_2_1_stdout_, _IO_2_1_stderr_;
#undef stdout
#undef stderr
__attribute__((visibility("hidden"))) FILE *stdout = &_IO_2_1_stdout_, *stderr = &_IO_2_1_stderr_;

// A variable that OpenSSL leaves to the linker (its only one); defined here it can be hidden in libsedge.a.
__attribute__((visibility("hidden"))) unsigned OPENSSL_ia32cap_P[4];

// Codecs that libtiff calls only for compressions that TIFFPicture refuses before. Each reports a failure. libjbig must not be
// inside, as its licence is the GPL; liblzma and libLerc are left out with it.
#define FAILS(function, result) \
  __attribute__((visibility("hidden"))) long function(void) { return result; }

FAILS(jbg_dec_free, 0)
FAILS(jbg_dec_getimage, 0)
FAILS(jbg_dec_getsize, 0)
FAILS(jbg_dec_in, 6 << 4) // JBG_EINVAL
FAILS(jbg_dec_init, 0)
FAILS(jbg_enc_free, 0)
FAILS(jbg_enc_init, 0)
FAILS(jbg_enc_out, 0)
FAILS(jbg_newlen, 6 << 4)
FAILS(jbg_strerror, (long)"JBIG is not supported")

FAILS(lzma_code, 11) // LZMA_PROG_ERROR
FAILS(lzma_end, 0)
FAILS(lzma_lzma_preset, 1)
FAILS(lzma_memusage, -1)
FAILS(lzma_stream_decoder, 11)
FAILS(lzma_stream_encoder, 11)

FAILS(lerc_decode, 1) // ErrCode::Failed
FAILS(lerc_encodeForVersion, 1)
FAILS(lerc_getBlobInfo, 1)
