
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
    found(FORM, "public_token=a;b", "a;b", "a semicolon separates nothing");
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
    absent(FORM, "Public_Token=x", "names are case-sensitive");
    absent(FORM, "public_token2=x", "a longer name");
    absent(FORM, "public_toke=x", "a shorter name");
    absent(FORM, "public+token=x", "plus in a name is a space");
    absent(FORM, "public_token%zz=x", "bad encoding in a name");
    absent(FORM, "public_token%=x", "cut encoding in a name");
    absent(FORM, "public_token[]=x", "brackets are part of a name");
    absent(FORM, "data[public_token]=x", "nested names");
    absent(FORM, "=x", "no name");
    absent(FORM, "public_token\0=x", "a NUL in a name");

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
    found_account(FORM, "account_id=a&public_token=x&account_id=b", "x", "",
                  "two account_ids are none");
    found_account(FORM, "account_id=a&account_id=b&account_id=a&public_token=x",
                  "x", "", "and stay none");
    found_account(FORM, "account_id=null&public_token=x&account_id=b", "x",
                  "b", "null and an account_id");
    found_account(FORM, "public_token=x&metadata[account_id]=b", "x", "",
                  "a nested account_id is another field");
    found_account(FORM, "public_token=x&account_no=a", "x", "",
                  "another name of that length");
    found_account(FORM, "public_token=x&account_id=a+b", "x", "",
                  "an account_id has no space");
    found_account(FORM, "public_token=x&account_id="
                  "0123456789012345678901234567890123456789012345678901234567"
                  "0123456789012345678901234567890123456789012345678901234567"
                  "012345678901", "x",
                  "0123456789012345678901234567890123456789012345678901234567"
                  "0123456789012345678901234567890123456789012345678901234567"
                  "012345678901", "an account_id of 128 bytes");
    found_account(FORM, "public_token=x&account_id="
                  "0123456789012345678901234567890123456789012345678901234567"
                  "0123456789012345678901234567890123456789012345678901234567"
                  "0123456789012", "x", "", "an account_id of 129 bytes");
    absent(FORM, "account_id=a", "an account_id alone");
    twice(FORM, "public_token=x&public_token=y&account_id=a",
          "an account_id with two tokens");
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

    return done_testing();
}
