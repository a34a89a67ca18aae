// SPDX-License-Identifier: GPL-2.0-only
/*
 * Expressions against libpcap: each on every packet, on cut and on damaged ones, for both
 * layers, and with a VLAN tag that is not in memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/insn.h"
#include "filter/filter.h"
#include "progs/trail_abi.h"
#include "tests/unit/lib_filter.h"
#include "tests/unit/lib_oracle.h"
#include "tests/unit/lib_packet.h"

#define NR(a)	   (sizeof(a) / sizeof((a)[0]))
#define NR_MUTATED 12

static struct packet *packets;
static size_t nr_packets;
static size_t nr_pairs;
static size_t nr_matches;

struct subject {
	const char *expr;
	enum filter_layer layer;
	const struct filter *f;
	struct insn_buf code;
	struct oracle *oracle;
};

static void say_disagreement(const struct subject *s, const char *what, const char *name,
			     const uint8_t *data, size_t caplen, int got, const char *error)
{
	fprintf(stderr, "'%s' (L%d), %s '%s', %zu bytes: got %d %s\n", s->expr, 2 + (int)s->layer,
		what, name, caplen, got, error);
	for (size_t i = 0; i < caplen && i < 160; i++)
		fprintf(stderr, "%02x%s", data[i], i % 16 == 15 ? "\n" : " ");
	fputs("\n", stderr);
	fail();
}

static int run(const struct subject *s, struct interp *vm, const uint8_t *data, size_t caplen,
	       size_t len, enum filter_run_mode mode)
{
	return filter_run(vm, &s->code, s->f->window[s->layer], data, caplen, len, mode);
}

/* The same packet everywhere that it can be. */
static void check_packet(const struct subject *s, const char *name, const uint8_t *data,
			 size_t caplen, size_t len)
{
	bool want = oracle_match(s->oracle, data, caplen, len);
	static struct interp vm;
	uint64_t calls;
	int got;

	got = run(s, &vm, data, caplen, len, RUN_IN_MEMORY);
	calls = vm.nr_helper_calls;
	if (got != want)
		say_disagreement(s, "packet", name, data, caplen, got, vm.error);
	nr_pairs++;
	nr_matches += want;

	/* The first far load ends it: without a call, or at the first one. */
	got = run(s, &vm, data, caplen, len, RUN_NOWHERE);
	if (got != (want && !calls) || vm.nr_helper_calls)
		say_disagreement(s, "built", name, data, caplen, got, vm.error);
	got = run(s, &vm, data, caplen, len, RUN_UNREADABLE);
	if (got != (want && !calls) || vm.nr_helper_calls > 1)
		say_disagreement(s, "unreadable", name, data, caplen, got, vm.error);
	if (s->layer == FILTER_L2 && s->f->wants_vlan && caplen >= 16) {
		got = run(s, &vm, data, caplen, len, RUN_HIDDEN_TAG);
		if (got != want)
			say_disagreement(s, "hidden tag", name, data, caplen, got, vm.error);
		nr_pairs++;
	}
}

static void check_mutated(const struct subject *s, const struct packet *p, uint64_t *seed)
{
	static uint8_t data[PACKET_MAX];
	size_t len = p->len, caplen;

	for (int i = 0; i < NR_MUTATED && len; i++) {
		size_t head = len < 80 ? len : 80;

		memcpy(data, p->data, len);
		for (uint32_t n = packet_random(seed) % 5; n; n--)
			data[packet_random(seed) % head] ^= 1U << packet_random(seed) % 8;
		for (uint32_t n = packet_random(seed) % 3; n; n--)
			data[packet_random(seed) % len] = (uint8_t)packet_random(seed);
		caplen = i & 1 ? len : packet_random(seed) % (len + 1);
		if (i % 4 == 2 && caplen > 70)
			caplen = packet_random(seed) % 70;
		check_packet(s, p->name, data, caplen, i & 2 ? len : caplen);
	}
}

