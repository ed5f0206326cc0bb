
/* A reply in the legacy dialect. */


#include "fuzz_reply.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_reply(data, size, NGX_PLAID_LEGACY);

    return 0;
}
