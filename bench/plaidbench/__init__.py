"""The benchmark of ngx_http_plaid_module; see ../run."""
