// SPDX-License-Identifier: GPL-2.0-only
/* What the loader makes of the programs, with all options, on kernels that cannot be had. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "loader/programs.h"
#include "progs/trail_abi.h"
#include "tests/unit/lib_kernel_types.h"
#include "tests/unit/lib_programs.h"
#include "tests/unit/lib_verify.h"
#include "trace/follow.h"

#define NR(a)	   (sizeof(a) / sizeof((a)[0]))
#define LARGE_SZ   16384
#define ARG_REGS   6
#define ANY_REG	   ARG_REGS /* it is to be found */
#define META_ALL   7
#define TARGET_ALL 7
#define SNAPLEN	   256 /* by default */

enum { FIRST_FD = 41 };

static const char *const exprs[] = {
	"",
	"udp",
	"host 10.0.0.1 and tcp port 80",
	"not arp and not port 22",
	"ip6",
	"ip6 host fe80::1 and udp port 53",
	"icmp or icmp6 or arp",
	"vlan 5 and udp port 53",
	"vlan and vlan and ip host 10.0.0.1",
	"len > 100",
	"greater 100 and vlan 7 and ip6 host ::1 and tcp port 80",
	"tcp[tcpflags] & (tcp-syn|tcp-rst) != 0",
	"udp[200:4] = 0x12345678 and ip[ip[8]] != len % 7",
	"ether host 02:00:00:00:00:01 and net 192.168.0.0/16 and not broadcast",
	"large", /* stands for one of hosts and ports */
};

/* What a run of many programs came to. */
struct most {
	size_t nr, insns, processed;
};

static void large_expr(char *buf, size_t nr_hosts, size_t nr_ports)
{
	size_t n = snprintf(buf, LARGE_SZ, "(");

	for (size_t i = 0; i < nr_hosts; i++)
		n += snprintf(buf + n, LARGE_SZ - n, "%shost 192.168.%zu.1", i ? " or " : "", i);
	n += snprintf(buf + n, LARGE_SZ - n, ") and (");
	for (size_t i = 0; i < nr_ports; i++)
		n += snprintf(buf + n, LARGE_SZ - n, "%sport %zu", i ? " or " : "", 1000 + 3 * i);
	n += snprintf(buf + n, LARGE_SZ - n, ")");
	assert_true(n < LARGE_SZ);
}

static void compile(struct filter *f, const char *expr)
{
	char large[LARGE_SZ];
	struct err err = ERR_INIT;

	if (!strcmp(expr, "large")) {
		large_expr(large, 8, 8);
		expr = large;
	}
	if (filter_compile(f, expr, &err))
		fail_msg("'%s': %s", expr, err.msg);
}

/* Of the types used last: relocating the object takes longer than all else. */
static struct programs relocated;
static const struct btf *relocated_for;

static void free_types(struct btf *btf)
{
	if (relocated_for == btf)
		programs_release(&relocated);
	relocated_for = NULL;
	btf_free(btf);
}

static struct programs open_programs(const struct sim_kernel *k, const struct btf *btf,
				     const struct backend *backend, const struct prog_config *match,
				     const struct features *features)
{
	struct err err = ERR_INIT;
	struct programs p;

	if (relocated_for != btf) {
		assert_null(relocated_for);
		if (programs_init(&relocated, backend, &btf, 1, features, match, &err))
			fail_msg("%s: %s", k->name, err.msg);
		relocated_for = btf;
	}
	p = relocated;
	p.backend = backend;
	p.features = features;
	p.config = *match;
	test_maps_open(&p, FIRST_FD);
	return p;
}

