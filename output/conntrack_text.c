// SPDX-License-Identifier: GPL-2.0-only
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netfilter/nf_conntrack_common.h>

#include "output/conntrack.h"
#include "output/json_object.h"
#include "output/json_tuple.h"
#include "output/outbuf.h"

#define ARRAY_NR(a) (sizeof(a) / sizeof((a)[0]))

/* ---- names ---- */

const char *conntrack_state(const struct conntrack *ct)
{
	static const char *const kinds[] = {
		[CONNTRACK_NONE] = "none",	     [CONNTRACK_INVALID] = "INVALID",
		[CONNTRACK_UNTRACKED] = "UNTRACKED", [CONNTRACK_TEMPLATE] = "template",
		[CONNTRACK_ENTRY] = "unknown",	     [CONNTRACK_STALE] = "stale",
		[CONNTRACK_UNKNOWN] = "unknown",
	};
	static const char *const states[] = {"ESTABLISHED", "RELATED", "NEW"};

	if (ct->has & CONNTRACK_HAS_STATE)
		return states[ct->info % IP_CT_IS_REPLY];
	return ct->kind < ARRAY_NR(kinds) ? kinds[ct->kind] : "unknown";
}

/* enum tcp_conntrack, sctp_conntrack, ct_dccp_states. */
const char *conntrack_proto_state(const struct conntrack *ct)
{
	static const char *const tcp[] = {"NONE",     "SYN_SENT",   "SYN_RECV", "ESTABLISHED",
					  "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT",
					  "CLOSE",    "SYN_SENT2"};
	static const char *const sctp[] = {
		"NONE",		  "CLOSED",	    "COOKIE_WAIT",   "COOKIE_ECHOED",
		"ESTABLISHED",	  "SHUTDOWN_SENT",  "SHUTDOWN_RECD", "SHUTDOWN_ACK_SENT",
		"HEARTBEAT_SENT", "HEARTBEAT_ACKED"};
	static const char *const dccp[] = {"NONE",   "REQUEST",	 "RESPOND", "PARTOPEN",
					   "OPEN",   "CLOSEREQ", "CLOSING", "TIMEWAIT",
					   "IGNORE", "INVALID"};
	const char *const *names = ct->proto == IPPROTO_TCP    ? tcp
				   : ct->proto == IPPROTO_SCTP ? sctp
				   : ct->proto == IPPROTO_DCCP ? dccp
							       : NULL;

	_Static_assert(ARRAY_NR(tcp) == ARRAY_NR(sctp) && ARRAY_NR(tcp) == ARRAY_NR(dccp),
		       "one check for all");
	if (!names || !(ct->has & CONNTRACK_HAS_PROTO_STATE) || ct->proto_state >= ARRAY_NR(tcp))
		return NULL;
	return names[ct->proto_state];
}

/* Bit 12 is that of untracked packets up to 4.11, which have no entry of their own. */
const char *conntrack_status_name(unsigned int bit)
{
	static const char *const names[] = {
		[IPS_EXPECTED_BIT] = "EXPECTED",
		[IPS_SEEN_REPLY_BIT] = "SEEN_REPLY",
		[IPS_ASSURED_BIT] = "ASSURED",
		[IPS_CONFIRMED_BIT] = "CONFIRMED",
		[IPS_SRC_NAT_BIT] = "SNAT",
		[IPS_DST_NAT_BIT] = "DNAT",
		[IPS_SEQ_ADJUST_BIT] = "SEQ_ADJUST",
		[IPS_DYING_BIT] = "DYING",
		[IPS_FIXED_TIMEOUT_BIT] = "FIXED_TIMEOUT",
		[IPS_UNTRACKED_BIT] = "NAT_CLASH",
		[IPS_HELPER_BIT] = "HELPER",
		[IPS_OFFLOAD_BIT] = "OFFLOAD",
		[IPS_HW_OFFLOAD_BIT] = "HW_OFFLOAD",
	};

	return bit < ARRAY_NR(names) ? names[bit] : NULL;
}

const char *conntrack_change_name(unsigned int bit)
{
	static const char *const names[] = {"created", "confirmed", "destroyed"};

	return bit < ARRAY_NR(names) ? names[bit] : NULL;
}

/* ---- text ---- */

static void print_tuple(struct outbuf *o, const struct conntrack *ct, bool reply)
{
	char text[TUPLE_TEXT_SZ];
	struct tuple t;

	conntrack_tuple(ct, reply, &t);
	tuple_format(&t, false, text, sizeof(text));
	out_str(o, text);
	if (t.has_icmp) {
		out_str(o, " id ");
		out_dec(o, reply ? ct->reply.sport : ct->original.sport, 0);
	}
}

/* "; CONFIRMED|ASSURED" */
static void print_status(struct outbuf *o, uint32_t status)
{
	const char *between = "; ";

	for (unsigned int bit = 0; bit < 32; bit++) {
		const char *name = conntrack_status_name(bit);

		if (!(status >> bit & 1) || !name)
			continue;
		out_str(o, between);
		out_str(o, name);
		between = "|";
	}
	if (!(status & IPS_CONFIRMED))
		out_str(o, "; not confirmed");
}

