
#include "ngx_plaid_sandbox_data.h"


#define ALL_SIX   NGX_PLAID_SANDBOX_ALL_SIX
#define AUTH      NGX_PLAID_SANDBOX_AUTH
#define BALANCE   NGX_PLAID_SANDBOX_BALANCE
#define CONNECT   NGX_PLAID_SANDBOX_CONNECT
#define INCOME    NGX_PLAID_SANDBOX_INCOME
#define INFO      NGX_PLAID_SANDBOX_INFO
#define RISK      NGX_PLAID_SANDBOX_RISK


/*
 * The major list of the legacy API, three of its long tail (a number for a
 * type), then the test banks of the current one.
 */

const ngx_plaid_sandbox_institution_t  ngx_plaid_sandbox_institutions[] = {

    { "ins_10", "amex", "5301a9d704977c52b60000db", "American Express",
      "User ID", NULL, "", CONNECT|BALANCE|INCOME|RISK, 0, "US", "#016fd0" },

    { "ins_1", "bofa", "5301a93ac140de84910000e0", "Bank of America",
      "Online ID", NULL, "code list questions(3)", ALL_SIX, 0, "US",
      "#e31837" },

    { "ins_9", "capone360", "53c5c8631f9bda09c7000222", "Capital One 360",
      "Username or Customer Number", NULL, "questions(3)", AUTH|BALANCE, 0,
      "US", "#004879" },

    { "ins_3", "chase", "5301a99504977c52b60000d0", "Chase",
      "User ID", NULL, "code list", ALL_SIX, 0, "US", "#095aa6" },

    { "ins_5", "citi", "5301aa306b3f82a00500018b", "Citi",
      "User ID", NULL, "questions selections", ALL_SIX, 0, "US", "#003b70" },

    { "ins_12", "fidelity", "53cee1d8c003c2747b000051", "Fidelity",
      "Username", NULL, "", AUTH|BALANCE, 0, "US", "#49802d" },

    { "ins_15", "nfcu", "55f071ac7a1c8e1bd752e54e",
      "Navy Federal Credit Union",
      "Access Number", NULL, "", ALL_SIX, 0, "US", "#0b2d5c" },

    { "ins_13", "pnc", "54acb2eb9d5b8617e0d5aa86", "PNC",
      "User ID", NULL, "questions(3)", AUTH|BALANCE|INFO, 0, "US",
      "#f58025" },

    { "ins_11", "schwab", "53b34fab1a73941962000186", "Charles Schwab",
      "Login ID", NULL, "", AUTH|BALANCE, 0, "US", "#00a0df" },

    { "ins_16", "suntrust", "55fa106813c81cf103e9e093", "SunTrust",
      "User ID", NULL, "", ALL_SIX, 0, "US", "#003263" },

    { "ins_14", "td", "55ccd367d32f2fdf19c1c448", "TD Bank",
      "User Name", NULL, "questions(3)", AUTH|BALANCE|INFO, 0, "US",
      "#2d8b00" },

    { "ins_6", "us", "531ea6327de8211c80000440", "US Bank",
      "Personal ID", NULL, "questions(3)", ALL_SIX, 0, "US", "#0c2074" },

    { "ins_7", "usaa", "531ea6602ad939b68700047c", "USAA",
      "Online ID", "PIN", "questions(3)", ALL_SIX, 0, "US", "#003366" },

    { "ins_4", "wells", "5301aa096b3f822b440001cb", "Wells Fargo",
      "Username", NULL, "", ALL_SIX, 0, "US", "#d71e28" },

    { "ins_100025", "25628", "56c5f3a1e4b0a1c2d3e4f501",
      "Redwood Harbor Credit Union",
      "Username", NULL, "", AUTH|BALANCE|CONNECT, 0, "US", "#5b2c1d" },

    { "ins_100026", "100391", "56c5f3a1e4b0a1c2d3e4f502",
      "Prairie Savings Bank",
      "User ID", NULL, "questions(3)", BALANCE|CONNECT, 0, "US", "#6a7f10" },

    { "ins_100027", "102114", "56c5f3a1e4b0a1c2d3e4f503",
      "Granite State Bank and Trust",
      "Access ID", NULL, "", AUTH|BALANCE|CONNECT, 0, "US", "#4a4a4a" },

    { "ins_109508", NULL, NULL, "First Platypus Bank",
      "Username", NULL, "", 0, 0, "US", "#1f1f1f" },

    { "ins_109509", NULL, NULL, "First Gingham Credit Union",
      "Username", NULL, "", 0, 0, "US", "#7a1f4b" },

    { "ins_109510", NULL, NULL, "Tattersall Federal Credit Union",
      "Username", "PIN", "", 0, 0, "US", "#0a5c36" },

    { "ins_109511", NULL, NULL, "Tartan Bank",
      "Username", NULL, "", 0, 0, "US", "#8b1a1a" },

    { "ins_109512", NULL, NULL, "Houndstooth Bank",
      "Username", NULL, "", 0, 0, "US", "#2b2b5e" },

    { "ins_127287", NULL, NULL, "Platypus OAuth Bank",
      "Username", NULL, "", 0, 1, "US", "#00666b" },

    { "ins_43", NULL, NULL, "Tartan-Dominion Bank of Canada",
      "Username", NULL, "", 0, 0, "CA", "#a6192e" },
};