static void check_subject(const struct subject *s, uint64_t *seed)
{
	static struct packet p;

	for (size_t i = 0; i < nr_packets; i++) {
		size_t skip = s->layer == FILTER_L3 ? 14 : 0;

		p = packets[i];
		if (p.len < skip)
			skip = 0;
		memmove(p.data, p.data + skip, p.len - skip);
		p.len -= skip;
		check_packet(s, p.name, p.data, p.len, p.len);
		check_mutated(s, &p, seed);
		if (s->layer == FILTER_L3 || !s->f->wants_vlan || p.len < 12 ||
		    p.len + 4 > sizeof(p.data))
			continue;
		memmove(p.data + 16, p.data + 12, p.len - 12);
		memcpy(p.data + 12, "\x81\0\0\x64", 4);
		p.len += 4;
		check_packet(s, p.name, p.data, p.len, p.len);
		check_mutated(s, &p, seed);
	}
}

static void test_against_libpcap(void **state)
{
	uint64_t seed = 0x5eed5eed5eed5eed;
	size_t nr_exprs = 0;

	packets = packets_make(&nr_packets);
	for (; filter_exprs[nr_exprs]; nr_exprs++) {
		const char *expr = filter_exprs[nr_exprs];
		struct err err = ERR_INIT;
		struct filter f;

		if (filter_compile(&f, expr, &err))
			fail_msg("%s", err.msg);
		for (int layer = FILTER_L2; layer <= FILTER_L3; layer++) {
			struct subject s = {.expr = expr, .layer = layer, .f = &f};

			s.oracle = oracle_open(expr, layer);
			assert_int_equal(
				cbpf_to_ebpf(&f.prog[layer], FILTER_FRAME_OFF, &s.code, &err), 0);
			check_subject(&s, &seed);
			insn_buf_release(&s.code);
			oracle_free(s.oracle);
		}
		filter_release(&f);
	}
	free(packets);
	printf("%zu expressions, %zu packets: %zu pairs agree with libpcap, %zu match\n", nr_exprs,
	       nr_packets, nr_pairs, nr_matches);
	assert_true(nr_matches > nr_pairs / 20);
}

static void test_errors(void **state)
{
	static const struct {
		const char *expr, *word;
		int code;
	} t[] = {
		{"tcp prot 80", "cannot compile filter 'tcp prot 80': ", -EINVAL},
		{"host 10.0.0.", "cannot compile filter 'host 10.0.0.': ", -EINVAL},
		{"ip[8] / 0 = 1", "division by zero", -EINVAL},
		{"port 99999", "'port 99999': illegal port number", -EINVAL},
		{"ip protochain 6", "'protochain' needs a loop", -ENOTSUP},
		{"tcp and (ip6 protochain 6)", "'protochain' needs a loop", -ENOTSUP},
		{"ip broadcast", "netmask not known", -EINVAL},
	};

	for (size_t i = 0; i < NR(t); i++) {
		struct err err = ERR_INIT;
		struct filter f;

		assert_int_equal(filter_compile(&f, t[i].expr, &err), t[i].code);
		assert_int_equal(err.code, t[i].code);
		if (!strstr(err.msg, t[i].word) || !strstr(err.msg, t[i].expr) ||
		    strchr(err.msg, '\n'))
			fail_msg("%s: got '%s'", t[i].expr, err.msg);
		assert_null(f.prog[FILTER_L2].insns);
		filter_release(&f);
	}
}

