# Files that become part of the modules, and again when one of them changes
# or, as their directory tells, comes or goes.

ngx_plaid_dir=$ngx_addon_dir/src/sandbox/page
ngx_plaid_list="ls $ngx_plaid_dir/*.js $ngx_plaid_dir/*.css \
                   $ngx_plaid_dir/*.html $ngx_plaid_dir/*.svg 2>/dev/null"
ngx_plaid_link=`eval $ngx_plaid_list | tr '\n' ' '`
ngx_plaid_data=$NGX_OBJS/ngx_plaid_sandbox_assets_data.h
ngx_plaid_page=$NGX_OBJS/ngx_http_plaid_status_data.h

cat << END                                                    >> $NGX_MAKEFILE

$NGX_OBJS/addon/http/ngx_plaid_sandbox_assets.o:	$ngx_plaid_data

$ngx_plaid_data:	$ngx_addon_dir/tools/embed $ngx_plaid_dir $ngx_plaid_link
	$ngx_addon_dir/tools/embed ngx_plaid_sandbox \\
		\`$ngx_plaid_list\` > $ngx_plaid_data.tmp
	mv $ngx_plaid_data.tmp $ngx_plaid_data

$ngx_plaid_link:

$NGX_OBJS/addon/http/ngx_http_plaid_status.o:	$ngx_plaid_page

$ngx_plaid_page:	$ngx_addon_dir/tools/embed $ngx_addon_dir/src/http/status.html
	$ngx_addon_dir/tools/embed ngx_http_plaid_status \\
		$ngx_addon_dir/src/http/status.html > $ngx_plaid_page.tmp
	mv $ngx_plaid_page.tmp $ngx_plaid_page

END