static void check_program(const struct sim_kernel *k, const struct programs *p,
			  const struct target *t, const char *words, struct most *most)
{
	struct bpf_map_spec specs[NR_PROG_MAPS];
	struct sim_map maps[NR_PROG_MAPS];
	struct prog_load_opts opts = programs_load_opts(p);
	struct err err = ERR_INIT;
	struct bpf_prog_spec spec;
	struct sim_result r;
	struct prog prog;

	prog_maps_specs(&p->config, p->features, 0, specs);
	for (size_t i = 0; i < NR(maps); i++) {
		bool made;

		maps[i] = (struct sim_map){p->maps.fd[i], specs[i]};
		if (p->maps.fd[i] < 0)
			continue;
		made = sim_map_create(k, &specs[i], &r);
		if (!made && i == MAP_HEADS) {
			maps[i].spec.type = BPF_MAP_TYPE_HASH; /* before 4.10 */
			made = sim_map_create(k, &maps[i].spec, &r);
		}
		if (!made)
			fail_msg("%s, map %zu: %s", k->name, i, r.why);
	}
	if (programs_build(p, t, &prog, &err))
		fail_msg("%s, %s: %s", k->name, words, err.msg);
	spec = prog_load_spec(&prog, &opts);
	if (!sim_prog_load(k, &spec, maps, NR(maps), &r))
		fail_msg("%s, %s %s: %s at instruction %zu of %zu", k->name, p->backend->name,
			 words, r.why, r.idx, prog.code.nr);
	most->nr++;
	if (prog.code.nr > most->insns)
		most->insns = prog.code.nr;
	if (r.processed > most->processed)
		most->processed = r.processed;
	prog_release(&prog);
}

static struct target make_target(const struct backend *backend, uint8_t reg, unsigned int how)
{
	/* A tracepoint event begins with a header that programs may not read. */
	uint8_t first = backend->prog_type == BPF_PROG_TYPE_TRACEPOINT;

	return (struct target){
		.name = "target",
		.skb_reg = reg == ANY_REG ? TARGET_ANY_ARG
			   : reg < first  ? first
					  : reg,
		.deref = how & 1 && reg != ANY_REG,
		.reason_reg = how & 2 ? 1 + reg % (ARG_REGS - 1) : TARGET_NO_ARG,
		.want_caller = how & 4,
		.location_arg = backend->tracepoints && how & 4 ? 2 : TARGET_NO_ARG,
		.source = backend->tracepoints,
	};
}

static struct prog_config make_match(const struct filter *filter, unsigned int meta, bool check_skb)
{
	return (struct prog_config){
		.filter = filter,
		.netns = meta & 1 ? 4026531840 : 0,
		.mark = meta & 2 ? 0x80000001 : 0,
		.mark_mask = meta & 2 ? 0xffffffff : 0,
		.ifindex = meta & 4 ? 2 : 0,
		.check_skb = check_skb,
		.drop_stack = true,
		.link_headers = true,
		.snaplen = meta & 2 ? TRAIL_SNAPLEN_MAX : 0,
		.entry = meta & 2,
		.jiffies_at = 0xffffffff82000010,
	};
}

/* Of packets whose bytes are sent; for large programs only (trace/config.c). */
static void set_fragments(struct prog_config *m, const struct features *f)
{
	if (!m->snaplen || !features_has(f, FEAT_LARGE_PROGRAMS))
		return;
	m->vmemmap_at = 0xffffffff82000000;
	m->page_offset_at = 0xffffffff82000008;
}

/* What the user and the functions of the kernel choose among. */
struct choice {
	const char *expr;
	unsigned int meta; /* filters besides the expression: bits of make_match() */
	bool check_skb;
	unsigned int how; /* bits of make_target() */
	uint8_t reg;
};

static void check_choice(const struct sim_kernel *k, const struct btf *btf,
			 const struct backend *backend, const struct choice *c, struct most *most)
{
	struct features features = sim_features(k);
	struct target t = make_target(backend, c->reg, c->how);
	struct filter filter = {0};
	struct prog_config match;
	struct programs p;
	char words[128];

	if (*c->expr)
		compile(&filter, c->expr);
	match = make_match(*c->expr ? &filter : NULL, c->meta, c->check_skb);
	set_fragments(&match, &features);
	p = open_programs(k, btf, backend, &match, &features);
	snprintf(words, sizeof(words), "'%.60s' meta %u check %d reg %u how %u", c->expr, c->meta,
		 c->check_skb, c->reg, c->how);
	check_program(k, &p, &t, words, most);
	filter_release(&filter);
}