static void test_words(void **state)
{
	static const struct {
		const char *expr;
		bool wants_vlan;
	} t[] = {
		{"vlan", true}, {"tcp or (vlan 5)", true},  {"not\tvlan&&ip", true},
		{"tcp", false}, {"ether[0] = 0x81", false}, {NULL, false},
	};

	for (size_t i = 0; i < NR(t); i++) {
		struct err err = ERR_INIT;
		struct filter f;

		if (filter_compile(&f, t[i].expr, &err))
			fail_msg("%s", err.msg);
		assert_int_equal(f.wants_vlan, t[i].wants_vlan);
		assert_int_equal(f.prog[FILTER_L2].vlan, t[i].wants_vlan);
		assert_false(f.prog[FILTER_L3].vlan);
		for (int layer = FILTER_L2; layer <= FILTER_L3; layer++) {
			assert_in_range(f.window[layer].to, 1, TRAIL_WINDOW_SZ);
			assert_true(f.window[layer].from < f.window[layer].to);
		}
		filter_release(&f);
	}
}

static void test_window(void **state)
{
	static const struct {
		const char *expr;
		uint32_t l2_from, l2_to, l3_to;
	} t[] = {
		{"", 0, 1, 1},
		{"ip", 8, 14, 1},
		{"host 10.0.0.1", 8, 42, 20}, /* an ARP target */
		{"ip host 10.0.0.1 and tcp port 80", 8, 38, 24},
		{"vlan and ip host 10.0.0.1", 0, 38, 1},
		{"ether host 0:1:2:3:4:5", 0, 12, 1},
		{"ether[124:4] = 1", 120, 128, 128},
		{"ether[125:4] = 1", 0, 1, 1},
		{"ip[93] = 1 and tcp port 80", 8, 108, 94},
	};

	for (size_t i = 0; i < NR(t); i++) {
		struct err err = ERR_INIT;
		struct cbpf_window l2;
		struct filter f;

		assert_int_equal(filter_compile(&f, t[i].expr, &err), 0);
		l2 = f.window[FILTER_L2];
		if (l2.from != t[i].l2_from || l2.to != t[i].l2_to ||
		    f.window[FILTER_L3].to != t[i].l3_to)
			fail_msg("'%s': %u to %u, %u", t[i].expr, l2.from, l2.to,
				 f.window[FILTER_L3].to);
		filter_release(&f);
	}
}

/* A layer that has no such packets rejects all of them. */
static void test_one_layer(void **state)
{
	struct err err = ERR_INIT;
	struct filter f;

	assert_int_equal(filter_compile(&f, "ether host 02:00:00:00:00:01", &err), 0);
	assert_int_equal(err.code, 0);
	assert_non_null(f.prog[FILTER_L2].insns);
	assert_null(f.prog[FILTER_L3].insns);
	filter_release(&f);
}

/* An ordinary filter stays short, and calls the helper only for ports behind IP options. */
static void test_cost(void **state)
{
	const char *expr = "host 10.0.0.1 and tcp port 80";
	struct err err = ERR_INIT;
	struct interp vm;
	struct filter f;

	packets = packets_make(&nr_packets);
	assert_int_equal(filter_compile(&f, expr, &err), 0);
	for (int layer = FILTER_L2; layer <= FILTER_L3; layer++) {
		struct insn_buf code = {0};
		size_t skip = layer == FILTER_L3 ? 14 : 0;

		assert_int_equal(cbpf_to_ebpf(&f.prog[layer], FILTER_FRAME_OFF, &code, &err), 0);
		printf("L%d: %zu instructions for '%s'\n", 2 + layer, code.nr, expr);
		assert_true(code.nr <= 120);
		for (size_t i = 0; i < nr_packets; i++) {
			const struct packet *p = &packets[i];
			int got;

			if (strncmp(p->name, "tcp ", 4))
				continue;
			got = filter_run(&vm, &code, f.window[layer], p->data + skip, p->len - skip,
					 p->len - skip, RUN_IN_MEMORY);
			assert_true(got >= 0);
			assert_true(vm.nr_helper_calls <= (p->data[14] == 0x45 ? 0 : 2));
		}
		insn_buf_release(&code);
	}
	filter_release(&f);
	free(packets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_libpcap), cmocka_unit_test(test_errors),
		cmocka_unit_test(test_words),		cmocka_unit_test(test_window),
		cmocka_unit_test(test_one_layer),	cmocka_unit_test(test_cost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
