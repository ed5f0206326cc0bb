
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
    found(MULTIPART, TOKEN("a--X") END, "a--X",
          "the boundary, not on a line");
    found(MULTIPART, TOKEN("\r\n--") END, "\r\n--", "dashes on a line");
    found(MULTIPART, TOKEN("a\n--X") END, "a\n--X", "LF is no line break");
    found(MULTIPART, TOKEN("x\rY--X") END, "x\rY--X",
          "CR is no line break");
    found(MULTIPART, TOKEN("\0\xff") END, "\0\xff", "any byte");
    found(MULTIPART, "\r\n" TOKEN("x") END, "x", "empty preamble");
    found(MULTIPART, "preamble --X\r\n" TOKEN("x") END, "x", "preamble");
    found(MULTIPART, TOKEN("x") END "--X\r\nepilogue", "x", "epilogue");
    found(MULTIPART, TOKEN("x") "--X--", "x", "no line break at the end");
    found(MULTIPART, TOKEN("x") "--X-- \t", "x", "padding at the end");
    found(MULTIPART, "--X \t\r\n" CD("public_token") "\r\nx\r\n--X-- \r\n",
          "x", "transport padding");
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
    found(MULTIPART, PART("Content-Disposition: form-data;;;name=public_token"
                          "\r\n", "x"), "x", "several semicolons");
    absent(MULTIPART, PART(CD("\"Public_token\""), "x"),
           "names are case-sensitive");
    absent(MULTIPART, PART(CD("\"public%5ftoken\""), "x"),
           "names are not percent-encoded");
    absent(MULTIPART, PART(CD("\"\""), "x"), "empty name");
    absent(MULTIPART, PART("Content-Disposition: form-data\r\n", "x"),
           "no name");
    absent(MULTIPART, PART("Content-Disposition: attachment; "
                           "name=\"public_token\"\r\n", "x"),
           "no form-data");
    absent(MULTIPART, PART("Content-Type: text/plain\r\n", "x"),
           "no disposition");
    absent(MULTIPART, PART("", "x"), "no header");

    absent(MULTIPART, PART(CD("\"" LONGEST "0\""), "x"),
           "a name that cannot be listed");

    body_env_fields = LONGEST;

    found(MULTIPART, PART(CD("\"" LONGEST "\""), "x"), "x",
          "the longest name");
    absent(MULTIPART, PART(CD("\"" LONGEST "0\""), "x"), "one byte more");

    body_env_fields = "a\"b a\r\nc a\\d a%2";

    found(MULTIPART, PART(CD("\"a%22b\""), "x"), "x",
          "a quote as browsers do");
    found(MULTIPART, PART(CD("\"a\\\"b\""), "x"), "x",
          "a quote as RFC 7578 does");
    found(MULTIPART, PART(CD("\"a%0d%0Ac\""), "x"), "x",
          "a line break as browsers do");
    found(MULTIPART, PART(CD("\"a\\\\d\""), "x"), "x",
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
    absent(MULTIPART, PART(CD("\"public_token\"; FileName*=utf-8''a"), "x"),
           "a file with an encoded name");
    found(MULTIPART, "--X\r\n" CD("\"public_token\"; filename=a")
          "\r\nx\r\n" TOKEN("y") END, "y", "a file and a field");
}


static void
nothing(void)
{
    absent(MULTIPART, "", "empty body");
    absent(MULTIPART, "--X--\r\n", "no part");
    absent(MULTIPART, NAMED("a") "1\r\n" END, "no such part");
    absent(MULTIPART, TOKEN("") END, "empty value");
    absent(MULTIPART, "--X\r\n" CD("public_token") "\r\n--X--", "no value");
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
    malformed("multipart/form-data; boundary="
              B70 "0",
              "--" B70 "0"
              "\r\n" CD("public_token") "\r\nx\r\n"
              "--" B70 "0"
              "--\r\n", "a boundary of 71 bytes");
    malformed("multipart/form-data; boundary=Y", TOKEN("x") END,
              "another boundary");
    absent(MULTIPART, "a--X\r\n" CD("public_token") "\r\nx\r\n" END,
           "not on a line, it is preamble");
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
    malformed(MULTIPART, PART("Content-Disposition: form-data x; name=a\r\n",
                              "x"), "two dispositions in one");
    malformed(MULTIPART, PART("Content-Disposition: form-data; name\r\n", "x"),
              "a parameter without a value");
    malformed(MULTIPART, PART("Content-Disposition: form-data; name =a\r\n",
                              "x"), "a blank before the equal sign");
    malformed(MULTIPART, PART(CD("public_token;a;b=c"), "x"),
              "a parameter without a value before one");
    malformed(MULTIPART, PART(CD("public_token; a\t=b"), "x"),
              "a tab before the equal sign");
    malformed(MULTIPART, PART("Content-Disposition: form-data; a=b c; "
                              "name=public_token\r\n", "x"),
              "two words for a value");
    malformed(MULTIPART, PART("Content-Disposition: form-data; =a\r\n", "x"),
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
    ok(repeated("--X\r\n" CD("public_token") "A: ", "b", 2045,
                "\r\n\r\nx\r\n" END, NGX_PLAID_BODY_FOUND),
       "a header line of 2048 bytes");
    ok(repeated("--X\r\n" CD("public_token") "A: ", "b", 2046,
                "\r\n\r\nx\r\n" END, NGX_PLAID_BODY_MALFORMED),
       "a header line of 2049 bytes");
}


static void
block(void)
{
    size_t      i, n;
    char       *p;
    ngx_str_t   body;

    /* header lines of 1024 bytes with their line breaks, and one to fit */

    for (n = 8192; n <= 8193; n++) {

        body.data = malloc(n + 256);

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

    return done_testing();
}
