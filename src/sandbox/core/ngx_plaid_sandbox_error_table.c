
/*
 * The error codes of the current API.  Messages are those on the wire where a
 * code has but one; where Plaid's depends on the request, a plain one.
 */


#include "ngx_plaid_sandbox_error.h"


#define E_INPUT                 "INVALID_INPUT", 400
#define E_REQUEST               "INVALID_REQUEST", 400
#define E_ITEM                  "ITEM_ERROR", 400
#define E_INSTITUTION           "INSTITUTION_ERROR", 400
#define E_RATE                  "RATE_LIMIT_EXCEEDED", 429
#define E_API                   "API_ERROR", 500
#define E_API_503               "API_ERROR", 503
#define E_RESULT                "INVALID_RESULT", 400
#define E_RECAPTCHA             "RECAPTCHA_ERROR", 400
#define E_OAUTH                 "OAUTH_ERROR", 400
#define E_OAUTH_404             "OAUTH_ERROR", 404
#define E_OAUTH_208             "OAUTH_ERROR", 208
#define E_SANDBOX               "SANDBOX_ERROR", 400
#define E_ASSET_REPORT          "ASSET_REPORT_ERROR", 400
#define E_INCOME_VERIFICATION   "INCOME_VERIFICATION_ERROR", 400
#define E_INCOME_VERIFICATION_500  "INCOME_VERIFICATION_ERROR", 500
#define E_PARTNER               "PARTNER_ERROR", 400
#define E_PARTNER_404           "PARTNER_ERROR", 404
#define E_PARTNER_412           "PARTNER_ERROR", 412
#define E_PAYMENT               "PAYMENT_ERROR", 400
#define E_BANK_TRANSFER         "BANK_TRANSFER_ERROR", 400
#define E_TRANSFER              "TRANSFER_ERROR", 400
#define E_TRANSACTIONS          "TRANSACTIONS_ERROR", 400
#define E_TRANSACTION           "TRANSACTION_ERROR", 400


