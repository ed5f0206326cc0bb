
/* Forms with parts, as a body. */


#include "body_env.h"


#define CD(name)    "Content-Disposition: form-data; name=" name "\r\n"
#define NAMED(n)    "--X\r\n" CD("\"" n "\"") "\r\n"
#define TOKEN(v)    NAMED("public_token") v "\r\n"
#define END         "--X--\r\n"

#define B10         "0123456789"
#define B70         B10 B10 B10 B10 B10 B10 B10
#define N32         "01234567890123456789012345678901"
#define LONGEST     N32 N32 N32 N32 N32 N32 N32 N32

/* one part with these header lines and this value */
#define PART(h, v)  "--X\r\n" h "\r\n" v "\r\n" END


static void
values(void)
{
    found(MULTIPART, TOKEN("public-sandbox-1") END, "public-sandbox-1",
          "the only part");
    found(MULTIPART, NAMED("a") "1\r\n" TOKEN("x") NAMED("b") "2\r\n" END,
          "x", "among others");
    found(MULTIPART, TOKEN("a%2Cb+c") END, "a%2Cb+c", "nothing is decoded");
    found(MULTIPART, TOKEN("a\r\nb") END, "a\r\nb", "a line break in it");
    found(MULTIPART, TOKEN("a\r") END, "a\r", "a CR at its end");
    malformed(MULTIPART, TOKEN("a--X") END, "the boundary, not on a line");
    found(MULTIPART, TOKEN("\r\n--") END, "\r\n--", "dashes on a line");
    malformed(MULTIPART, TOKEN("a\n--X") END, "LF is no line break");
    malformed(MULTIPART, TOKEN("a\r--X") END, "CR is no line break");
    found(MULTIPART, TOKEN("\0\xff") END, "\0\xff", "any byte");
    found(MULTIPART, "\r\n" TOKEN("x") END, "x", "an empty line before it");
    found(MULTIPART, TOKEN("x") END "\r\n", "x", "an empty line behind it");
    found(MULTIPART, TOKEN("x") "--X--", "x", "no line break at the end");
    found("Multipart/Form-Data;charset=utf-8; BOUNDARY=\"a b\" ;",
          "--a b\r\n" CD("public_token") "\r\nx\r\n--a b--\r\n", "x",
          "a quoted boundary");
    found("multipart/form-data; boundary=*****",
          "--*****\r\n" CD("public_token") "\r\nx\r\n--*****--\r\n", "x",
          "a boundary of other characters");
    found("multipart/form-data; boundary=!~",
          "--!~\r\n" CD("public_token") "\r\nx\r\n--!~--\r\n", "x",
          "the first and the last of them");
    found("multipart/form-data; boundary="
          B70,
          "--" B70
          "\r\n" CD("public_token") "\r\nx\r\n"
          "--" B70
          "--\r\n", "x", "a boundary of 70 bytes");
    found("multipart/form-data; boundary="
          B70 "0",
          "--" B70 "0"
          "\r\n" CD("public_token") "\r\nx\r\n"
          "--" B70 "0"
          "--\r\n", "x", "a boundary of 71 bytes");
    found("multipart/form-data; boundary=--boundary-0",
          "----boundary-0\r\n" CD("public_token") "\r\nx\r\n"
          "----boundary-0--\r\n", "x", "a boundary that says so");
}


