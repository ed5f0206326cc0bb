
/*
 * Questions that the configuration answers for a request.
 */


#include "ngx_http_plaid_conf.h"


ngx_int_t
ngx_http_plaid_conf_condition(ngx_http_request_t *r,
    ngx_http_plaid_loc_conf_t *plcf)
{
    ngx_str_t  value;

    if (plcf->use->condition == NULL) {
        return NGX_OK;
    }

    if (ngx_http_complex_value(r, plcf->use->condition, &value) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (value.len == 0 || (value.len == 1 && value.data[0] == '0')) {
        return NGX_DECLINED;
    }

    return NGX_OK;
}
