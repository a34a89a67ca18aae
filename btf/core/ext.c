// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "btf/core/core.h"

/* Header of .BTF.ext (Documentation/bpf/btf.rst, 4.2); offsets are relative to its end. */
struct ext_hdr {
	uint16_t magic;
	uint8_t version;
	uint8_t flags;
	uint32_t hdr_len;
	uint32_t func_info_off, func_info_len;
	uint32_t line_info_off, line_info_len;
	uint32_t core_relo_off, core_relo_len;
};

#define EXT_HDR_OLD_LEN offsetof(struct ext_hdr, core_relo_off)

/* A record in the file; later versions may append fields. */
struct ext_relo {
	uint32_t insn_off;
	uint32_t type_id;
	uint32_t access_off;
	uint32_t kind;
};

struct ext {
	const struct btf *btf;
	struct bytes bytes; /* the CO-RE part only */
	uint32_t rec_sz;
	struct core_relo *relos; /* owned */
	size_t nr;
	struct err *err;
};

static int bad(struct ext *e, const char *what)
{
	return err_set(e->err, -EINVAL, "malformed .BTF.ext: %s", what);
}

/* Find the CO-RE part; missing or empty in an object without CO-RE relocations. */
static int ext_header(struct ext *e, const void *data, size_t sz)
{
	struct bytes all = bytes_of(data, sz);
	struct ext_hdr h = {0};

	if (!bytes_read(&all, &h, EXT_HDR_OLD_LEN))
		return bad(e, "truncated header");
	if (h.magic == __builtin_bswap16(BTF_MAGIC))
		return bad(e, "other byte order");
	if (h.magic != BTF_MAGIC)
		return err_set(e->err, -EINVAL, "malformed .BTF.ext: magic 0x%04x, expected 0x%04x",
			       h.magic, BTF_MAGIC);
	if (h.version != BTF_VERSION)
		return err_set(e->err, -EINVAL, "malformed .BTF.ext: version %u, expected %u",
			       h.version, BTF_VERSION);
	if (h.hdr_len < EXT_HDR_OLD_LEN || h.hdr_len > sz)
		return bad(e, "header length out of range");
	if (h.hdr_len < sizeof(h))
		return 0;
	bytes_seek(&all, EXT_HDR_OLD_LEN);
	h.core_relo_off = bytes_u32(&all);
	h.core_relo_len = bytes_u32(&all);
	all = bytes_sub(&all, h.hdr_len, sz - h.hdr_len);
	e->bytes = bytes_sub(&all, h.core_relo_off, h.core_relo_len);
	if (e->bytes.bad)
		return bad(e, "CO-RE part extends past the end");
	return 0;
}

static int ext_record(struct ext *e, const char *section)
{
	struct ext_relo r = {0};
	struct bytes rec = bytes_of(bytes_take(&e->bytes, e->rec_sz), e->rec_sz);
	struct core_relo *out;

	if (e->bytes.bad)
		return bad(e, "truncated CO-RE record");
	bytes_read(&rec, &r, sizeof(r));
	if (r.insn_off % sizeof(struct bpf_insn))
		return err_set(
			e->err, -EINVAL,
			"malformed .BTF.ext: CO-RE record %zu at offset %u of '%s', inside an"
			" instruction",
			e->nr, r.insn_off, section);
	if (r.type_id == 0 || r.type_id >= btf_nr_types(e->btf))
		return err_set(e->err, -EINVAL,
			       "malformed .BTF.ext: CO-RE record %zu refers to type %u of %u",
			       e->nr, r.type_id, btf_nr_types(e->btf));
	out = &e->relos[e->nr];
	*out = (struct core_relo){
		.insn_off = r.insn_off,
		.type_id = r.type_id,
		.access = btf_str(e->btf, r.access_off),
		.kind = r.kind,
		.section = section,
	};
	if (!*out->access)
		return err_set(e->err, -EINVAL,
			       "malformed .BTF.ext: CO-RE record %zu has no access string", e->nr);
	e->nr++;
	return 0;
}

static int ext_section(struct ext *e)
{
	const char *name = btf_str(e->btf, bytes_u32(&e->bytes));
	uint32_t nr = bytes_u32(&e->bytes);
	int rc = 0;

	if (e->bytes.bad)
		return bad(e, "truncated CO-RE section header");
	if (!*name)
		return bad(e, "CO-RE section has no name");
	if (nr == 0)
		return bad(e, "CO-RE section has no records");
	for (uint32_t i = 0; i < nr && !rc; i++)
		rc = ext_record(e, name);
	return rc;
}

int core_relos_parse(const struct btf *btf, const void *ext, size_t sz, struct core_relo **out,
		     size_t *nr, struct err *err)
{
	struct ext e = {.btf = btf, .err = err};
	int rc;

	*out = NULL;
	*nr = 0;
	rc = ext_header(&e, ext, sz);
	if (rc || bytes_left(&e.bytes) == 0)
		return rc;
	e.rec_sz = bytes_u32(&e.bytes);
	if (e.rec_sz < sizeof(struct ext_relo) || e.rec_sz % 4)
		return err_set(err, -EINVAL, "malformed .BTF.ext: CO-RE record size %u", e.rec_sz);
	e.relos = calloc(bytes_left(&e.bytes) / e.rec_sz + 1, sizeof(*e.relos));
	if (!e.relos)
		return err_sys(err, -ENOMEM, "CO-RE relocations");
	while (!rc && bytes_left(&e.bytes))
		rc = ext_section(&e);
	if (rc) {
		free(e.relos);
		return rc;
	}
	*out = e.relos;
	*nr = e.nr;
	return 0;
}