static void
names(void)
{
    found(MULTIPART, PART(CD("public_token"), "x"), "x", "no quotes");
    found(MULTIPART, PART("content-DISPOSITION:Form-Data ;"
                          "NAME=public_token\r\n", "x"), "x",
          "case and blanks");
    found(MULTIPART, PART("Content-Disposition: form-data\t;\tname="
                          "public_token\t\r\n", "x"), "x", "tabs");
    found(MULTIPART, PART("Content-Disposition: form-data; a=b; "
                          "name=\"public_token\"; c=\"d;\"\r\n", "x"), "x",
          "other parameters");
    found(MULTIPART, PART(CD("\"public_token\"") "Content-Type: text/plain\r\n"
                          "X-A:\r\n", "x"), "x", "other headers");
    found(MULTIPART, PART(CD("\"public_token\";"), "x"), "x",
          "a semicolon at the end");
    malformed(MULTIPART, PART("Content-Disposition: form-data;;"
                              "name=public_token\r\n", "x"),
              "two semicolons");
    absent(MULTIPART, PART(CD("\"public%5ftoken\""), "x"),
           "names are not percent-encoded");
    absent(MULTIPART, PART(CD("\"\""), "x"), "empty name");
    malformed(MULTIPART, PART("Content-Disposition: form-data\r\n", "x"),
              "no name");

    absent(MULTIPART, PART(CD("\"" LONGEST "0\""), "x"),
           "a name that cannot be listed");

    body_env_fields = LONGEST;

    found(MULTIPART, PART(CD("\"" LONGEST "\""), "x"), "x",
          "the longest name");
    absent(MULTIPART, PART(CD("\"" LONGEST "0\""), "x"), "one byte more");

    body_env_fields = "a\"b a\r\nc a\\d a%2";

    found(MULTIPART, PART(CD("\"a%22b\""), "x"), "x",
          "a quote as browsers do");
    malformed(MULTIPART, PART(CD("\"a\\\"b\""), "x"),
              "a quote as RFC 7578 does");
    found(MULTIPART, PART(CD("\"a%0d%0Ac\""), "x"), "x",
          "a line break as browsers do");
    malformed(MULTIPART, PART(CD("\"a\\\\d\""), "x"),
              "a backslash, quoted");
    found(MULTIPART, PART(CD("\"a\\d\""), "x"), "x",
          "a backslash as browsers do");
    found(MULTIPART, PART(CD("\"a%2\""), "x"), "x",
          "a percent sign");

    body_env_fields = "public_token";
}


static void
files(void)
{
    absent(MULTIPART, PART(CD("\"public_token\"; filename=\"a\""), "x"),
           "a file");
    absent(MULTIPART, PART(CD("\"public_token\"; filename=\"\""), "x"),
           "a file without a name");
    absent(MULTIPART, PART(CD("\"public_token\"; filename=\"a\"; "
                              "filename*=utf-8''a"), "x"),
           "a file with two names");
    malformed(MULTIPART, PART(CD("\"public_token\"; FileName*=utf-8''a"), "x"),
              "a file with an encoded name");
    twice(MULTIPART, TOKEN("y") PART(CD("\"public_token\"; "
                                        "filename*=utf-8''a"), "x"),
          "beside a field");
    twice(MULTIPART, "--X\r\n" CD("\"public_token\"; filename=a")
          "\r\nx\r\n" TOKEN("y") END, "a file and a field");
    twice(MULTIPART, TOKEN("y") PART(CD("\"public_token\"; filename=\"\""),
                                     "x"), "an empty file input and a field");
    twice(MULTIPART, TOKEN("y") PART(CD("\"Public_token\"; filename=\"a\""),
                                     ""), "a file of a like name");
    found(MULTIPART, TOKEN("y") PART(CD("\"note\"; filename=\"public_token\""),
                                     "x"), "y", "a name for a file name");
}


static void
nothing(void)
{
    absent(MULTIPART, "", "empty body");
    absent(MULTIPART, "--X--\r\n", "no part");
    absent(MULTIPART, NAMED("a") "1\r\n" END, "no such part");
    absent(MULTIPART, TOKEN("") END, "empty value");
    absent(MULTIPART, "--X\r\n" CD("public_token") "\r\n\r\n--X--",
           "no value");
    malformed(MULTIPART, "--X\r\n" CD("public_token") "\r\n--X--",
              "nor a line for it");
    malformed(MULTIPART, "--X\r\n" CD("note") "\r\n" TOKEN("x") END,
              "no value of another part");
    absent(MULTIPART, TOKEN("null") END, "null");
    absent(MULTIPART, TOKEN("undefined") END, "undefined");
}


