
/*
 * Runs a target without a fuzzer: over each file of the directories given,
 * and over each beginning of it.
 */


#include "fuzz.h"
#include <dirent.h>
#include <sys/stat.h>


/* longer files are cut at every n-th byte only */
#define FUZZ_MAIN_CUTS  512


static unsigned  files;


static void
run(const char *path)
{
    FILE         *f;
    size_t        len, size, step;
    uint8_t      *data, *part;
    struct stat   st;

    f = fopen(path, "rb");

    if (f == NULL || fstat(fileno(f), &st) == -1) {
        perror(path);
        exit(1);
    }

    size = st.st_size;
    data = malloc(size + 1);

    if (fread(data, 1, size, f) != size) {
        perror(path);
        exit(1);
    }

    fclose(f);

    step = size / FUZZ_MAIN_CUTS + 1;

    for (len = 0; len <= size; len += (size - len < step && len < size)
                                      ? size - len : step)
    {
        part = malloc(len ? len : 1);
        memcpy(part, data, len);

        (void) LLVMFuzzerTestOneInput(part, len);

        free(part);
    }

    free(data);
    files++;
}


int
main(int argc, char **argv)
{
    int             i;
    DIR            *dir;
    char            path[4096];
    struct dirent  *entry;

    for (i = 1; i < argc; i++) {

        dir = opendir(argv[i]);

        if (dir == NULL) {
            run(argv[i]);
            continue;
        }

        while ((entry = readdir(dir)) != NULL) {
            if (entry->d_name[0] != '.') {
                snprintf(path, sizeof(path), "%s/%s", argv[i], entry->d_name);
                run(path);
            }
        }

        closedir(dir);
    }

    printf("%u files\n", files);

    return files == 0;
}