static bool has_backend(const struct sim_kernel *k, const struct backend *b)
{
	struct features f = sim_features(k);
	const char *why;

	return !backend_usable(b, &f, &why);
}

/*
 * Every set of filters with functions of some kind, so chosen that each two kinds of anything
 * meet; and each expression with everything at once.
 */
static void check_all(const struct sim_kernel *k, const struct btf *btf,
		      const struct backend *backend, struct most *most)
{
	for (size_t e = 0; e < NR(exprs); e++) {
		struct choice all = {exprs[e], META_ALL, true, TARGET_ALL, ARG_REGS - 1};
		struct choice any = {exprs[e], META_ALL, true, TARGET_ALL, ANY_REG};

		for (unsigned int n = 0; n < 2 * (META_ALL + 1); n++) {
			struct choice c = {.expr = exprs[e],
					   .meta = n / 2,
					   .check_skb = n & 1,
					   .how = (n / 2 + e) & TARGET_ALL,
					   .reg = (n / 2 + 2 * e + 3 * (n & 1)) % ARG_REGS};

			check_choice(k, btf, backend, &c, most);
		}
		check_choice(k, btf, backend, &all, most);
		if (!backend->tracepoints)
			check_choice(k, btf, backend, &any, most);
	}
}

/*
 * One way to attach on one kernel; says in a line for docs/kernels.md what came of it. The types
 * are such as a file has: these kernels have none.
 */
struct way {
	enum kernel_types kernel;
	const struct backend *backend;
	char name[64];
};

/* Programs with measured types are the same ones: each skb is looked at, some are searched for. */
static void print_rows(const struct sim_kernel *k, const struct backend *b, const char *result)
{
	printf("ROW simulation %s x86_64 file %s %s\n", k->name, b->name, result);
	/* A guest measures for itself. */
	if (k->version != SIM_VERSION(4, 19))
		printf("ROW simulation %s x86_64 measured %s %s\n", k->name, b->name, result);
}

static void test_takes_every_program(void **state)
{
	const struct way *w = *state;
	const struct sim_kernel *k = &sim_kernels[w->kernel];
	struct btf *btf = kernel_types(w->kernel, NULL);
	struct most most = {0};

	check_all(k, btf, w->backend, &most);
	free_types(btf);
	printf("Linux %-5s %4zu programs: at most %zu of %zu instructions, %zu of %zu looked at\n",
	       k->name, most.nr, most.insns, k->max_insns, most.processed, k->max_processed);
	print_rows(k, w->backend, "perf ok");
}

static void test_has_no_such_backend(void **state)
{
	const struct way *w = *state;

	print_rows(&sim_kernels[w->kernel], w->backend, "- none");
}

/* With hosts and ports, the same number of each; returns what the loader says. */
static int build_large(const struct sim_kernel *k, const struct btf *btf, size_t nr,
		       uint32_t snaplen, bool check, struct most *most, struct err *err)
{
	struct target t = make_target(&backend_kprobe, 0, 0);
	struct features features = sim_features(k);
	struct prog_config match = {0};
	struct filter filter;
	char expr[LARGE_SZ];
	struct programs p;
	struct prog prog;
	int ret;

	large_expr(expr, nr, nr);
	compile(&filter, expr);
	match.filter = &filter;
	match.snaplen = snaplen;
	p = open_programs(k, btf, &backend_kprobe, &match, &features);
	ret = programs_build(&p, &t, &prog, err);
	if (!ret)
		prog_release(&prog);
	if (!ret && check)
		check_program(k, &p, &t, "large", most);
	filter_release(&filter);
	return ret;
}

/*
 * Forty hosts and forty ports go anywhere; what is too long is refused in words of the user, before
 * the kernel sees it.
 */