static void
several(void)
{
    twice(MULTIPART, TOKEN("x") TOKEN("y") END, "two parts");
    twice(MULTIPART, TOKEN("x") TOKEN("x") END, "two equal parts");
    found(MULTIPART, TOKEN("") TOKEN("x") END, "x", "none and a value");

    found_account(MULTIPART, TOKEN("x") NAMED("account_id") "acc\r\n" END,
                  "x", "acc", "account_id");

    body_env_fields = "public_token publicToken";

    twice(MULTIPART, TOKEN("x") NAMED("publicToken") "y\r\n" END,
          "two listed parts");

    body_env_fields = "public_token";
}


static void
boundaries(void)
{
    malformed("multipart/form-data", TOKEN("x") END, "no boundary");
    malformed("multipart/form-data; boundary=", TOKEN("x") END,
              "an empty boundary");
    malformed("multipart/form-data; boundary=\"\"",
              "--\r\n" CD("public_token") "\r\nx\r\n----\r\n",
              "an empty quoted boundary");
    malformed("multipart/form-data; boundary=\"X", TOKEN("x") END,
              "an open quote");
    malformed("multipart/form-data; boundary=\"X\"Y", TOKEN("x") END,
              "text after the quote");
    malformed("multipart/form-data; boundary=X; boundary=X",
              TOKEN("x") END, "two boundaries");
    malformed("multipart/form-data; boundary=\"X \"",
              "--X \r\n" CD("public_token") "\r\nx\r\n--X --\r\n",
              "a space at its end");
    malformed("multipart/form-data; boundary=\"\\X\"",
              "--\\X\r\n" CD("public_token") "\r\nx\r\n--\\X--\r\n",
              "a quoted-pair in it");
    malformed("multipart/form-data; boundary=\"X\tX\"",
              "--X\tX\r\n" CD("public_token") "\r\nx\r\n--X\tX--\r\n",
              "a tab in it");
    malformed("multipart/form-data; boundary=X\xe9",
              "--X\xe9\r\n" CD("public_token") "\r\nx\r\n--X\xe9--\r\n",
              "a byte in it that is not ASCII");
    malformed("multipart/form-data; boundary", TOKEN("x") END, "no value");
    malformed("multipart/form-data; =X; boundary=X", TOKEN("x") END,
              "a parameter without a name");
    malformed("multipart/form-data; boundary=X Y", TOKEN("x") END,
              "text after the boundary");
    malformed("multipart/form-data; boundary=Y", TOKEN("x") END,
              "another boundary");
    malformed(MULTIPART, "a--X\r\n" CD("public_token") "\r\nx\r\n" END,
              "not on a line");
    malformed(MULTIPART, "a" TOKEN("x") TOKEN("y") END,
              "a byte before the first one");
    malformed(MULTIPART, "\n" TOKEN("x") END, "LF before the first one");
    malformed(MULTIPART, "\r\n\r\n" TOKEN("x") END, "two empty lines");
    malformed(MULTIPART, "preamble\r\n" TOKEN("x") END, "preamble");
    malformed(MULTIPART, TOKEN("x") END "epilogue", "epilogue");
    malformed(MULTIPART, TOKEN("x") END "\n", "LF behind the last one");
    malformed(MULTIPART, TOKEN("x") END TOKEN("y"), "parts after the end");
    malformed(MULTIPART, TOKEN("x") "--X-- \t", "padding at the end");
    malformed(MULTIPART, "--X \t\r\n" CD("public_token") "\r\nx\r\n" END,
              "transport padding");
    malformed(MULTIPART, NAMED("note") "hi\n--X\n" CD("public_token")
              "\ny\r\n" TOKEN("x") END, "a part by LF in a value");
    malformed(MULTIPART, TOKEN("x") NAMED("note") "hi--X\r\n"
              CD("public_token") "\r\ny\r\n" END, "a part in a line");
    malformed(MULTIPART, TOKEN("x") "--X\r\n" CD("note\"--X\"") "\r\n\r\n"
              END, "the boundary in a header");
    malformed(MULTIPART, "a--X\r\n" CD("public_token") "\r\nx\r\n",
              "and only that");
    malformed(MULTIPART, TOKEN("--X") END, "on a line in a part");
    malformed(MULTIPART, "\n" TOKEN("x"), "the first one after LF");
    malformed(MULTIPART, "--XY\r\n" CD("public_token") "\r\nx\r\n--X--\r\n",
              "a longer first boundary");
    malformed(MULTIPART, TOKEN("x\r\n--XY") END, "a longer boundary");
    malformed(MULTIPART, TOKEN("x") "--X-\r\n", "half of the end");
    malformed(MULTIPART, TOKEN("x") "--X--Y", "text after the end");
    malformed(MULTIPART, TOKEN("x") "--X--\n", "LF after the end");
    malformed(MULTIPART, TOKEN("x") "--X+-\r\n", "a bad end");
    malformed(MULTIPART, TOKEN("x") "--X-+\r\n", "another bad end");
    malformed(MULTIPART, "--X" CD("public_token") "\r\nx\r\n" END,
              "no line break after a boundary");
    malformed(MULTIPART, "--X?\n" CD("public_token") "\r\nx\r\n" END,
              "half of a line break after a boundary");
    malformed(MULTIPART, "--X\r?" CD("public_token") "\r\nx\r\n" END,
              "the other half");
    malformed(MULTIPART, TOKEN("x") "--X\n", "LF after a boundary");
    malformed(MULTIPART, TOKEN("x") "--X \r", "CR after a boundary");
}


