
/*
 * The file of the local keys of apps.
 */


#include "unit.h"
#include "ngx_plaid_appkeys.h"


static ngx_plaid_appkeys_t  keys;


static ngx_int_t
parse(const char *text, const char **why, ngx_uint_t *line)
{
    ngx_str_t  s;

    s = unit_str(text);

    ngx_memset(&keys, 0xa5, sizeof(keys));

    return ngx_plaid_appkeys_parse(&keys, &s, why, line);
}


static void
refused(const char *text, ngx_uint_t at, const char *what, const char *name)
{
    const char  *why;
    ngx_int_t    rc;
    ngx_uint_t   line;

    rc = parse(text, &why, &line);

    ok(rc == NGX_DECLINED && line == at && why && strstr(why, what)
       && keys.n == 0, "%s", name);
}


static void
is_app(const char *key, const char *app, const char *name)
{
    ngx_int_t  rc;
    ngx_str_t  s, found;

    s = unit_str(key);
    ngx_str_null(&found);

    rc = ngx_plaid_appkeys_find(&keys, &s, &found);

    ok(rc == (app[0] ? NGX_OK : NGX_DECLINED), "%s", name);
    is_str(&found, app, name);
}


int
main(void)
{
    char         text[8192], *p;
    int          i;
    const char  *why;
    ngx_uint_t   line;

    ok(parse("# keys\nweb abc\r\n\n  web\tdef \nbatch.v-2_x \"$%{\n", &why,
             &line)
       == NGX_OK && keys.n == 3, "a file");

    is_app("abc", "web", "a key");
    is_app("def", "web", "another one of the same app");
    is_app("\"$%{", "batch.v-2_x", "the key of another one");
    is_app("ab", "", "a beginning");
    is_app("abcd", "", "more");
    is_app("", "", "nothing");
    is_app("web", "", "a name");

    refused("", 0, "no keys", "empty");
    refused("#\n", 0, "no keys", "a comment");
    refused("web\n", 1, "name key", "no key");
    refused("web a b\n", 1, "name key", "a third word");
    refused("we/b a\n", 1, "name that", "a slash in a name");
    refused("web a\nx a\n", 2, "duplicate", "a key of two apps");
    refused("web \xc3\xa9\n", 1, "printable", "not ASCII");

    memset(text, 'k', 600);
    memcpy(text, "web ", 4);
    text[4 + 512] = '\0';
    ok(parse(text, &why, &line) == NGX_OK, "a key of 512");
    text[4 + 512] = 'k';
    text[4 + 513] = '\0';
    refused(text, 1, "512", "a key of 513");

    memset(text, 'n', 65);
    strcpy(text + 65, " k");
    refused(text, 1, "name that", "a name of 65");
    ok(parse(text + 1, &why, &line) == NGX_OK, "a name of 64");

    for (p = text, i = 0; i < 65; i++) {
        p += sprintf(p, "a%d key%d\n", i, i);
    }

    refused(text, 65, "more than 64", "65 keys");

    ngx_plaid_hkdf_exit();

    return done_testing();
}
