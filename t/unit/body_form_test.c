
/* Forms, as a body. */


#include "body_env.h"


#define N32      "01234567890123456789012345678901"
#define LONGEST  N32 N32 N32 N32 N32 N32 N32 N32


static void
values(void)
{
    found(FORM, "public_token=public-sandbox-1", "public-sandbox-1",
          "the only field");
    found(FORM, "a=1&public_token=x&b=2", "x", "between others");
    found(FORM, "&&public_token=x&&", "x", "empty fields around");
    found(FORM, "public_token=test%2Cchase%2cconnected",
          "test,chase,connected", "percent-encoded value");
    found(FORM, "public_token=a+b", "a b", "plus is a space");
    found(FORM, "public_token=a%2Bb", "a+b", "encoded plus is a plus");
    found(FORM, "public_token=a=b=", "a=b=", "equal signs in the value");
    found(FORM, "public_token=%00%ff", "\0\xff", "any byte is decoded");
    found(FORM, "public_token=a\0b", "a\0b", "a raw NUL is kept");
    found(FORM, "public_token=x\r\n", "x\r\n", "a trailing newline is kept");
    found(FORM, "public_token=%25", "%", "an encoded percent sign");
    found(FORM, "public_token=%09%90%af%Fa", "\x09\x90\xaf\xfa",
          "the first and the last digits");
    found(FORM, "public_token=Null", "Null", "Null is not null");
    found(FORM, "public_token=nullx", "nullx", "null and more");
    found(FORM, "public_token=xundefined", "xundefined",
          "more and undefined");
}


static void
names(void)
{
    found(FORM, "public%5Ftoken=x", "x", "percent-encoded name");
    found(FORM, "%70%75blic_token=x", "x", "more of it");
    malformed(FORM, "Public_Token=x", "in another case");
    absent(FORM, "public_token2=x", "a longer name");
    absent(FORM, "public_toke=x", "a shorter name");
    malformed(FORM, "public+token=x", "plus in a name is a space");
    absent(FORM, "public_token%zz=x", "bad encoding in a name");
    absent(FORM, "public_token%=x", "cut encoding in a name");
    malformed(FORM, "public_token[]=x", "brackets behind it");
    absent(FORM, "data[public_token]=x", "nested names");
    absent(FORM, "=x", "no name");
    malformed(FORM, "public_token\0=x", "a NUL in a name");

    absent(FORM, LONGEST "0=x", "a name that cannot be listed");

    body_env_fields = LONGEST;

    found(FORM, LONGEST "=x", "x", "the longest name");
    absent(FORM, LONGEST "0=x", "one byte more");

    body_env_fields = "a publicToken with%20space c.d";

    found(FORM, "publicToken=x", "x", "another name");
    found(FORM, "c.d=x", "x", "a dot is a dot");
    absent(FORM, "public_token=x", "the default is not listed");

    body_env_fields = "public_token";
}


static void
nothing(void)
{
    absent(FORM, "", "empty body");
    absent(FORM, "a=1&b=2", "no such field");
    absent(FORM, "public_token", "name only");
    absent(FORM, "public_token=", "empty value");
    absent(FORM, "public_token=&a=1", "empty value, more fields");
    absent(FORM, "public_token=null", "null");
    absent(FORM, "public_token=undefined", "undefined");
    absent(FORM, "public_token=%6eull", "null, encoded");
    absent(FORM, "&", "separators only");
    absent(FORM, "=&=&", "separators of all kinds");
}


static void
several(void)
{
    twice(FORM, "public_token=x&public_token=y", "two values");
    twice(FORM, "public_token=x&public_token=x", "the same value twice");
    twice(FORM, "public_token=x&public%5ftoken=y", "two spellings");
    twice(FORM, "public_token=1&public_token=2&public_token=3", "three");
    found(FORM, "public_token=x&public_token=", "x", "a value and none");
    found(FORM, "public_token=null&public_token=x", "x", "null and a value");
    found(FORM, "public_token&public_token=x", "x", "a name and a value");

    body_env_fields = "public_token publicToken";

    twice(FORM, "public_token=x&publicToken=y", "two listed fields");
    found(FORM, "public_token=&publicToken=y", "y", "one of two is empty");

    body_env_fields = "public_token";
}