static void
syntax(void)
{
    malformed(MULTIPART, NAMED("public_token") "x", "unterminated part");
    malformed(MULTIPART, TOKEN("x"), "no end");
    malformed(MULTIPART, TOKEN("x") "--", "dashes at the end");
    malformed(MULTIPART, TOKEN("x") "--X", "the boundary at the end");
    malformed(MULTIPART, "--X\r\n", "nothing after a boundary");
    malformed(MULTIPART, "--X\r\n" CD("public_token"),
              "nothing after a header");
    malformed(MULTIPART, "--X\r\n" CD("public_token") "\r",
              "half of a line break");
    malformed(MULTIPART, "--X\r\n" CD("public_token") END, "no empty line");
    malformed(MULTIPART, "--X\r\nContent-Disposition: form-data",
              "cut header");
    malformed(MULTIPART, PART("Content-Disposition form-data\r\n", "x"),
              "no colon");
    malformed(MULTIPART, PART(": form-data\r\n", "x"), "no header name");
    malformed(MULTIPART, PART("Content-Disposition : form-data\r\n", "x"),
              "a blank before the colon");
    malformed(MULTIPART, PART("Content-Disposition: form-data;\r\n"
                              " name=\"public_token\"\r\n", "x"),
              "a folded header");
    malformed(MULTIPART, PART(CD("public_token") "A: b\nC: d\r\n", "x"),
              "LF in a header");
    malformed(MULTIPART, PART(CD("public_token") "A: b\rC: d\r\n", "x"),
              "CR in a header");
    malformed(MULTIPART, PART(CD("public_token") "A: b\rCD: e\r\n", "x"),
              "CR in a header, and what looks like one after it");
    malformed(MULTIPART, PART(CD("public_token") " A: b\r\n", "x"),
              "a folded header with a colon");
    malformed(MULTIPART, PART(CD("public_token") "\tA: b\r\n", "x"),
              "folded with a tab");
    malformed(MULTIPART, PART(CD("public_token") "A\t: b\r\n", "x"),
              "a tab before the colon");
    malformed(MULTIPART, PART(CD("public_token")
                              "Content-Disposition: form-data\r\n", "x"),
              "two dispositions, one name");
    malformed(MULTIPART, PART(CD("public_token") "A: \0\r\n", "x"),
              "NUL in a header");
    malformed(MULTIPART, PART(CD("public_token") "A: \x7f\r\n", "x"),
              "DEL in a header");
    malformed(MULTIPART, PART(CD("public_token") CD("a"), "x"),
              "two dispositions");
    malformed(MULTIPART, PART(CD("a") CD("public_token"), "x"),
              "two dispositions, the other way round");
    malformed(MULTIPART, PART(CD("public_token; name=a"), "x"), "two names");
    malformed(MULTIPART, PART(CD("a; name=public_token"), "x"),
              "two names, the other way round");
    malformed(MULTIPART, PART(CD("\"public_token"), "x"), "an open quote");
    malformed(MULTIPART, PART(CD("\"public_token\\\""), "x"),
              "a quoted quote at the end");
    malformed(MULTIPART, PART(CD("\"public_token\\"), "x"),
              "a backslash at the end");
    malformed(MULTIPART, PART(CD("\"public_token\"x"), "x"),
              "text after a quote");
    malformed(MULTIPART, PART(CD("public\"_token\""), "x"),
              "a quote in a name");
    malformed(MULTIPART, PART("Content-Disposition: form-data x; "
                              "name=public_token\r\n", "x"),
              "two dispositions in one");
    malformed(MULTIPART, PART("Content-Disposition: form-data; name; "
                              "name=public_token\r\n", "x"),
              "a parameter without a value");
    malformed(MULTIPART, PART("Content-Disposition: form-data; "
                              "name =public_token\r\n", "x"),
              "a blank before the equal sign");
    malformed(MULTIPART, PART(CD("public_token;a;b=c"), "x"),
              "a parameter without a value before one");
    malformed(MULTIPART, PART(CD("public_token; a\t=b"), "x"),
              "a tab before the equal sign");
    malformed(MULTIPART, PART("Content-Disposition: form-data; a=b c; "
                              "name=public_token\r\n", "x"),
              "two words for a value");
    malformed(MULTIPART, PART("Content-Disposition: form-data; "
                              "=public_token\r\n", "x"),
              "a parameter without a name");
}


