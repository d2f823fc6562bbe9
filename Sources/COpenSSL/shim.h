// OpenSSL's libcrypto (https://www.openssl.org), imported as it is; Sedge uses its SHA-256.
#include <openssl/evp.h>