const ngx_plaid_sandbox_error_t  ngx_plaid_sandbox_errors[] = {

    { "INVALID_PUBLIC_TOKEN", E_INPUT,
      "could not find matching public token", NULL },
    { "INVALID_ACCESS_TOKEN", E_INPUT,
      "could not find matching access token", NULL },
    { "INVALID_API_KEYS", E_INPUT,
      "invalid client_id or secret provided", NULL },
    { "UNAUTHORIZED_ENVIRONMENT", E_INPUT,
      "you are not authorized to create items in this api environment", NULL },
    { "UNAUTHORIZED_ROUTE_ACCESS", E_INPUT,
      "you are not authorized to access this route in this api environment",
      NULL },
    { "INVALID_LINK_TOKEN", E_INPUT, "invalid link_token provided", NULL },
    { "INVALID_PRODUCT", E_INPUT,
      "client is not authorized to access the requested products", NULL },
    { "INVALID_PRODUCTS", E_INPUT,
      "the requested products are not allowed for this item", NULL },
    { "INVALID_INSTITUTION", E_INPUT, "invalid institution_id provided", NULL },
    { "INVALID_ACCOUNT_ID", E_INPUT,
      "failed to find requested account ID for requested item", NULL },
    { "INVALID_PROCESSOR_TOKEN", E_INPUT,
      "could not find matching processor token", NULL },
    { "INVALID_USER_TOKEN", E_INPUT,
      "could not find matching user token", NULL },
    { "INVALID_AUDIT_COPY_TOKEN", E_INPUT,
      "could not find matching audit copy token", NULL },
    { "INVALID_LINK_CUSTOMIZATION", E_INPUT,
      "requested link customization is not set to update account selection",
      NULL },
    { "INVALID_STRIPE_ACCOUNT", E_INPUT,
      "no Stripe account is set up for this client", NULL },
    { "INVALID_WEBHOOK_VERIFICATION_KEY_ID", E_INPUT,
      "invalid key_id provided. note that key_ids are specific to Plaid "
      "environments, and verification requests must be made to the same "
      "environment that the webhook was sent from", NULL },
    { "ADDITIONAL_CONSENT_REQUIRED", E_INPUT,
      "client does not have user consent to access the requested product",
      NULL },
    { "DIRECT_INTEGRATION_NOT_ENABLED", E_INPUT,
      "your client ID is only authorized to use Plaid Link", NULL },
    { "INCORRECT_DEPOSIT_VERIFICATION", E_INPUT,
      "the provided deposit amounts were not correct", NULL },
    { "TOO_MANY_VERIFICATION_ATTEMPTS", E_INPUT,
      "too many attempts to verify this account", NULL },
    { "PRODUCT_UNAVAILABLE", E_INPUT,
      "the requested product is not available for this item", NULL },
    { "USER_PERMISSION_REVOKED", E_INPUT,
      "the holder of this account has revoked their permission for your "
      "application to access it", NULL },

    { "MISSING_FIELDS", E_REQUEST, "required fields are missing", NULL },
    { "UNKNOWN_FIELDS", E_REQUEST,
      "fields are not recognized by this endpoint", NULL },
    { "INVALID_FIELD", E_REQUEST, "a field has an invalid value", NULL },
    { "INVALID_BODY", E_REQUEST, "body could not be parsed as JSON", NULL },
    { "INVALID_HEADERS", E_REQUEST,
      "a header is missing or has an invalid value", NULL },
    { "INVALID_CONFIGURATION", E_REQUEST,
      "please ensure that the request body is formatted correctly", NULL },
    { "INVALID_ACCOUNT_NUMBER", E_REQUEST,
      "The provided account number was invalid.", NULL },
    { "INCOMPATIBLE_API_VERSION", E_REQUEST,
      "this endpoint is not compatible with the version of the API", NULL },
    { "NO_LONGER_AVAILABLE", E_REQUEST,
      "This endpoint has been discontinued as of version 2020-09-14 of the "
      "API.", NULL },
    { "NOT_FOUND", E_REQUEST, "not found", NULL },
    { "SANDBOX_ONLY", E_REQUEST,
      "access to this endpoint is only available in the sandbox environment",
      NULL },

    { "ITEM_LOGIN_REQUIRED", E_ITEM,
      "the login details of this item have changed (credentials, MFA, or "
      "required user action) and a user login is required to update this "
      "information. use Link's update mode to restore the item to a good "
      "state", NULL },
    { "ITEM_LOCKED", E_ITEM,
      "the account is locked. prompt the user to visit the institution's site "
      "and unlock their account",
      "The given account has been locked by the financial institution. Please "
      "visit your financial institution's website to unlock it." },
    { "ITEM_NOT_FOUND", E_ITEM,
      "The Item you requested cannot be found. This Item does not exist, has "
      "been previously removed via /item/remove, or has had access removed by "
      "the end user.", NULL },
    { "ITEM_NOT_SUPPORTED", E_ITEM,
      "this account is currently not supported",
      "The given account is not currently supported for this financial "
      "institution. We apologize for the inconvenience." },
    { "ITEM_CONCURRENTLY_DELETED", E_ITEM,
      "This item was deleted while the operation was in progress", NULL },
    { "INVALID_CREDENTIALS", E_ITEM,
      "the provided credentials were not correct",
      "The provided credentials were not correct. Please try again." },
    { "INVALID_MFA", E_ITEM,
      "the provided MFA response(s) were not correct",
      "The provided MFA responses were not correct. Please try again." },
    { "INVALID_OTP", E_ITEM,
      "the provided OTP was invalid",
      "The provided OTP was invalid. Please try again." },
    { "INVALID_PHONE_NUMBER", E_ITEM,
      "the provided phone number was invalid",
      "The provided phone number was invalid. Please try again." },
    { "INVALID_SEND_METHOD", E_ITEM,
      "the provided MFA send_method was invalid", NULL },
    { "INVALID_UPDATED_USERNAME", E_ITEM,
      "the username provided to /item/credentials/update does not match the "
      "original username for the item", NULL },
    { "INSTANT_MATCH_FAILED", E_ITEM,
      "Item cannot be verified through Instant Match. Ensure you are "
      "correctly enabling all auth features in Link.", NULL },
    { "INSUFFICIENT_CREDENTIALS", E_ITEM,
      "insufficient authorization was provided to complete the request",
      "INSUFFICIENT_CREDENTIALS" },
    { "ACCESS_NOT_GRANTED", E_ITEM,
      "access to this product was not granted for the account",
      "The user did not grant the necessary permissions for this product on "
      "their account." },
    { "MFA_NOT_SUPPORTED", E_ITEM,
      "this account requires a MFA type that we do not currently support for "
      "the institution",
      "The multi-factor security features enabled on this account are not "
      "currently supported for this financial institution. We apologize for "
      "the inconvenience." },
    { "NO_ACCOUNTS", E_ITEM,
      "no valid accounts were found for this item",
      "No valid accounts were found at the financial institution. Please "
      "visit your financial institution's website to ensure accounts are "
      "available." },
    { "NO_AUTH_ACCOUNTS", E_ITEM,
      "There are no valid checking or savings account(s) associated with this "
      "Item.", NULL },
    { "NO_INVESTMENT_ACCOUNTS", E_ITEM,
      "There are no valid investment account(s) associated with this Item.",
      NULL },
    { "NO_INVESTMENT_AUTH_ACCOUNTS", E_ITEM,
      "There are no valid investment account(s) associated with this Item.",
      NULL },
    { "NO_LIABILITY_ACCOUNTS", E_ITEM,
      "There are no valid liability account(s) associated with this Item.",
      NULL },
    { "PASSWORD_RESET_REQUIRED", E_ITEM,
      "user must reset their password",
      "The user needs to reset their password for their account" },
    { "PRODUCTS_NOT_SUPPORTED", E_ITEM,
      "the requested products are not supported by this item", NULL },
    { "PRODUCT_NOT_ENABLED", E_ITEM,
      "A requested product was not enabled for the current access token.",
      NULL },
    { "PRODUCT_NOT_READY", E_ITEM,
      "the requested product is not yet ready. please provide a webhook or "
      "try the request again later", NULL },
    { "USER_INPUT_TIMEOUT", E_ITEM,
      "user must retry this operation",
      "The application timed out waiting for user input" },
    { "USER_SETUP_REQUIRED", E_ITEM,
      "the account has not been fully set up. prompt the user to visit the "
      "issuing institution's site and finish the setup process",
      "The given account is not fully setup. Please visit your financial "
      "institution's website to setup your account." },

    { "INSTITUTION_DOWN", E_INSTITUTION,
      "this institution is not currently responding to this request. please "
      "try again soon",
      "This financial institution is not currently responding to requests. We "
      "apologize for the inconvenience." },
    { "INSTITUTION_NOT_AVAILABLE", E_INSTITUTION,
      "this institution is not currently responding to this request. please "
      "try again soon",
      "This financial institution is not currently responding to requests. We "
      "apologize for the inconvenience." },
    { "INSTITUTION_NOT_RESPONDING", E_INSTITUTION,
      "this institution is not currently responding to this request. please "
      "try again soon",
      "This financial institution is not currently responding to requests. We "
      "apologize for the inconvenience." },
    { "INSTITUTION_NOT_ENABLED_IN_ENVIRONMENT", E_INSTITUTION,
      "Institution not enabled in this environment", NULL },
    { "INSTITUTION_NO_LONGER_SUPPORTED", E_INSTITUTION,
      "this institution is no longer supported",
      "This financial institution is no longer supported. We apologize for "
      "the inconvenience." },
    { "INSTITUTION_REGISTRATION_REQUIRED", E_INSTITUTION,
      "not yet registered to create items for this institution",
      "You must register your application with this institution before you "
      "can create items for it." },
    { "UNAUTHORIZED_INSTITUTION", E_INSTITUTION,
      "not authorized to create items for this institution",
      "You are not authorized to create items for this institution at this "
      "time." },
    { "UNSUPPORTED_RESPONSE", E_INSTITUTION,
      "the data returned from the financial institution is not valid",
      "The data returned from the financial institution is not valid." },

    { "RATE_LIMIT", E_RATE,
      "rate limit exceeded for attempts to access this item. please try again "
      "later", NULL },
    { "ACCOUNTS_LIMIT", E_RATE,
      "rate limit exceeded for attempts to access this item. please try again "
      "later", NULL },
    { "ACCOUNTS_BALANCE_GET_LIMIT", E_RATE,
      "rate limit exceeded for attempts to access this item. please try again "
      "later", NULL },
    { "AUTH_LIMIT", E_RATE,
      "rate limit exceeded for attempts to access this item. please try again "
      "later", NULL },
    { "BALANCE_LIMIT", E_RATE,
      "rate limit exceeded for attempts to access this item. please try again "
      "later", NULL },
    { "IDENTITY_LIMIT", E_RATE,
      "rate limit exceeded for attempts to access this item. please try again "
      "later", NULL },
    { "INSTITUTIONS_GET_LIMIT", E_RATE,
      "rate limit exceeded for attempts to access this item. please try again "
      "later", NULL },
    { "INSTITUTIONS_GET_BY_ID_LIMIT", E_RATE,
      "rate limit exceeded for attempts to access this item. please try again "
      "later", NULL },
    { "INVESTMENT_HOLDINGS_GET_LIMIT", E_RATE,
      "rate limit exceeded for attempts to access this item. please try again "
      "later", NULL },
    { "INVESTMENT_TRANSACTIONS_LIMIT", E_RATE,
      "rate limit exceeded for attempts to access this item. please try again "
      "later", NULL },
    { "ITEM_GET_LIMIT", E_RATE,
      "rate limit exceeded for attempts to access this item. please try again "
      "later", NULL },
    { "TRANSACTIONS_LIMIT", E_RATE,
      "rate limit exceeded for attempts to access this item. please try again "
      "later", NULL },
    { "TRANSACTIONS_SYNC_LIMIT", E_RATE,
      "rate limit exceeded for attempts to access this item. please try again "
      "later", NULL },
    { "CREDITS_EXHAUSTED", E_RATE,
      "Free usage exhausted, please request full Production access to "
      "continue using this product", NULL },

    { "INTERNAL_SERVER_ERROR", E_API, "an unexpected error occurred", NULL },

    { "PLANNED_MAINTENANCE", E_API_503,
      "the Plaid API is temporarily unavailable due to planned maintenance. "
      "visit https://status.plaid.com/ for more information", NULL },

    { "LAST_UPDATED_DATETIME_OUT_OF_RANGE", E_RESULT,
      "requested datetime out of range", NULL },
    { "PLAID_DIRECT_ITEM_IMPORT_RETURNED_INVALID_MFA", E_RESULT,
      "Plaid Direct Item Imports should not result in MFA.", NULL },

    { "RECAPTCHA_REQUIRED", E_RECAPTCHA,
      "This request requires additional verification. Please resubmit the "
      "request after completing the challenge", NULL },
    { "RECAPTCHA_BAD", E_RECAPTCHA,
      "The provided challenge response was denied. Please try again", NULL },

    { "INCORRECT_LINK_TOKEN", E_OAUTH,
      "link token does not match original link token", NULL },
    { "INCORRECT_OAUTH_NONCE", E_OAUTH, "nonce does not match", NULL },

    { "OAUTH_STATE_ID_NOT_FOUND", E_OAUTH_404,
      "the provided oauth_state_id wasn't found", NULL },

    { "OAUTH_STATE_ID_ALREADY_PROCESSED", E_OAUTH_208,
      "the provided oauth_state_id was processed already", NULL },

    { "SANDBOX_PRODUCT_NOT_ENABLED", E_SANDBOX,
      "The requested product is not enabled on this item", NULL },
    { "SANDBOX_WEBHOOK_INVALID", E_SANDBOX,
      "Webhook for this item is either not set up, or invalid. Please update "
      "the item's webhook and try again.", NULL },
    { "SANDBOX_TRANSFER_EVENT_TRANSITION_INVALID", E_SANDBOX,
      "The provided simulated event type is incompatible with the current "
      "transfer status", NULL },

    { "ASSET_REPORT_GENERATION_FAILED", E_ASSET_REPORT,
      "the asset report could not be produced", NULL },
    { "DATA_UNAVAILABLE", E_ASSET_REPORT,
      "the asset report could not be produced", NULL },
    { "INSIGHTS_NOT_ENABLED", E_ASSET_REPORT,
      "the asset report could not be produced", NULL },
    { "INSIGHTS_PREVIOUSLY_NOT_ENABLED", E_ASSET_REPORT,
      "the asset report could not be produced", NULL },
    { "INVALID_PARENT", E_ASSET_REPORT,
      "the asset report could not be produced", NULL },

    { "EMPLOYMENT_NOT_FOUND", E_INCOME_VERIFICATION,
      "the income verification could not be completed", NULL },
    { "INCOME_VERIFICATION_DOCUMENT_NOT_FOUND", E_INCOME_VERIFICATION,
      "the income verification could not be completed", NULL },
    { "INCOME_VERIFICATION_FAILED", E_INCOME_VERIFICATION,
      "the income verification could not be completed", NULL },
    { "INCOME_VERIFICATION_NOT_FOUND", E_INCOME_VERIFICATION,
      "the income verification could not be completed", NULL },
    { "VERIFICATION_STATUS_PENDING_APPROVAL", E_INCOME_VERIFICATION,
      "the income verification could not be completed", NULL },

    { "INCOME_VERIFICATION_UPLOAD_ERROR", E_INCOME_VERIFICATION_500,
      "there was a problem uploading the document for verification", NULL },

    { "ASSETS_UNDER_MANAGEMENT_REQUIRED", E_PARTNER,
      "the partner request was refused", NULL },
    { "CONTACT_REQUIRED", E_PARTNER, "the partner request was refused", NULL },
    { "CUSTOMER_ALREADY_CREATED", E_PARTNER,
      "the partner request was refused", NULL },
    { "CUSTOMER_ALREADY_ENABLED", E_PARTNER,
      "the partner request was refused", NULL },
    { "CUSTOMER_REMOVAL_NOT_ALLOWED", E_PARTNER,
      "the partner request was refused", NULL },
    { "INVALID_LOGO", E_PARTNER, "the partner request was refused", NULL },
    { "LOGO_REQUIRED", E_PARTNER, "the partner request was refused", NULL },

    { "CUSTOMER_NOT_FOUND", E_PARTNER_404, "the customer was not found", NULL },

    { "CUSTOMER_NOT_READY_FOR_ENABLEMENT", E_PARTNER_412,
      "this customer is not ready for enablement", NULL },
    { "FLOWDOWN_NOT_COMPLETE", E_PARTNER_412,
      "you must complete a flowdown to create and enable customers", NULL },
    { "QUESTIONNAIRE_NOT_COMPLETE", E_PARTNER_412,
      "you must complete the security questionnaire to create and enable "
      "customers", NULL },

    { "PAYMENT_BLOCKED", E_PAYMENT, "the payment was refused", NULL },
    { "PAYMENT_CANCELLED", E_PAYMENT, "the payment was refused", NULL },
    { "PAYMENT_CONSENT_CANCELLED", E_PAYMENT, "the payment was refused", NULL },
    { "PAYMENT_CONSENT_INVALID_CONSTRAINTS", E_PAYMENT,
      "the payment was refused", NULL },
    { "PAYMENT_INSUFFICIENT_FUNDS", E_PAYMENT,
      "the payment was refused", NULL },
    { "PAYMENT_INVALID_RECIPIENT", E_PAYMENT, "the payment was refused", NULL },
    { "PAYMENT_INVALID_REFERENCE", E_PAYMENT, "the payment was refused", NULL },
    { "PAYMENT_INVALID_SCHEDULE", E_PAYMENT, "the payment was refused", NULL },
    { "PAYMENT_REJECTED", E_PAYMENT, "the payment was refused", NULL },
    { "PAYMENT_SCHEME_NOT_SUPPORTED", E_PAYMENT,
      "the payment was refused", NULL },

    { "BANK_TRANSFER_ACCOUNT_BLOCKED", E_BANK_TRANSFER,
      "bank transfer was blocked due to a previous ACH return on this account",
      NULL },

    { "INCOMPLETE_CUSTOMER_ONBOARDING", E_TRANSFER,
      "the transfer was refused", NULL },
    { "TRANSFER_ACCOUNT_BLOCKED", E_TRANSFER,
      "the transfer was refused", NULL },
    { "TRANSFER_FORBIDDEN_ACH_CLASS", E_TRANSFER,
      "the transfer was refused", NULL },
    { "TRANSFER_LIMIT_REACHED", E_TRANSFER, "the transfer was refused", NULL },
    { "TRANSFER_NOT_CANCELLABLE", E_TRANSFER,
      "the transfer was refused", NULL },
    { "TRANSFER_ORIGINATOR_NOT_FOUND", E_TRANSFER,
      "the transfer was refused", NULL },
    { "TRANSFER_UI_UNAUTHORIZED", E_TRANSFER,
      "the transfer was refused", NULL },
    { "TRANSFER_UNSUPPORTED_ACCOUNT_TYPE", E_TRANSFER,
      "the transfer was refused", NULL },
    { "UNAUTHORIZED_ACCESS", E_TRANSFER, "the transfer was refused", NULL },

    { "TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION", E_TRANSACTIONS,
      "Underlying transaction data changed since last page was fetched. "
      "Please restart pagination from last update.", NULL },

    { "NONIDENTICAL_REQUEST", E_TRANSACTION,
      "the transaction was refused", NULL },
    { "REQUEST_CONFLICT", E_TRANSACTION, "the transaction was refused", NULL },
    { "TRANSACTION_AMOUNT_EXCEEDED", E_TRANSACTION,
      "the transaction was refused", NULL },
    { "TRANSACTION_BACS_INVALID", E_TRANSACTION,
      "the transaction was refused", NULL },
    { "TRANSACTION_CURRENCY_MISMATCH", E_TRANSACTION,
      "the transaction was refused", NULL },
    { "TRANSACTION_EXECUTION_FAILED", E_TRANSACTION,
      "the transaction was refused", NULL },
    { "TRANSACTION_FAST_PAY_DISABLED", E_TRANSACTION,
      "the transaction was refused", NULL },
    { "TRANSACTION_IBAN_INVALID", E_TRANSACTION,
      "the transaction was refused", NULL },
    { "TRANSACTION_INSUFFICIENT_FUNDS", E_TRANSACTION,
      "the transaction was refused", NULL },
    { "TRANSACTION_ON_SAME_ACCOUNT", E_TRANSACTION,
      "the transaction was refused", NULL },

    { NULL, NULL, 0, NULL, NULL }
};