static void
encodings(void)
{
    malformed(MULTIPART, PART(CD("public_token")
              "Content-Transfer-Encoding: base64\r\n", "eA=="), "base64");
    malformed(MULTIPART, PART("Content-Transfer-Encoding: x\r\n"
              CD("public_token"), "x"), "before the disposition");
    found(MULTIPART, PART(CD("public_token")
          "Content-Transfer-Encoding: 8bit \r\n", "x"), "x", "8bit");
    found(MULTIPART, PART(CD("public_token")
          "content-transfer-encoding:BINARY\r\n", "x"), "x", "binary");
    found(MULTIPART, PART(CD("public_token")
          "Content-Transfer-Encoding: 7bit\r\n", "x"), "x", "7bit");
    found(MULTIPART, "--X\r\n" CD("a") "Content-Transfer-Encoding: base64\r\n"
          "\r\neA==\r\n" TOKEN("x") END, "x", "base64 elsewhere");
}


static int
limit(ngx_str_t *body, ngx_plaid_body_e result)
{
    body_env_case_t  c;

    memset(&c, 0, sizeof(c));
    c.type = MULTIPART;
    c.body = *body;
    c.result = result;

    if (result == NGX_PLAID_BODY_FOUND) {
        c.token = unit_str("x");
    }

    return body_env_cut(body, (size_t[]) { body->len / 2, 0 }, 1, &c);
}


/* a body of "n" times "text" before, between "head" and "tail" */

static int
repeated(const char *head, const char *text, size_t n, const char *tail,
    ngx_plaid_body_e result)
{
    int        good;
    char      *p;
    ngx_str_t  body;

    body.data = malloc(strlen(head) + n * strlen(text) + strlen(tail) + 1);

    p = stpcpy((char *) body.data, head);

    while (n--) {
        p = stpcpy(p, text);
    }

    p = stpcpy(p, tail);
    body.len = p - (char *) body.data;

    good = limit(&body, result);

    free(body.data);

    return good;
}


