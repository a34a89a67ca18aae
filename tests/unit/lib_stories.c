// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/lib_stories.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <sys/socket.h>

static struct trace_event event(uint64_t packet, uint64_t us, const char *func, const char *name)
{
	struct trace_event te = {
		.raw = {.skb = 0xffff888100000000 + packet * 256,
			.ts = 5000000000 + us * 1000,
			.netns = 4026531840,
			.ifindex = 2,
			.cpu = 1,
			.tgid = 7,
			.len = 60},
		.func.name = func,
		.netns_name = name,
		.packet = packet,
		.tuple = {.family = AF_INET,
			  .proto = IPPROTO_TCP,
			  .has_ports = true,
			  .sport = 40000 + packet,
			  .dport = 80,
			  .has_tcp_flags = true,
			  .tcp_flags = 2,
			  .saddr = {10, 0, 0, 1},
			  .daddr = {10, 0, 0, 2}},
	};

	strncpy(te.raw.comm, name, sizeof(te.raw.comm) - 1);
	strncpy(te.raw.ifname, name, sizeof(te.raw.ifname) - 1);
	return te;
}

struct trace_event test_story_event(uint64_t skb, const char *func, uint8_t proto, uint64_t *now)
{
	struct trace_event te = {
		.raw = {.skb = skb, .ts = *now, .netns = 1, .cpu = 1, .tid = 7, .len = 60},
		.func.name = func,
		.tuple = {.family = AF_INET,
			  .proto = proto,
			  .has_ports = true,
			  .sport = 1,
			  .dport = 2},
	};

	*now += 1000;
	return te;
}

static void give(struct sink *s, const struct trace_event *te)
{
	assert_int_equal(s->ops->event(s, te, 0), 0);
}

static void dropped(struct sink *s, const char *name)
{
	struct verdicts vs = {.nr = 1};
	struct trace_event te = event(1, 0, "tcp_write_xmit", name);

	give(s, &te);
	te = event(1, 7, "ip_output", name);
	te.why = name;
	give(s, &te);
	te = event(1, 20, name, name); /* in no stage: where it was */
	vs.v[0] = (struct verdict){.verdict = name,
				   .family = "ip",
				   .hook = name,
				   .backend = "iptables",
				   .table = name,
				   .comment = name,
				   .rule_text = name,
				   .at = {name, 1, 0}};
	te.verdicts = &vs;
	te.why = "passed";
	give(s, &te);
	te = event(1, 40, "netif_rx", name);
	te.raw.netns = 4026531841;
	te.raw.ifindex = 3;
	give(s, &te);
	te = event(1, 1040, "kfree_skb_reason", name);
	te.raw.netns = 4026531841;
	te.raw.ifindex = 3;
	te.raw.flags = TRAIL_F_REASON;
	te.reason = name;
	te.caller.name = name;
	te.why = name;
	te.is_drop = te.is_over = true;
	vs.v[0].verdict = "DROP";
	te.verdicts = &vs;
	give(s, &te);
}

int test_tell_stories(struct story_form *const *forms, size_t nr, const char *name, bool functions,
		      bool finish)
{
	struct story_stats stats = {0};
	struct story_opts opts = {
		.max_nr = 10, .max_bytes = 1 << 20, .functions = functions, .stats = &stats};
	struct trace_event te;
	struct sink *s;

	assert_int_equal(sink_forms_open(&s, forms, nr, &opts), 0);
	assert_int_equal(s->ops->header(s), 0);
	dropped(s, name);
	te = event(2, 1100, "tcp_v4_rcv", name);
	te.end = "delivered to x";
	te.is_over = true;
	give(s, &te);
	assert_int_equal(s->ops->lost(s, 3), 0);
	te = event(3, 1200, "tcp_write_xmit", name);
	te.tuple.family = 0;
	te.raw.netns = 0;
	te.netns_name = NULL;
	give(s, &te);
	assert_int_equal(s->ops->flush(s), 0);
	if (finish)
		assert_int_equal(s->ops->finish(s), 0);
	return s->ops->close(s);
}
