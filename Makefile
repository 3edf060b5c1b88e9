# loyalty: `make && make install` builds and installs for the PostgreSQL whose
# pg_config is first in PATH; PG_CONFIG=/path/to/pg_config chooses another.
# Out of tree: make -f /path/to/loyalty/Makefile, from the build directory.

EXTENSION = loyalty
EXTVERSION = 0.1.0
MODULE_big = loyalty

# A noun's kernel is plain C11 and knows no PostgreSQL ...
KERNEL = \
	beta_geometric \
	bg_bb \
	bg_bb_set \
	bg_histories \
	bg_nbd \
	bg_population \
	calendar \
	churn_score \
	clv_backtest \
	clv_forecast \
	clv_model \
	clv_sample \
	decimal \
	dropout_rule \
	exact_sum \
	gamma_gamma \
	instant \
	key_sort \
	lifetime_model \
	likelihood_fit \
	list_text \
	mbg_nbd \
	negative_binomial \
	order_value_trend \
	packed_column \
	pareto_nbd \
	pareto_nbd_set \
	pareto_segment \
	points_agenda \
	points_journal \
	points_ledger \
	points_lots \
	points_store \
	purchase_digest \
	purchase_log \
	rfm_segment \
	rising_series \
	sbg \
	special_functions \
	stirling \
	tier_bands \
	value_concentration \
	value_log \
	value_shares

# ... its face is what SQL calls.
FACES = \
	loyalty \
	report \
	amount \
	exact \
	flat_state \
	purchase_log \
	purchase_digest \
	purchase_digest_aggregate \
	churn_score \
	order_value_trend \
	lifecycle_state \
	json_value \
	clv_history \
	clv_sample \
	clv_sample_aggregate \
	clv_model \
	clv_model_facts \
	clv_fit \
	clv_score \
	clv_forecast \
	clv_backtest \
	clv_backtest_aggregate \
	clv_backtest_facts \
	value_formulas \
	value_concentration \
	value_concentration_aggregate \
	pareto_segment \
	rfm_segment \
	points_account \
	points_account_write \
	points_ledger \
	points_ledger_aggregate \
	points_ledger_read \
	points_posting \
	points_replay \
	points_row \
	points_tables \
	points_tables_ddl \
	points_for \
	expires_at \
	tier_bands \
	points_liability

# The install script is these pieces, in this order: a noun after those it uses.
SQL_MODULES = \
	00_header \
	10_purchase_digest \
	20_churn_score \
	25_order_value_trend \
	30_lifecycle_state \
	35_clv_sample \
	40_clv_model \
	42_clv_fit \
	44_clv_score \
	46_clv_forecast \
	48_clv_backtest \
	50_value_formulas \
	60_value_concentration \
	70_pareto_segment \
	75_points_ledger \
	76_points_tables \
	80_rfm_segment \
	82_points_for \
	84_expires_at \
	86_tier_bands \
	88_points_liability

