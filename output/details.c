// SPDX-License-Identifier: GPL-2.0-only
#include "output/details.h"

#include "output/conntrack.h"
#include "output/format.h"
#include "output/parts.h"

/* Report a lost part; what did arrive is printed above. */
static void print_lost(struct outbuf *o, const char *what, enum trail_part_kind kind, uint32_t lost,
		       uint32_t has)
{
	if (!(lost & PART_BIT(kind)))
		return;
	out_str(o, "  ");
	out_str(o, what);
	out_str(o, has & PART_BIT(kind) ? ": the rest is lost\n" : ": lost\n");
}

static void print_stack(struct outbuf *o, const struct trace_parts *p)
{
	for (size_t i = 0; i < p->nr_frames; i++) {
		out_str(o, "  ");
		format_symbol(o, &p->stack[i].at, p->stack[i].addr);
		format_module(o, &p->stack[i].at);
		out_char(o, '\n');
	}
}

static void print_cb(struct outbuf *o, const struct trace_parts *p)
{
	out_str(o, "  cb:");
	for (size_t i = 0; i < sizeof(p->cb); i += sizeof(uint32_t)) {
		uint32_t word;

		memcpy(&word, p->cb + i, sizeof(word));
		out_char(o, ' ');
		out_hex(o, word, 8);
	}
	out_char(o, '\n');
}

/* Print foreign text, each line escaped and indented. */
static void print_lines(struct outbuf *o, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		out_str(o, "  ");
		out_escaped_mem(o, text, len);
		out_char(o, '\n');
		text += len;
		text += *text == '\n';
	}
}

/* Print up to sz bytes, the start of true_sz. */
static void print_bytes(struct outbuf *o, const char *what, const uint8_t *p, size_t sz,
			size_t true_sz)
{
	if (!true_sz) {
		out_str(o, "no ");
		out_str(o, what);
		return;
	}
	out_str(o, what);
	out_str(o, " 0x");
	out_bytes(o, p, sz < true_sz ? sz : true_sz);
	if (sz >= true_sz)
		return;
	out_str(o, " (");
	out_dec(o, sz, 0);
	out_str(o, " of ");
	out_dec(o, true_sz, 0);
	out_str(o, " bytes)");
}

static void print_map(struct outbuf *o, const struct trail_map *map)
{
	out_str(o, "  map ");
	out_escaped(o, map->name);
	out_str(o, "(id ");
	out_dec(o, map->id, 0);
	out_str(o, "): ");
	print_bytes(o, "key", map->key, sizeof(map->key), map->key_size);
	out_str(o, ", ");
	print_bytes(o, "value", map->value, sizeof(map->value),
		    map->has_value ? map->value_size : 0);
	out_char(o, '\n');
}

void details_print(struct outbuf *o, const struct trace_event *te,
		   const struct output_fields *shown)
{
	const struct trace_parts *p = te->parts;
	uint32_t lost = parts_lost(te, shown), has = p ? p->has : 0;

	if (!lost && !has)
		return;
	if (shown->conntrack && has & PART_BIT(TRAIL_PART_CT)) {
		out_str(o, "  conntrack: ");
		conntrack_print(o, &p->ct);
		out_char(o, '\n');
	}
	print_lost(o, "conntrack", TRAIL_PART_CT, lost, has);
	if (shown->stack && has & PART_BIT(TRAIL_PART_STACK))
		print_stack(o, p);
	print_lost(o, "stack", TRAIL_PART_STACK, lost, has);
	if (shown->cb && has & PART_BIT(TRAIL_PART_CB))
		print_cb(o, p);
	print_lost(o, "cb", TRAIL_PART_CB, lost, has);
	if (shown->skb && has & PART_BIT(TRAIL_PART_SKB))
		print_lines(o, p->skb);
	print_lost(o, "skb", TRAIL_PART_SKB, lost, has);
	if (shown->shared_info && has & PART_BIT(TRAIL_PART_SHARED_INFO))
		print_lines(o, p->shared_info);
	print_lost(o, "skb_shared_info", TRAIL_PART_SHARED_INFO, lost, has);
	if (shown->bpfmap && has & PART_BIT(TRAIL_PART_MAP))
		print_map(o, &p->map);
	print_lost(o, "map", TRAIL_PART_MAP, lost, has);
}