static void
limits(void)
{
    ok(repeated("", NAMED("a") "1\r\n", 999, TOKEN("x") END,
                NGX_PLAID_BODY_FOUND), "1000 parts");
    ok(repeated("", NAMED("a") "1\r\n", 1000, TOKEN("x") END,
                NGX_PLAID_BODY_MALFORMED), "1001 parts");
    ok(repeated("--X\r\n" CD("public_token"), "A: b\r\n", 15, "\r\nx\r\n" END,
                NGX_PLAID_BODY_FOUND), "16 header lines");
    ok(repeated("--X\r\n" CD("public_token"), "A: b\r\n", 16, "\r\nx\r\n" END,
                NGX_PLAID_BODY_MALFORMED), "17 header lines");
    ok(repeated("--X\r\n" CD("note"), "A: b\r\n", 30, "\r\ny\r\n" TOKEN("x")
                END, NGX_PLAID_BODY_FOUND), "31 of another part");
    ok(repeated("--X\r\n" CD("note") "A: ", "b", 100000,
                "\r\n\r\ny\r\n" TOKEN("x") END, NGX_PLAID_BODY_FOUND),
       "a long header line of another part");
    ok(repeated("--X\r\n" CD("note") "A: ", "\\", 1000000,
                "\r\n\r\ny\r\n" TOKEN("x") END, NGX_PLAID_BODY_FOUND),
       "a million backslashes");
    ok(repeated("--X\r\n" CD("note") "A: ", "p\\\\\\", 250000,
                "\r\n\r\ny\r\n" TOKEN("x") END, NGX_PLAID_BODY_FOUND),
       "and beginnings of a listed name between them");
}


static void
block(void)
{
    size_t      i, n;
    char       *p;
    ngx_str_t   body;

    /* header lines of 1024 bytes with their line breaks, and one to fit */

    for (n = 8192; n <= 8193; n++) {

        body.data = malloc(n + 2048);

        p = stpcpy((char *) body.data, "--X\r\n" CD("public_token"));
        i = sizeof(CD("public_token")) - 1;

        while (i < n) {
            size_t  line = ngx_min(n - i, 1024);

            p = stpcpy(p, "A: ");
            memset(p, 'b', line - 5);
            p = stpcpy(p + line - 5, "\r\n");
            i += line;
        }

        p = stpcpy(p, "\r\nx\r\n" END);
        body.len = p - (char *) body.data;

        ok(limit(&body, n == 8192 ? NGX_PLAID_BODY_FOUND
                                  : NGX_PLAID_BODY_MALFORMED),
           "%zu bytes of headers", n);

        free(body.data);
    }
}


static void
folded(void)
{
    ngx_uint_t        i;
    char              body[512];
    body_env_case_t   c;

    static const char  *names[] = {
        "public.token", "public token", " public_token", "public_token ",
        "public[token", "[public_token]", "public_token[]",
        "public_token[x]", "Public_Token", "public_to\xe2\x84\xaa" "en",
        "public\\_token", "\\public_token"
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        memset(&c, 0, sizeof(c));
        c.type = MULTIPART;

        snprintf(body, sizeof(body), "--X\r\n" CD("\"%s\"") "\r\nB\r\n" END,
                 names[i]);
        c.body = unit_str(body);
        c.result = NGX_PLAID_BODY_MALFORMED;
        body_env_run(&c, names[i]);

        snprintf(body, sizeof(body), "--X\r\n" CD("\"%s\"") "\r\n\r\n"
                 TOKEN("A") END, names[i]);
        c.body = unit_str(body);
        c.result = NGX_PLAID_BODY_TWICE;
        body_env_run(&c, "empty, beside a token");
    }
}


/* parts of the boundary X with A, and of the boundary Z with B */

#define BOTH  TOKEN("A") END "--Z\r\n" CD("public_token") "\r\nB\r\n--Z--\r\n"

