
/*
 * What the fuzz targets share.  A target is one source with the function
 * LLVMFuzzerTestOneInput(); it aborts when a promise is broken.
 *
 * Inputs are texts as far as possible, so that a seed can be read and
 * written by hand.
 */


#ifndef _FUZZ_H_INCLUDED_
#define _FUZZ_H_INCLUDED_


#include "unit.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


#define fuzz_check(cond)                                                     \
    do {                                                                     \
        if (!(cond)) {                                                       \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);       \
            abort();                                                         \
        }                                                                    \
    } while (0)


#endif /* _FUZZ_H_INCLUDED_ */
