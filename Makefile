# make          build both modules against Debian's nginx-dev
# make NGINX_SRC=/path/to/nginx   against a source tree
# make demo, make demo-stop, make test: see README.md

BUILD = build

.PHONY: all
all:
	@./tools/build $(BUILD) $(NGINX_SRC)