static void
content_types(void)
{
    malformed("multipart/form-data; x-boundary=Z; boundary=X", BOTH,
              "the first boundary");
    malformed("multipart/form-data; xBOUNDARY=Z; boundary=X", TOKEN("A") END,
              "in another case");
    malformed("multipart/form-data; boundary=X; boundary*=utf-8''Z",
              TOKEN("A") END, "RFC 2231");
    malformed("multipart/form-data; boundary=X; boundary*0=Z",
              TOKEN("A") END, "RFC 2231, in pieces");
    malformed("multipart/form-data; boundary=X; x=\"boundary=Z\"",
              TOKEN("A") END, "in another value");
    malformed("multipart/form-data; boundary=X; x=boundary", TOKEN("A") END,
              "only the word");
    malformed("multipart/form-data; boundary=X,Z",
              "--X,Z\r\n" CD("public_token") "\r\nA\r\n--X,Z--\r\n",
              "a comma");
    found("multipart/form-data; boundary=\"X,Z\"",
          "--X,Z\r\n" CD("public_token") "\r\nA\r\n--X,Z--\r\n", "A",
          "a comma in quotes");
    malformed("multipart/form-data; boundary='X'",
              "--'X'\r\n" CD("public_token") "\r\nA\r\n--'X'--\r\n",
              "single quotes");
    malformed("multipart/form-data; boundary=\"=?us-ascii?b?WA==?=\"",
              "--=?us-ascii?b?WA==?=\r\n" CD("public_token") "\r\nA\r\n"
              "--=?us-ascii?b?WA==?=--\r\n", "RFC 2047");
    malformed("multipart/form-data; boundary=X;y", TOKEN("A") END, "a word");
    malformed("multipart/form-data;; boundary=X", TOKEN("A") END,
              "two semicolons");
    malformed("multipart/form-data; boundary= X", TOKEN("A") END, "a blank");
    malformed("multipart/form-data; boundary=X; charset=utf-8; charset=utf-7",
              TOKEN("A") END, "two charsets");
    malformed("multipart/form-data; boundary=X; x-charset=utf-7",
              TOKEN("A") END, "a charset of another name");
    malformed("multipart/form-data; boundary=X; charset=utf-16",
              TOKEN("A") END, "a charset that is not searched");
    found("multipart/form-data; boundary=X; charset=\"ISO-8859-1\"; a=\"b c\"",
          TOKEN("A") END, "A", "other parameters");
}


/* Beside a token; some parser reads B of each. */

static void
odd(void)
{
#define A_AND(head)  TOKEN("A") PART(head, "B")

    malformed(MULTIPART, A_AND(CD("\"note\"; name*=utf-8''public_token")),
              "an encoded name");
    malformed(MULTIPART, A_AND("Content-Disposition: form-data; "
              "name*0=\"public_\"; name*1=\"token\"\r\n"),
              "a name in pieces");
    malformed(MULTIPART, A_AND(CD("\"=?us-ascii?b?cHVibGljX3Rva2Vu?=\"")),
              "RFC 2047");
    malformed(MULTIPART, A_AND("Content-Disposition: attachment; "
              "name=\"public_token\"\r\n"), "an attachment");
    malformed(MULTIPART, A_AND("X-Content-Disposition: form-data; "
              "name=\"public_token\"\r\n" CD("note")), "another header");
    malformed(MULTIPART, A_AND("xContent-Disposition: form-data; "
              "name=\"public_token\"\r\n"), "a byte more");
    malformed(MULTIPART, A_AND("A: Content-Disposition: form-data; "
              "name=\"public_token\"\r\n" CD("note")), "in another header");
    malformed(MULTIPART, A_AND(CD("\"note\"; x=\"; name=public_token\"")),
              "in a value");
    malformed(MULTIPART, A_AND(CD("\"note\"; x-name=\"public_token\"")),
              "in the value of another parameter");
    malformed(MULTIPART, A_AND("Content-ID: public_token\r\n"),
              "for the name of a part");
    malformed(MULTIPART, A_AND("Content-Disposition: form-data\r\n"
              "Content-ID: public_token\r\n"), "of a part without one");
    malformed(MULTIPART, A_AND("Content-Disposition: form-data\r\n"
              "Content-Type: public_token\r\n"), "its type");
    malformed(MULTIPART, A_AND("Content-Type: text/plain\r\n"),
              "no disposition");
    malformed(MULTIPART, TOKEN("A") "--X\r\n\r\nB\r\n" END, "no header");
    malformed(MULTIPART, A_AND(CD("\"note\"; x=\"\\\"; name=public_token; "
              "y=\"\\\"\"")), "a backslash before a quote");
    malformed(MULTIPART, A_AND("Content-Disposition: form-data; n=note\r\n"),
              "no name");
    malformed(MULTIPART, A_AND(CD("\"f\"; filename=\"\xe9\"")),
              "a byte that is no UTF-8");
    malformed(MULTIPART, A_AND(CD("'public_token'")), "single quotes");
    malformed(MULTIPART, A_AND(CD("\"'public_token'\"")), "both");
    malformed(MULTIPART, A_AND(CD("\"note\"; name=\"public_token\"")),
              "two names");
    malformed(MULTIPART, A_AND(CD("\"note\"") CD("\"public_token\"")),
              "two dispositions");
    malformed(MULTIPART, A_AND("Content-Disposition: form-data;\r\n"
              " name=\"public_token\"\r\n"), "folded");
    malformed(MULTIPART, A_AND("Content-Disposition: form-data; "
              "name=\"public_\r\n token\"\r\n"), "folded in the name");
    malformed(MULTIPART, A_AND(" " CD("\"public_token\"")),
              "folded from nothing");
    malformed(MULTIPART, PART(CD("public_token")
              "Content-Type: text/plain; charset=ibm037\r\n", "x"),
              "a charset of the part");
    malformed(MULTIPART, PART(CD("public_token")
              "Content-Type: text/plain; x-charset=utf-7\r\n", "x"),
              "like a charset");
    malformed(MULTIPART, PART(CD("public_token; filename=\"a\\\""), "x"),
              "a file name with a backslash at its end");

#undef A_AND
}