static void test_large_expressions(void **state)
{
	for (size_t n = 0; n < sim_nr_kernels; n++) {
		const struct sim_kernel *k = &sim_kernels[n];
		struct btf *btf = kernel_types(n, NULL);
		struct most most = {0};
		struct err err = ERR_INIT;

		assert_int_equal(build_large(k, btf, 40, 0, true, &most, &err), 0);
		printf("Linux %-5s 40 hosts, 40 ports: %zu of %zu instructions, %zu of %zu "
		       "looked at\n",
		       k->name, most.insns, k->max_insns, most.processed, k->max_processed);
		if (!strcmp(k->name, "4.14")) {
			assert_int_equal(build_large(k, btf, 190, 0, false, &most, &err), -E2BIG);
			if (!strstr(err.msg, "expression too long: ") ||
			    !strstr(err.msg, "this kernel allows 4095") || !strstr(err.hint, "5.2"))
				fail_msg("'%s' (%s)", err.msg, err.hint);
			err_clear(&err);
			assert_int_equal(
				build_large(k, btf, 140, TRAIL_SNAPLEN_MAX, false, &most, &err),
				-E2BIG);
			if (!strstr(err.msg, "--snaplen too large"))
				fail_msg("'%s'", err.msg);
			assert_int_equal(build_large(k, btf, 140, 0, false, &most, &err), 0);
		}
		free_types(btf);
	}
}

/*
 * What is followed, and what is sent beside an event: each alone, and all at once. Functions are
 * those that trace/follow.c has, one of each kind.
 */
static void set_beside(struct prog_config *m, unsigned int which, const struct filter *inner)
{
	m->track = which & 1;
	m->by_stack = which & 2;
	m->nr_tracked = 1024;
	m->stack = which & 4;
	m->cb = which & 8;
	m->sz_skb = which & 16 ? TRAIL_RAW_SZ : 0;
	m->sz_shared = which & 16 ? 320 : 0;
	m->in_tunnel = which & 32;
	m->tunnel[FILTER_L2] = which & 64 ? inner : NULL;
	m->tunnel[FILTER_L3] = which & 64 ? inner : NULL;
	m->snaplen = which & 128 ? SNAPLEN : 0;
}

#define BESIDE_ALL 255

static void check_beside(const struct sim_kernel *k, const struct btf *btf,
			 const struct backend *backend, unsigned int which, struct most *most)
{
	static const char *const hooked[] = {NULL,
					     "__copy_skb_header",
					     "skb_copy_header",
					     "__xdp_build_skb_from_frame",
					     "__build_skb_around",
					     "bpf_prog_run_generic_xdp",
					     "consume_skb",
					     "__kfree_skb",
					     "skb_release_head_state",
					     "kfree_skb_partial",
					     "skb_release_data",
					     "skb_attempt_defer_free",
					     "kfree_skbmem"};
	struct features features = sim_features(k);
	struct filter outer = {0}, inner = {0};
	struct prog_config match;
	struct programs p;
	char words[128];

	/* Stacks are known by the address that the stack pointer of a function has. */
	if (backend->tracepoints)
		which &= ~2u;
	if (!features_has(&features, FEAT_GET_STACK) && !features_has(&features, FEAT_STACK_ID))
		which &= ~4u;
	/* Linux 4.4 looks at no more than this: an expression for the packet inside goes with some
	 * of the others, not with all. */
	if (which == (BESIDE_ALL & ~4u) && k->max_processed < 40000)
		which &= ~64u;
	compile(&outer, "udp port 4789 or host 10.0.0.1");
	compile(&inner, "tcp port 80");
	match = make_match(&outer, 0, which & 8);
	set_beside(&match, which, &inner);
	set_fragments(&match, &features);
	/* Helpers are found in BTF, from 5.4 on. */
	match.maps = match.by_stack && k->version >= SIM_VERSION(5, 4);
	p = open_programs(k, btf, backend, &match, &features);
	for (size_t i = 0; i < NR(hooked); i++) {
		bool has_hook = hooked[i] && !backend->tracepoints;

		/* Hooks are for what is followed. */
		if (i && !(has_hook && (match.track || match.by_stack)))
			break;
		for (unsigned int kind = 0; kind < 3; kind++) {
			struct target t = make_target(backend, 0, which & TARGET_ALL);

			t.hook = has_hook ? follow_hook(hooked[i]) : NULL;
			if (t.hook && t.hook->callers) {
				t.caller = 0xffffffff81000000;
				t.caller_sz = 4096;
			}
			t.silent = kind == 1;
			t.by_stack = kind == 2;
			t.map_args = t.by_stack ? 2 : 0;
			if ((t.silent && !(t.hook && match.track)) ||
			    (t.by_stack && (t.hook || !match.by_stack)))
				continue;
			snprintf(words, sizeof(words), "beside %u hook %s kind %u", which,
				 hooked[i] ? hooked[i] : "-", kind);
			check_program(k, &p, &t, words, most);
		}
	}
	filter_release(&outer);
	filter_release(&inner);
}

