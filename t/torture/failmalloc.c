
/*
 * Preloaded into nginx: one allocation fails, the n-th one after the test has
 * said so, for every caller, pools, libcurl, jansson and OpenSSL alike; and
 * blocks are counted, so that one that nobody frees is seen.
 *
 * The test and the process share the file that FAILMALLOC names, of the size
 * of the struct below: zeros at first.  With FAILMALLOC_TRACE in the
 * environment the caller who gets nothing is shown on stderr.
 */


#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>


#define FRAMES  24


typedef struct {
    int64_t         fail;           /* which one; 0: none, -1: count only */
    int64_t         count;          /* allocations since then */
    int64_t         failed;
    int64_t         live;           /* blocks */
} failmalloc_t;


void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *p);


static failmalloc_t  *shared;
static int            traced;


static void failmalloc_init(void) __attribute__((constructor));


static void
failmalloc_init(void)
{
    int          fd;
    void        *p;
    void        *frame[1];
    const char  *name;

    name = getenv("FAILMALLOC");
    fd = name ? open(name, O_RDWR) : -1;

    if (fd == -1) {
        abort();
    }

    p = mmap(NULL, sizeof(failmalloc_t), PROT_READ|PROT_WRITE, MAP_SHARED, fd,
             0);

    if (p == MAP_FAILED) {
        abort();
    }

    close(fd);

    if (getenv("FAILMALLOC_TRACE")) {

        /* what it loads, it loads now */
        (void) backtrace(frame, 1);
        traced = 1;
    }

    shared = p;
}


static int
refused(void)
{
    int    n;
    void  *frames[FRAMES];

    if (shared == NULL || shared->fail == 0) {
        return 0;
    }

    if (__atomic_add_fetch(&shared->count, 1, __ATOMIC_SEQ_CST)
        != shared->fail)
    {
        return 0;
    }

    shared->failed = 1;

    if (traced) {
        n = backtrace(frames, FRAMES);
        backtrace_symbols_fd(frames, n, STDERR_FILENO);
    }

    errno = ENOMEM;

    return 1;
}


static void *
counted(void *p)
{
    if (p && shared) {
        __atomic_add_fetch(&shared->live, 1, __ATOMIC_SEQ_CST);
    }

    return p;
}


void *
malloc(size_t size)
{
    return refused() ? NULL : counted(__libc_malloc(size));
}


void *
calloc(size_t n, size_t size)
{
    return refused() ? NULL : counted(__libc_calloc(n, size));
}


void
free(void *p)
{
    if (p && shared) {
        __atomic_sub_fetch(&shared->live, 1, __ATOMIC_SEQ_CST);
    }

    __libc_free(p);
}


void *
realloc(void *p, size_t size)
{
    if (p == NULL) {
        return malloc(size);
    }

    if (size == 0) {
        free(p);
        return NULL;
    }

    return refused() ? NULL : __libc_realloc(p, size);
}


void *
memalign(size_t alignment, size_t size)
{
    return refused() ? NULL : counted(__libc_memalign(alignment, size));
}


void *
aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}


int
posix_memalign(void **p, size_t alignment, size_t size)
{
    *p = memalign(alignment, size);

    return *p ? 0 : ENOMEM;
}
