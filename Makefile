# make                   both modules, against Debian's nginx-dev
# make NGINX_SRC=path    against a source tree of nginx 1.22.1 or newer
#
# make test              unit tests and t/*.t   (TESTS=t/name.t: only that)
# make test-hup          t/*.t with one nginx that is reloaded
# make test-valgrind     t/*.t under memcheck
# make test-asan         t/*.t with sanitizers; NGINX_SRC=path is needed
# make test-apps         PHP-FPM, uWSGI, gunicorn, Express and gRPC behind it,
#                        and bodies as six back ends read them
# make test-genuine      t/*.t with openresty's harness; TEST_NGINX_LIB=path
# make fuzz SECONDS=n    each target of t/fuzz for so long (60), by libFuzzer
#                        with sanitizers
# make afl SECONDS=n     the same by AFL++
# make torture           each allocation of each main path refused in turn;
#                        NGINX_SRC=path: those from pools, too
# make soak MINUTES=n    load and faults, and whether anything grows (3)
# make coverage          lines of src/ that the tests run
# make lint              clang-tidy and cppcheck
# make bench             the module beside its peers; results in bench/results
#
# make chaos             all faults at once, then the books; SECONDS=60
#                        NODES=3: that many nginx with one Redis
#
# make demo, demo-stop   the example of the README on 127.0.0.1:8080
# make twin, twin-stop   the sandbox as sandbox.plaid.com, with TLS, for apps
#                        that are not to be changed

BUILD = build
TESTS =
BENCH =
SECONDS = 60
MINUTES = 3

export BUILD NGINX_SRC TEST_NGINX_LIB

.PHONY: all test test-hup test-valgrind test-asan test-genuine lint
.PHONY: test-apps fuzz afl torture soak coverage chaos bench
.PHONY: demo demo-stop twin twin-stop clean

all:
	@./tools/build $(BUILD) $(NGINX_SRC)

test:
	@./tools/test $(TESTS)

test-hup:
	@./tools/test --hup $(TESTS)

test-valgrind:
	@./tools/test --valgrind $(TESTS)

test-asan:
	@./tools/test --asan $(TESTS)

test-apps: all
	@PLAID_BUILD=$(BUILD) ./t/apps/run
	@PLAID_BUILD=$(BUILD) ./t/apps/bodies

test-genuine:
	@./tools/test --genuine $(TESTS)

fuzz:
	@./tools/setup fuzz
	@$(MAKE) -s -C t/fuzz fuzz SECONDS=$(SECONDS) \
	    NGX_OBJS=$(abspath $(BUILD)) OUT=$(abspath $(BUILD))/fuzz \
	    $(if $(NGINX_SRC),NGX_SRC=$(abspath $(NGINX_SRC)))

afl:
	@./tools/setup fuzz afl
	@$(MAKE) -s -C t/fuzz afl-run SECONDS=$(SECONDS) \
	    NGX_OBJS=$(abspath $(BUILD)) OUT=$(abspath $(BUILD))/fuzz \
	    $(if $(NGINX_SRC),NGX_SRC=$(abspath $(NGINX_SRC)))

torture:
	@./tools/torture

soak: all
	@./tools/soak $(MINUTES)

coverage:
	@./tools/coverage $(TESTS)

lint:
	@./tools/lint

chaos: all
	@[ -z "$(NGINX_SRC)" ] \
	    || ./tools/build --nginx $(BUILD)/nginx $(NGINX_SRC)
	@$(if $(NODES),NODES=$(NODES) ./tools/chaos-nodes,./tools/chaos) $(SECONDS)

bench:
	@./bench/run $(BENCH)

demo:
	@./tools/demo start

demo-stop:
	@./tools/demo stop

twin: all
	@./tools/twin start

twin-stop:
	@./tools/twin stop

clean:
	rm -rf $(BUILD) t/servroot t/servroot_*