OBJS = $(KERNEL:%=src/kernel/%.o) $(FACES:%=src/%.o)
DATA_built = $(EXTENSION)--$(EXTVERSION).sql
# PGXS puts $(srcdir) before these names
DATA = $(patsubst $(srcdir)/%,%,$(wildcard $(srcdir)/sql/upgrade/*.sql))
# Pages with names that any extension might use stay out of the shared directory.
DOCS = $(filter-out doc/recipes.md doc/performance.md, $(patsubst $(srcdir)/%,%,$(wildcard $(srcdir)/doc/*.md)))

# Results must repeat across machines: no fused multiply-add, no -march=native.
# A function called without its declaration would lose half of a pointer.
PG_CFLAGS = -ffp-contract=off -Werror=implicit-function-declaration -DLOYALTY_VERSION='"$(EXTVERSION)"'
SHLIB_LINK = -lm

REGRESS = \
	catalog \
	purchase_digest \
	churn_score \
	order_value_trend \
	lifecycle_state \
	clv_sample \
	clv_model \
	clv_fit \
	clv_score \
	clv_forecast \
	clv_backtest \
	value_formulas \
	value_concentration \
	pareto_segment \
	points_ledger \
	points_tables \
	rfm_segment \
	points_for \
	expires_at \
	tier_bands \
	points_liability
REGRESS_OPTS = --inputdir=$(srcdir)/test --load-extension=loyalty
REGRESS_PREP = expected-link
ISOLATION = \
	points_ledger_concurrency \
	purchase_digest_concurrency
ISOLATION_OPTS = --inputdir=$(srcdir)/test --outputdir=. --load-extension=loyalty
TAP_TESTS = 1
EXTRA_CLEAN = $(EXTENSION)--$(EXTVERSION).sql build results output_iso tmp_check tmp_check_iso

# A PostgreSQL that was built inside its own source tree sets no VPATH: configure takes the line out.
MAKEFILE_DIR := $(patsubst %/,%,$(dir $(abspath $(firstword $(MAKEFILE_LIST)))))
ifneq ($(MAKEFILE_DIR),$(CURDIR))
VPATH ?= $(MAKEFILE_DIR)
endif

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

$(DATA_built): $(SQL_MODULES:%=$(srcdir)/sql/modules/%.sql)
	cat $^ > $@

# Object directories of an out-of-tree build.
$(OBJS): | $(CURDIR)/src/kernel
$(CURDIR)/src/kernel:
	mkdir -p $@

# Every object depends on every header: the tree is small, a stale object is dear.
$(OBJS): $(wildcard $(srcdir)/src/*.h $(srcdir)/src/kernel/*.h)

# pg_regress looks for expected/ in the build directory.
.PHONY: expected-link
expected-link:
	test -e expected || ln -s $(srcdir)/expected expected

# Kernel unit tests: no server, under the address and undefined-behaviour sanitizers.
UNIT_TESTS = $(patsubst $(srcdir)/test/unit/%.c,build/unit/%,$(wildcard $(srcdir)/test/unit/*.c))
UNIT_CFLAGS = -std=c11 -D_GNU_SOURCE -g -O1 -Wall -Wextra -Werror -ffp-contract=off \
	-fsanitize=address,undefined -fno-sanitize-recover=all

UNIT_KERNEL = $(KERNEL:%=build/unit/kernel/%.o)

build/unit/kernel/%.o: $(srcdir)/src/kernel/%.c $(wildcard $(srcdir)/src/kernel/*.h)
	@mkdir -p $(@D)
	$(CC) $(UNIT_CFLAGS) -c -o $@ $<

build/unit/%: $(srcdir)/test/unit/%.c $(wildcard $(srcdir)/test/unit/*.h) $(UNIT_KERNEL)
	$(CC) $(UNIT_CFLAGS) -I$(srcdir)/src/kernel -I$(srcdir)/test/unit -o $@ $< $(UNIT_KERNEL) -lm

.PHONY: unit
unit: $(UNIT_TESTS)
	prove $(PROVE_FLAGS) -e '' $(UNIT_TESTS)

# The fuzzer of test/unit by clang's libFuzzer, on demand: make fuzz FUZZ_SECONDS=3600.  Its inputs are kept in build/fuzz/corpus.
FUZZ_SECONDS = 60

build/fuzz/points_ledger: $(srcdir)/test/unit/points_ledger_fuzz.c $(KERNEL:%=$(srcdir)/src/kernel/%.c) $(wildcard $(srcdir)/src/kernel/*.h)
	@mkdir -p $(@D)/corpus
	clang -DLOYALTY_LIBFUZZER -std=c11 -D_GNU_SOURCE -g -O1 -ffp-contract=off -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
		-I$(srcdir)/src/kernel -I$(srcdir)/test/unit -o $@ $(filter %.c,$^) -lm

.PHONY: fuzz
fuzz: build/fuzz/points_ledger
	build/fuzz/points_ledger -max_len=4096 -max_total_time=$(FUZZ_SECONDS) build/fuzz/corpus

# Simulations with known truth, on demand: make simulation REPLICATIONS=200 for a short one.
REPLICATIONS = 2000

build/simulation/%: $(srcdir)/test/simulation/%.c $(KERNEL:%=$(srcdir)/src/kernel/%.c) $(wildcard $(srcdir)/src/kernel/*.h)
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -ffp-contract=off -I$(srcdir)/src/kernel -o $@ $(filter %.c,$^) -lm

.PHONY: simulation
simulation: build/simulation/coverage
	build/simulation/coverage $(REPLICATIONS)