static void
encoding(void)
{
    malformed(FORM, "public_token=%", "percent sign at the end");
    malformed(FORM, "public_token=%4", "one digit at the end");
    malformed(FORM, "public_token=a%4&b=1", "the field ends in it");
    malformed(FORM, "public_token=%zz", "no digits");
    malformed(FORM, "public_token=%4g", "one digit");
    malformed(FORM, "public_token=%g4", "the other digit");
    malformed(FORM, "public_token=%@4", "not a digit, below A");
    malformed(FORM, "public_token=%.4", "not a digit, below 0");
    malformed(FORM, "public_token=%:4", "not a digit, above 9");
    found(FORM, "a=%zz&public_token=x&b=%", "x", "in other fields");
    twice(FORM, "public_token=%zz&public_token=x", "bad and good are two");
    twice(FORM, "public_token=x&public_token=%zz", "good and bad are two");
    twice(FORM, "public_token=%zz&public_token=%zz", "bad and bad are two");
    found(FORM, "account_id=%zz&public_token=x", "x",
          "account_id is another field");
}


static void
accounts(void)
{
    found_account(FORM, "public_token=x&account_id=acc", "x", "acc",
                  "account_id");
    found_account(FORM, "account_id=a%63c&public_token=x", "x", "acc",
                  "account_id first");
    found_account(FORM, "account_id=a&public_token=x&account_id=a", "x", "a",
                  "the same account_id twice");
    doubtful_account(FORM, "account_id=a&public_token=x&account_id=b", "x",
                     "two account_ids");
    doubtful_account(FORM, "account_id=a&account_id=b&account_id=a"
                     "&public_token=x", "x", "and one of them twice");
    doubtful_account(FORM, "account_id=a&public_token=x&account.id=b", "x",
                     "two spellings");
    doubtful_account(FORM, "Account_Id=b&public_token=x&account_id=a", "x",
                     "the other way round");
    found_account(FORM, "account_id=a&public_token=x&account.id=a", "x", "a",
                  "two spellings, one value");
    found_account(FORM, "account[id]=a&public_token=x", "x", "",
                  "another spelling alone");
    found_account(FORM, "account_id=null&public_token=x&account_id=b", "x",
                  "b", "null and an account_id");
    found_account(FORM, "public_token=x&metadata[account_id]=b", "x", "",
                  "a nested account_id is another field");
    found_account(FORM, "public_token=x&account_no=a", "x", "",
                  "another name of that length");
    found_account(FORM, "public_token=x&account_id=a+b%00%ff", "x",
                  "a b\0\xff", "any bytes");
    found_account(FORM, "public_token=x&account_id="
                  "0123456789012345678901234567890123456789012345678901234567"
                  "0123456789012345678901234567890123456789012345678901234567"
                  "012345678901", "x",
                  "0123456789012345678901234567890123456789012345678901234567"
                  "0123456789012345678901234567890123456789012345678901234567"
                  "012345678901", "an account_id of 128 bytes");
    doubtful_account(FORM, "public_token=x&account_id="
                     "0123456789012345678901234567890123456789012345678901234567"
                     "0123456789012345678901234567890123456789012345678901234567"
                     "0123456789012", "x", "an account_id of 129 bytes");
    absent(FORM, "account_id=a", "an account_id alone");
    twice(FORM, "public_token=x&public_token=y&account_id=a",
          "an account_id with two tokens");
}


static void
folded_case(const char *body, ngx_plaid_body_e result, const char *name)
{
    body_env_case_t  c;

    memset(&c, 0, sizeof(c));
    c.type = FORM;
    c.body = unit_str(body);
    c.result = result;

    body_env_run(&c, name);
}