static void test_beside(void **state)
{
	static const struct backend *const some[] = {&backend_kprobe, &backend_kprobe_events,
						     &backend_tracepoint,
						     &backend_tracepoint_events};

	for (size_t n = 0; n < sim_nr_kernels; n++) {
		const struct sim_kernel *k = &sim_kernels[n];
		struct btf *btf = kernel_types(n, NULL);
		struct most most = {0};

		for (size_t b = 0; b < NR(some); b++) {
			if (!has_backend(k, some[b]))
				continue;
			for (unsigned int bit = 1; bit < BESIDE_ALL; bit <<= 1)
				check_beside(k, btf, some[b], bit, &most);
			check_beside(k, btf, some[b], BESIDE_ALL, &most);
		}
		printf("Linux %-5s followed: %zu of %zu instructions, %zu of %zu looked at\n",
		       k->name, most.insns, k->max_insns, most.processed, k->max_processed);
		free_types(btf);
	}
}

static const char *const rarely_missing[] = {
	"mac_header",  "mark",	  "dev", "sk", "nd_net.net", "__sk_common.skc_v6_daddr",
	"sk_protocol", "vlan_tci"};

/* Where types lack a member: what is not read must not leave a hole. */
static void test_members_missing(void **state)
{
	struct most most = {0};

	for (size_t n = 0; n < nr_fields; n++) {
		for (size_t i = 0; i < NR(rarely_missing); i++) {
			struct btf *btf;

			if (strcmp(fields[n].member, rarely_missing[i]) ||
			    fields[n].needed_by & FIELD_XDP)
				continue;
			btf = kernel_types(KERNEL_TYPES_4_4, &fields[n]);
			for (unsigned int how = 0; how <= TARGET_ALL; how++)
				check_choice(&sim_kernels[0], btf, &backend_kprobe,
					     &(struct choice){"", .how = how}, &most);
			check_choice(&sim_kernels[0], btf, &backend_kprobe,
				     &(struct choice){"large", META_ALL, true, TARGET_ALL}, &most);
			free_types(btf);
		}
	}
	assert_int_equal(most.nr, (TARGET_ALL + 2) * NR(rarely_missing));
}

static const struct backend *const all_backends[] = {
	&backend_kprobe_multi,	    &backend_kprobe, &backend_kprobe_events, &backend_tracepoint,
	&backend_tracepoint_events,
};

/* For each kernel and backend, and named after both. */
static struct CMUnitTest make_test(size_t n, const struct backend *backend, struct way *w)
{
	bool has = has_backend(&sim_kernels[n], backend);

	*w = (struct way){.kernel = n, .backend = backend};
	snprintf(w->name, sizeof(w->name), "%s/%s%s", sim_kernels[n].name, backend->name,
		 has ? "" : "/none");
	return (struct CMUnitTest){
		.name = w->name,
		.test_func = has ? test_takes_every_program : test_has_no_such_backend,
		.initial_state = w,
	};
}

int main(void)
{
	static struct way ways[KERNEL_TYPES_NR][NR(all_backends)];
	struct CMUnitTest tests[3 + KERNEL_TYPES_NR * NR(all_backends)] = {
		cmocka_unit_test(test_large_expressions),
		cmocka_unit_test(test_beside),
		cmocka_unit_test(test_members_missing),
	};
	struct CMUnitTest *next = tests + 3;

	for (size_t n = 0; n < KERNEL_TYPES_NR; n++)
		for (size_t b = 0; b < NR(all_backends); b++)
			*next++ = make_test(n, all_backends[b], &ways[n][b]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