/* What clients are known to write, in a part beside the token. */

static void
readers(void)
{
#define BESIDE(head, name)                                                   \
    found(MULTIPART, PART_OF(head) TOKEN("A") END, "A", name)
#define PART_OF(head)  "--X\r\n" head "\r\nvalue\r\n"

    BESIDE(CD("\"f\"; filename=\"a\"b\".pdf\""), "quotes in a file name");
    BESIDE(CD("\"f\"; filename=my file.pdf"), "blanks in a file name");
    BESIDE(CD("\"f\"; filename=\"C:\\dir\\\""), "a path for a file name");
    BESIDE(CD("\"f\\\""), "a name that ends in a backslash");
    BESIDE(CD("\"f\"; filename=\"a; name=b\""), "a file name like a name");
    BESIDE(CD("\"f\"; filename=a.pdf; filename*=utf-8''a.pdf")
           "Content-Type: application/pdf\r\n", "two file names");
    BESIDE(CD("\"f\"; filename=\"=?utf-8?B?YQ==?=\""), "RFC 2047");
    BESIDE("Content-Disposition: form-data;\r\n name=\"f\";\r\n"
           "\tfilename=\"a\"\r\n", "folded headers");
    BESIDE(CD("\"f\"; filename=\"\xc3\xa9\xf0\x9f\x98\x80\""), "UTF-8");
    BESIDE("Content-Disposition: attachment; filename=a\r\n",
           "an attachment");
    BESIDE("Content-Type: text/plain; charset=utf-8\r\nContent-Length: 5\r\n"
           CD("\"f\"") "Content-Transfer-Encoding: quoted-printable\r\n",
           "headers in another order");
    BESIDE(CD("\"f\"") "Content-Type: text/plain; charset=windows-1252\r\n",
           "another charset");
    BESIDE(CD("\"f\"; filename=\"\"") "Content-Type: "
           "application/octet-stream\r\n", "an empty file input");

    found(MULTIPART, PART(CD("\"public_token\"")
          "Content-Type: text/plain; charset=UTF-8\r\n"
          "Content-Transfer-Encoding: 8bit\r\n", "A"), "A",
          "headers of Java's and C#'s clients");

#undef BESIDE
#undef PART_OF
}


int
main(void)
{
    values();
    names();
    files();
    nothing();
    several();
    boundaries();
    syntax();
    encodings();
    limits();
    block();
    folded();
    content_types();
    odd();
    readers();

    return done_testing();
}
