
/*
 * The instructions of one operation.  Only what is between budget_on() and
 * budget_off() is counted; budget_end() says whose it was.
 */


#ifndef _BUDGET_H_INCLUDED_
#define _BUDGET_H_INCLUDED_


#include "unit.h"
#include <valgrind/callgrind.h>


/* operations that are counted together: the first ones fill caches */
#define BUDGET_TIMES  16


#define budget_on()    CALLGRIND_TOGGLE_COLLECT
#define budget_off()   CALLGRIND_TOGGLE_COLLECT

#define budget_begin() CALLGRIND_ZERO_STATS
#define budget_end(name)                                                      \
    do {                                                                      \
        CALLGRIND_DUMP_STATS_AT(name);                                        \
        CALLGRIND_ZERO_STATS;                                                 \
    } while (0)

/* what is measured has to work */
#define budget_must(cond)                                                     \
    if (!(cond)) {                                                            \
        fprintf(stderr, "%s:%d: %s failed\n", __FILE__, __LINE__, #cond);     \
        exit(1);                                                              \
    }


void budget_bodies(void);
void budget_store(void);


#endif /* _BUDGET_H_INCLUDED_ */