/* "; 29.9 s left", "; 5 days left" */
static void print_left(struct outbuf *o, uint32_t ms)
{
	uint32_t s = ms / 1000, min = s / 60, hours = min / 60;

	out_str(o, "; ");
	if (s < 100) {
		out_dec(o, s, 0);
		out_char(o, '.');
		out_dec(o, ms % 1000 / 100, 0);
		out_str(o, " s left");
	} else if (min < 100) {
		out_dec(o, min, 0);
		out_str(o, " min left");
	} else if (hours < 72) {
		out_dec(o, hours, 0);
		out_str(o, " h left");
	} else {
		out_dec(o, hours / 24, 0);
		out_str(o, " days left");
	}
}

static void print_entry(struct outbuf *o, const struct conntrack *ct)
{
	const char *proto_state = conntrack_proto_state(ct);

	if (ct->has & CONNTRACK_HAS_STATE) {
		out_str(o, conntrack_state(ct));
		out_str(o, conntrack_is_reply(ct) ? ", reply" : ", original");
	} else {
		out_str(o, "state unknown");
	}
	if (proto_state) {
		out_str(o, ct->proto == IPPROTO_TCP    ? ", TCP "
			   : ct->proto == IPPROTO_SCTP ? ", SCTP "
						       : ", DCCP ");
		out_str(o, proto_state);
	}
	out_str(o, ": ");
	print_tuple(o, ct, false);
	out_str(o, ", replies ");
	print_tuple(o, ct, true);
	if (ct->zone) {
		out_str(o, "; zone ");
		out_dec(o, ct->zone, 0);
	}
	if (ct->mark) {
		out_str(o, "; mark 0x");
		out_hex(o, ct->mark, 0);
	}
	print_status(o, ct->status);
	if (ct->has & CONNTRACK_HAS_LEFT)
		print_left(o, ct->left);
	for (unsigned int bit = 0; conntrack_change_name(bit); bit++) {
		if (!(ct->changes >> bit & 1))
			continue;
		out_str(o, "; ");
		out_str(o, conntrack_change_name(bit));
	}
}

void conntrack_print(struct outbuf *o, const struct conntrack *ct)
{
	switch ((enum conntrack_kind)ct->kind) {
	case CONNTRACK_ENTRY:
		print_entry(o, ct);
		break;
	case CONNTRACK_NONE:
		out_str(o, "no entry");
		break;
	case CONNTRACK_INVALID:
		out_str(o, "INVALID: no entry");
		break;
	case CONNTRACK_UNTRACKED:
		out_str(o, "UNTRACKED");
		break;
	case CONNTRACK_TEMPLATE:
		out_str(o, "no entry yet, only a template");
		break;
	case CONNTRACK_STALE:
		out_str(o, "unknown: its entry is freed, or of other headers");
		break;
	case CONNTRACK_UNKNOWN:
		out_str(o, "unknown");
		break;
	}
}

/* ---- JSON ---- */

static void json_list(struct outbuf *o, const char *key, uint32_t bits,
		      const char *(*name_of)(unsigned int bit))
{
	bool is_next = false;

	out_str(o, key);
	out_char(o, '[');
	for (unsigned int bit = 0; bit < 32; bit++) {
		if (!(bits >> bit & 1) || !name_of(bit))
			continue;
		out_str(o, is_next ? ",\"" : "\"");
		out_str(o, name_of(bit));
		out_char(o, '"');
		is_next = true;
	}
	out_char(o, ']');
}

static void json_entry(struct outbuf *o, const struct conntrack *ct)
{
	struct tuple t;
	bool is_next = true;

	if (ct->has & CONNTRACK_HAS_STATE)
		json_text(o, &is_next, "direction", conntrack_is_reply(ct) ? "reply" : "original");
	json_text(o, &is_next, "proto_state", conntrack_proto_state(ct));
	conntrack_tuple(ct, false, &t);
	json_tuple(o, ",\"original\":", &t);
	conntrack_tuple(ct, true, &t);
	json_tuple(o, ",\"reply\":", &t);
	if (t.has_icmp)
		json_count(o, &is_next, "icmp_id", ct->original.sport);
	if (ct->has & CONNTRACK_HAS_ZONE)
		json_count(o, &is_next, "zone", ct->zone);
	if (ct->has & CONNTRACK_HAS_MARK)
		json_count(o, &is_next, "mark", ct->mark);
	json_count(o, &is_next, "status", ct->status);
	json_list(o, ",\"bits\":", ct->status, conntrack_status_name);
	if (ct->has & CONNTRACK_HAS_LEFT)
		json_count(o, &is_next, "left_ms", ct->left);
	if (ct->changes)
		json_list(o, ",\"changes\":", ct->changes, conntrack_change_name);
}

void conntrack_json(struct outbuf *o, const struct conntrack *ct)
{
	bool is_next = false;

	out_str(o, ",\"conntrack\":{");
	json_text(o, &is_next, "state", conntrack_state(ct));
	if (ct->kind == CONNTRACK_ENTRY) {
		json_key(o, &is_next, "entry");
		out_str(o, "\"0x");
		out_hex(o, ct->addr, 16);
		out_char(o, '"');
		json_entry(o, ct);
	}
	out_char(o, '}');
}
