// SPDX-License-Identifier: GPL-2.0-only
#include "types/conntrack.h"

#include <string.h>

#include "kern/clock.h"
#include "kern/ksyms.h"
#include "loader/fields.h"

#define DEPTH_MAX 4   /* nesting of anonymous structs and unions */
#define TUPLES_SZ 112 /* of both struct nf_conntrack_tuple_hash */

/* A member of a struct; id 0: there is none. */
struct place {
	uint32_t id, bit_off;
};

static struct place find_member(const struct btf *btf, uint32_t id, const char *name, size_t len,
				int depth)
{
	const struct btf_type *t = btf_type(btf, btf_skip_mods(btf, id));
	struct place none = {0}, p;

	if (!t || depth > DEPTH_MAX ||
	    (btf_kind(t) != BTF_KIND_STRUCT && btf_kind(t) != BTF_KIND_UNION))
		return none;
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		const struct btf_member *m = &btf_members(t)[i];
		const char *s = btf_str(btf, m->name_off);

		if (strlen(s) == len && !memcmp(s, name, len))
			return (struct place){m->type, btf_member_bit_off(t, i)};
		if (*s)
			continue;
		p = find_member(btf, m->type, name, len, depth + 1);
		if (!p.id)
			continue;
		p.bit_off += btf_member_bit_off(t, i);
		return p;
	}
	return none;
}

/* path: "proto.tcp.state" */
static struct place find_path(const struct btf *btf, uint32_t id, const char *path)
{
	struct place at = {id, 0};

	while (at.id && *path) {
		size_t len = strcspn(path, ".");
		struct place p = find_member(btf, at.id, path, len, 0);

		at.id = p.id;
		at.bit_off += p.bit_off;
		path += len + (path[len] == '.');
	}
	return at;
}

/* Offset of a member of sz bytes; 0: there is none, or it is of another size. */
static uint16_t find_off(const struct btf *btf, uint32_t id, const char *path, int64_t sz)
{
	struct place p = find_path(btf, id, path);

	if (!p.id || btf_sizeof(btf, p.id) != sz || p.bit_off / 8 > UINT16_MAX)
		return 0;
	return p.bit_off / 8;
}

static bool read_layout(struct conntrack_layout *l, const struct btf *btf, uint32_t id)
{
	struct conntrack_layout found = {
		.hz = l->hz,
		.jiffies = l->jiffies,
		.jiffies_ts = l->jiffies_ts,
		.tuples = find_off(btf, id, "tuplehash", TUPLES_SZ),
		.status = find_off(btf, id, "status", 8),
		.timeout = find_off(btf, id, "timeout", 4),
		.zone = find_off(btf, id, "zone.id", 2),
		.mark = find_off(btf, id, "mark", 4),
		.tcp_state = find_off(btf, id, "proto.tcp.state", 1),
		.sctp_state = find_off(btf, id, "proto.sctp.state", 4),
		.dccp_state = find_off(btf, id, "proto.dccp.state", 1),
	};

	if (!found.tuples || !found.status)
		return false;
	if (!found.timeout)
		found.timeout = find_off(btf, id, "timeout.expires", 8);
	found.has_types = true;
	*l = found;
	return true;
}

static void find_layout(struct conntrack_layout *l, const struct btf *const *btfs, size_t nr_btfs)
{
	for (size_t i = 0; i < nr_btfs; i++) {
		uint32_t id = 0;

		/* Detached BTF may define a struct more than once. */
		while ((id = btf_find(btfs[i], BTF_KIND_STRUCT, "nf_conn", id)))
			if (read_layout(l, btfs[i], id))
				return;
	}
}

static uint64_t find_jiffies(struct conntrack_layout *l)
{
	static const char *const name = "jiffies";
	uint64_t at;

	l->hz = clock_hz();
	ksyms_find_data(NULL, &name, &at, 1);
	if (!at && clock_jiffies(&l->jiffies))
		l->jiffies_ts = clock_now();
	return at;
}

static bool has_member(const char *name, const struct btf *const *btfs, size_t nr_btfs)
{
	return field_exists(&(struct field){.type = "sk_buff", .member = name}, btfs, nr_btfs);
}

static const char *not_told(const struct conntrack_layout *l, const struct btf *const *btfs,
			    size_t nr_btfs, bool has_jiffies)
{
	if (!has_member("_nfct", btfs, nr_btfs) && !has_member("nfct", btfs, nr_btfs) &&
	    !has_member("nfct_near", btfs, nr_btfs))
		return "all of it, as it is not known where packets have their entry";
	if (!l->has_types)
		return "marks and states of protocols, nor zones and timeouts where they are not "
		       "certain, as the types lack 'nf_conn'";
	return l->hz && (has_jiffies || l->jiffies_ts)
		       ? NULL
		       : "timeouts, as neither the symbols nor /proc/timer_list show 'jiffies'";
}

uint64_t conntrack_find(struct conntrack_layout *l, const struct btf *const *btfs, size_t nr_btfs,
			const char **lacks)
{
	uint64_t at = find_jiffies(l);

	find_layout(l, btfs, nr_btfs);
	*lacks = not_told(l, btfs, nr_btfs, at != 0);
	return at;
}