/* What some back end takes for a listed name. */

static void
folded(void)
{
    ngx_uint_t  i;
    char        body[256];

    static const char  *names[] = {
        "public.token", "public+token", "+public_token", "public[token",
        "public_token%00x", "%00public_token", "[public_token]",
        "public_token[]", "public_token[x]", "public_token[x][y]",
        " public_token", "%09public_token", "public_token ", "public_token+",
        "public%20token", "public%2Etoken", "public%5Btoken", "Public_token",
        "PUBLIC_TOKEN", "publi%43_token", "public_to%E2%84%AAen",
        "publ%C4%B1c_token", "public\\_token", "%EF%BB%BFpublic_token",
        "[[[[public_token", "public_token]", "]public_token", "%5Cpublic_token"
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(body, sizeof(body), "%s=B", names[i]);
        folded_case(body, NGX_PLAID_BODY_MALFORMED, names[i]);

        snprintf(body, sizeof(body), "public_token=A&%s=B", names[i]);
        folded_case(body, NGX_PLAID_BODY_TWICE, "beside a token");

        snprintf(body, sizeof(body), "%s=&public_token=A", names[i]);
        folded_case(body, NGX_PLAID_BODY_TWICE, "empty, before it");

        snprintf(body, sizeof(body), "public_token=A&%s", names[i]);
        folded_case(body, NGX_PLAID_BODY_TWICE, "no value");

        snprintf(body, sizeof(body), "%s=B&public_token=", names[i]);
        folded_case(body, NGX_PLAID_BODY_MALFORMED, "beside none");
    }

    found(FORM, "public_token=A&publictoken=B", "A", "no mark between");
    found(FORM, "public_token=A&public-token=B", "A", "another mark");
    found(FORM, "public_token=A&public__token=B", "A", "two marks");
    found(FORM, "public_token=A&public_token_=B", "A", "a mark behind");
    found(FORM, "public_token=A&x[public_token]=B", "A", "of another");
    found(FORM, "public_token=A&public_tokens[]=B", "A", "a longer name");
    found(FORM, "public_token=A&public%zztoken=B", "A", "no encoding");

    body_env_fields = "a.b j\xc3\xa9";

    found(FORM, "a.b=A", "A", "a listed name is what it is");
    twice(FORM, "a.b=A&a[b]=B", "and has other spellings");
    twice(FORM, "a.b=A&a_b=", "this, too");
    found(FORM, "a.b=A&a=B", "A", "in a form no path leads to it");
    twice(FORM, "j\xc3\xa9=A&J\xc3\x89=B", "beyond ASCII any case");

    body_env_fields = "public_token Public_Token";

    found(FORM, "Public_Token=A", "A", "both are listed");

    body_env_fields = "public_token";
}


static void
semicolons(void)
{
    twice(FORM, "public_token=A&x=1;public_token=B", "behind a semicolon");
    twice(FORM, "x=1;public_token=B&public_token=A", "and before");
    twice(FORM, "public_token=A&x=1;y;Public_Token=B", "folded");
    twice(FORM, "public_token=A&x;public%5Ftoken", "without a value");
    twice(FORM, "public_token=A;x=1", "a semicolon in the value");
    twice(FORM, "public_token=A;public_token=B", "both");
    found(FORM, "public_token;x=1&public_token=B", "B", "in a name");
    malformed(FORM, "x=1;public_token=B", "alone");
    malformed(FORM, ";public_token=B", "nothing before it");
    found(FORM, "a=1;b=2&public_token=A&c=;;", "A", "other fields");
    found(FORM, "public_token=A%3Bb", "A;b", "an encoded one");
}


int
main(void)
{
    values();
    names();
    nothing();
    several();
    encoding();
    accounts();
    folded();
    semicolons();

    return done_testing();
}