const ngx_uint_t  ngx_plaid_sandbox_institutions_n =
    sizeof(ngx_plaid_sandbox_institutions)
    / sizeof(ngx_plaid_sandbox_institutions[0]);


const ngx_plaid_sandbox_account_t  ngx_plaid_sandbox_accounts[] = {

    { "QPO8Jo8vdDHMepg41PBwckXm4KdK1yUdmXOwK", "Plaid Savings",
      "Plaid Silver Standard 0.1% Interest Saving", "9606",
      "depository", "savings", "savings", 1203.42, 1274.93, 0,
      "9900009606", 0, 0, NULL, NULL },

    { "nban4wnPKEtnmEpaKzbYFYQvA7D7pnCaeDBMy", "Plaid Checking",
      "Plaid Gold Standard 0% Interest Checking", "1702",
      "depository", "checking", "checking", 1081.78, 1253.32, 0,
      "9900001702", 0, 0, NULL, NULL },

    { "XARE85EJqKsjxLp6XR8ocg8VakrkXpTXmRdOo", "Plaid Premier Checking",
      "Plaid Platinum Standard 1.85% Interest Checking", "5204",
      "depository", "checking", "checking", 7205.23, 7255.23, 0,
      "9900005204", 0, 0, NULL, NULL },

    { "pJPM4LMBNQFrOwp0jqEyTwyxJQrQbgU6kq37k", "Plaid Credit Card",
      "Plaid Diamond 12.5% APR Interest Credit Card", "3002",
      "credit", "credit card", NULL, 9930, 2275.58, 12500, NULL, 0, 0, NULL,
      NULL },

    /* not of the legacy API */

    { "ira", "Plaid IRA", NULL, "5555", "investment", "ira", NULL,
      0, 320.76, 0, NULL, NGX_PLAID_SANDBOX_INVESTMENTS, 1, NULL, NULL },

    { "401k", "Plaid 401k", NULL, "6666", "investment", "401k", NULL,
      0, 23631.98, 0, NULL, NGX_PLAID_SANDBOX_INVESTMENTS, 1, NULL, NULL },

    { "student", "Plaid Student Loan", NULL, "7777", "loan", "student", NULL,
      0, 65262, 0, NULL, NGX_PLAID_SANDBOX_LIABILITIES, 1, NULL, NULL },

    { "mortgage", "Plaid Mortgage", NULL, "8888", "loan", "mortgage", NULL,
      0, 56302.06, 0, NULL, NGX_PLAID_SANDBOX_LIABILITIES, 1, NULL, NULL },
};

const ngx_uint_t  ngx_plaid_sandbox_accounts_n = 4;

const ngx_uint_t  ngx_plaid_sandbox_all_accounts_n =
    sizeof(ngx_plaid_sandbox_accounts)
    / sizeof(ngx_plaid_sandbox_accounts[0]);


typedef struct {
    const char                  *legacy;
    const char                  *current;
    ngx_uint_t                   bit;
} ngx_plaid_sandbox_product_t;


static const ngx_plaid_sandbox_product_t  ngx_plaid_sandbox_product_names[] = {
    { "connect", "transactions", NGX_PLAID_SANDBOX_CONNECT },
    { "auth", "auth", NGX_PLAID_SANDBOX_AUTH },
    { "balance", "balance", NGX_PLAID_SANDBOX_BALANCE },
    { "info", "identity", NGX_PLAID_SANDBOX_INFO },
    { "income", "income_verification", NGX_PLAID_SANDBOX_INCOME },
    { "risk", NULL, NGX_PLAID_SANDBOX_RISK },
    { NULL, "assets", NGX_PLAID_SANDBOX_ASSETS },
    { NULL, "investments", NGX_PLAID_SANDBOX_INVESTMENTS },
    { NULL, "liabilities", NGX_PLAID_SANDBOX_LIABILITIES },
    { NULL, "signal", NGX_PLAID_SANDBOX_SIGNAL },
    { NULL, "transfer", NGX_PLAID_SANDBOX_TRANSFER },
    { NULL, "statements", NGX_PLAID_SANDBOX_STATEMENTS },
    { NULL, NULL, 0 }
};


ngx_int_t
ngx_plaid_sandbox_institution(const char *name)
{
    ngx_uint_t                              i;
    const ngx_plaid_sandbox_institution_t  *in;

    for (i = 0; i < ngx_plaid_sandbox_institutions_n; i++) {
        in = &ngx_plaid_sandbox_institutions[i];

        if (ngx_strcmp(name, in->ins) == 0
            || (in->type && (ngx_strcmp(name, in->type) == 0
                             || ngx_strcmp(name, in->id) == 0)))
        {
            return i;
        }
    }

    return NGX_ERROR;
}


ngx_int_t
ngx_plaid_sandbox_institution_type(const char *type, size_t len)
{
    ngx_uint_t                              i;
    const ngx_plaid_sandbox_institution_t  *in;

    for (i = 0; i < ngx_plaid_sandbox_institutions_n; i++) {
        in = &ngx_plaid_sandbox_institutions[i];

        if (in->type && ngx_strlen(in->type) == len
            && ngx_strncmp(type, in->type, len) == 0)
        {
            return i;
        }
    }

    return NGX_ERROR;
}


ngx_uint_t
ngx_plaid_sandbox_legacy_product(const char *name)
{
    const ngx_plaid_sandbox_product_t  *p;

    for (p = ngx_plaid_sandbox_product_names; p->bit; p++) {
        if (p->legacy && ngx_strcmp(name, p->legacy) == 0) {
            return p->bit;
        }
    }

    return 0;
}


ngx_uint_t
ngx_plaid_sandbox_path_product(ngx_str_t *name)
{
    const ngx_plaid_sandbox_product_t  *p;

    for (p = ngx_plaid_sandbox_product_names; p->bit; p++) {
        if (p->legacy && p->bit != NGX_PLAID_SANDBOX_BALANCE
            && ngx_strlen(p->legacy) == name->len
            && ngx_strncmp(name->data, p->legacy, name->len) == 0)
        {
            return p->bit;
        }
    }

    return 0;
}


ngx_uint_t
ngx_plaid_sandbox_product(const char *name)
{
    const ngx_plaid_sandbox_product_t  *p;

    for (p = ngx_plaid_sandbox_product_names; p->bit; p++) {
        if (p->current && ngx_strcmp(name, p->current) == 0) {
            return p->bit;
        }
    }

    return 0;
}


json_t *
ngx_plaid_sandbox_legacy_products(ngx_uint_t products)
{
    json_t                             *names;
    const ngx_plaid_sandbox_product_t  *p;

    names = json_array();

    for (p = ngx_plaid_sandbox_product_names; p->bit; p++) {
        if (p->legacy && (products & p->bit)) {
            json_array_append_new(names, json_string(p->legacy));
        }
    }

    return names;
}


json_t *
ngx_plaid_sandbox_products(ngx_uint_t products)
{
    json_t                             *names;
    const ngx_plaid_sandbox_product_t  *p;

    names = json_array();

    for (p = ngx_plaid_sandbox_product_names; p->bit; p++) {
        if (p->current && (products & p->bit)) {
            json_array_append_new(names, json_string(p->current));
        }
    }

    return names;
}


const char *
ngx_plaid_sandbox_currency(ngx_uint_t institution)
{
    return ngx_strcmp(ngx_plaid_sandbox_institutions[institution].country,
                      "CA")
           == 0 ? "CAD" : "USD";
}


json_t *
ngx_plaid_sandbox_number(double value)
{
    if (value == (double) (json_int_t) value) {
        return json_integer((json_int_t) value);
    }

    return json_real(value);
}
