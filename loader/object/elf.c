// SPDX-License-Identifier: GPL-2.0-only
#include <elf.h>
#include <gelf.h>
#include <libelf.h>
#include <string.h>

#include "base/bytes.h"
#include "btf/elf_string.h"
#include "loader/object/code.h"
#include "loader/object/private.h"
#include "loader/object/scratch.h"

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define HOST_ELFDATA ELFDATA2LSB
#else
#define HOST_ELFDATA ELFDATA2MSB
#endif

#define MAX_INSNS (1u << 20) /* the verifier's limit since 5.2 */

struct reader {
	Elf *elf;
	struct obj *obj;
	size_t shstr_idx;
	struct bytes symtab;
	size_t symtab_idx; /* 0: none */
	size_t strtab_idx;
	struct bytes btf, btf_ext;
};

static int oom(struct err *err)
{
	return err_set(err, -ENOMEM, "out of memory");
}

static int check_header(const void *data, size_t sz, struct err *err)
{
	Elf64_Ehdr h;

	if (sz < sizeof(h))
		return err_set(err, -EINVAL, "%zu bytes are too few for an ELF object", sz);
	memcpy(&h, data, sizeof(h));
	if (memcmp(h.e_ident, ELFMAG, SELFMAG))
		return err_set(err, -EINVAL, "not an ELF object");
	if (h.e_ident[EI_CLASS] != ELFCLASS64 || h.e_ident[EI_DATA] != HOST_ELFDATA)
		return err_set(err, -EINVAL,
			       "ELF class %u and byte order %u, expected %u and %u (64-bit, this "
			       "machine's)",
			       h.e_ident[EI_CLASS], h.e_ident[EI_DATA], ELFCLASS64, HOST_ELFDATA);
	if (h.e_machine != EM_BPF || h.e_type != ET_REL)
		return err_set(err, -EINVAL,
			       "ELF machine %u and type %u, expected %u (BPF) and %u (relocatable)",
			       h.e_machine, h.e_type, EM_BPF, ET_REL);
	return 0;
}

static int section_bytes(Elf_Scn *scn, const char *name, struct bytes *b, struct err *err)
{
	Elf_Data *data = elf_rawdata(scn, NULL);

	if (!data)
		return err_set(err, -EINVAL, "section '%s': %s", name, elf_errmsg(-1));
	*b = bytes_of(data->d_buf, data->d_buf ? data->d_size : 0);
	return 0;
}

static int add_prog(struct reader *r, const char *name, size_t scn_idx, struct bytes b,
		    struct err *err)
{
	struct obj *obj = r->obj;
	struct obj_prog *p = realloc(obj->progs, (obj->nr_progs + 1) * sizeof(*p));
	size_t nr = b.sz / sizeof(*p->insns);

	if (!p)
		return oom(err);
	obj->progs = p;
	if (b.sz % sizeof(*p->insns) || nr > MAX_INSNS)
		return err_set(err, -EINVAL,
			       "section '%s': %zu bytes, expected a multiple of 8, at most %zu",
			       name, b.sz, MAX_INSNS * sizeof(*p->insns));
	if (obj_find(obj, name))
		return err_set(err, -EINVAL, "two programs '%s'", name);
	p += obj->nr_progs;
	*p = (struct obj_prog){.section = strdup(name), .scn_idx = scn_idx, .nr = nr};
	p->insns = malloc(b.sz);
	obj->nr_progs++;
	if (!p->section || !p->insns)
		return oom(err);
	bytes_read(&b, p->insns, b.sz);
	return 0;
}

static int read_section(struct reader *r, Elf_Scn *scn, struct err *err)
{
	size_t idx = elf_ndxscn(scn);
	struct bytes b;
	const char *name;
	GElf_Shdr sh;
	int ret;

	if (!gelf_getshdr(scn, &sh))
		return err_set(err, -EINVAL, "section %zu: %s", idx, elf_errmsg(-1));
	name = elf_string(r->elf, r->shstr_idx, sh.sh_name);
	if (!name)
		return err_set(err, -EINVAL, "section %zu has no name", idx);
	if (sh.sh_type != SHT_PROGBITS && sh.sh_type != SHT_SYMTAB)
		return 0;
	ret = section_bytes(scn, name, &b, err);
	if (ret)
		return ret;
	if (sh.sh_type == SHT_SYMTAB) {
		r->symtab = b;
		r->symtab_idx = idx;
		r->strtab_idx = sh.sh_link;
	} else if (!strcmp(name, ".BTF")) {
		r->btf = b;
	} else if (!strcmp(name, ".BTF.ext")) {
		r->btf_ext = b;
	} else if ((sh.sh_flags & SHF_EXECINSTR) && b.sz) {
		return add_prog(r, name, idx, b, err);
	}
	return 0;
}

/* NAME of cfg_NAME, map_NAME, value_NAME or splice_NAME; NULL for other symbols. */
static const char *ref_name(const char *symbol, enum prog_ref_kind *kind)
{
	static const struct {
		const char *prefix;
		enum prog_ref_kind kind;
	} prefixes[] = {
		{"cfg_", PROG_REF_CONST},
		{"map_", PROG_REF_MAP},
		{"value_", PROG_REF_VALUE},
		{"splice_", PROG_REF_SPLICE},
	};

	for (size_t n = 0; n < sizeof(prefixes) / sizeof(prefixes[0]); n++) {
		size_t len = strlen(prefixes[n].prefix);

		if (strncmp(symbol, prefixes[n].prefix, len) || !symbol[len])
			continue;
		*kind = prefixes[n].kind;
		return symbol + len;
	}
	return NULL;
}

static bool fits(const struct obj_prog *p, size_t idx, unsigned type, enum prog_ref_kind kind)
{
	const struct bpf_insn *i = &p->insns[idx];

	if (kind == PROG_REF_SPLICE)
		return type == R_BPF_64_32 && code_is_call(i) && i->src_reg == BPF_PSEUDO_CALL;
	return type == R_BPF_64_64 && insn_is_ld_imm64(i) && idx + 1 < p->nr && !i[0].imm &&
	       !i[1].imm;
}

static int add_ref(struct obj_prog *p, enum prog_ref_kind kind, const char *name, size_t idx,
		   struct err *err)
{
	struct prog_ref *refs = realloc(p->refs, (p->nr_refs + 1) * sizeof(*refs));
	char *own = strdup(name);
	size_t at = p->nr_refs;

	if (refs)
		p->refs = refs;
	if (!refs || !own) {
		free(own);
		return oom(err);
	}
	while (at && refs[at - 1].idx > idx) {
		refs[at] = refs[at - 1];
		at--;
	}
	refs[at] = (struct prog_ref){.kind = kind, .name = own, .idx = idx};
	p->nr_refs++;
	return 0;
}

static int read_relo(struct reader *r, struct obj_prog *p, const Elf64_Rel *rel, struct err *err)
{
	size_t idx = rel->r_offset / sizeof(*p->insns);
	const char *symbol, *name;
	enum prog_ref_kind kind;
	struct bytes b = r->symtab;
	Elf64_Sym sym;

	if (rel->r_offset % sizeof(*p->insns) || idx >= p->nr)
		return err_set(err, -EINVAL, "byte %llu is not the start of an instruction",
			       (unsigned long long)rel->r_offset);
	if (!bytes_seek(&b, ELF64_R_SYM(rel->r_info) * sizeof(sym)) ||
	    !bytes_read(&b, &sym, sizeof(sym)))
		return err_set(err, -EINVAL, "no symbol %llu",
			       (unsigned long long)ELF64_R_SYM(rel->r_info));
	symbol = elf_string(r->elf, r->strtab_idx, sym.st_name);
	if (!symbol)
		return err_set(err, -EINVAL, "symbol without a name");
	name = ref_name(symbol, &kind);
	if (sym.st_shndx != SHN_UNDEF || !name)
		return err_set(err, -EINVAL,
			       "'%s' at instruction %zu cannot be resolved; expected an undefined "
			       "cfg_, map_, value_ or splice_ symbol",
			       symbol, idx);
	if (!fits(p, idx, ELF64_R_TYPE(rel->r_info), kind))
		return err_set(err, -EINVAL, "'%s' (type %u) does not fit instruction %zu", symbol,
			       (unsigned)ELF64_R_TYPE(rel->r_info), idx);
	return add_ref(p, kind, name, idx, err);
}

static int read_relos(struct reader *r, Elf_Scn *scn, struct err *err)
{
	struct obj_prog *p = NULL;
	struct bytes b;
	Elf64_Rel rel;
	GElf_Shdr sh;
	int ret;

	if (!gelf_getshdr(scn, &sh))
		return err_set(err, -EINVAL, "section header: %s", elf_errmsg(-1));
	if (sh.sh_type != SHT_REL && sh.sh_type != SHT_RELA)
		return 0;
	for (size_t n = 0; n < r->obj->nr_progs; n++) {
		if (r->obj->progs[n].scn_idx == sh.sh_info)
			p = &r->obj->progs[n];
	}
	if (!p)
		return 0; /* debug sections */
	if (sh.sh_type != SHT_REL || !r->symtab_idx || sh.sh_link != r->symtab_idx)
		return err_set(err, -EINVAL,
			       "relocations of '%s': type %u with symbols in section %u",
			       p->section, sh.sh_type, sh.sh_link);
	ret = section_bytes(scn, p->section, &b, err);
	while (!ret && bytes_left(&b)) {
		if (!bytes_read(&b, &rel, sizeof(rel)))
			ret = err_set(err, -EINVAL, "truncated record");
		else
			ret = read_relo(r, p, &rel, err);
	}
	if (ret)
		err_prefix(err, "relocation of '%s'", p->section);
	return ret;
}

static int each_section(struct reader *r, int (*fn)(struct reader *, Elf_Scn *, struct err *),
			struct err *err)
{
	Elf_Scn *scn = NULL;
	int ret = 0;

	while (!ret && (scn = elf_nextscn(r->elf, scn)))
		ret = fn(r, scn, err);
	return ret;
}

static int read_types(struct reader *r, struct err *err)
{
	struct obj *obj = r->obj;
	int ret;

	if (!r->btf.sz)
		return 0;
	ret = btf_parse(&obj->btf, r->btf.data, r->btf.sz, NULL, err);
	if (!ret && r->btf_ext.sz)
		ret = core_relos_parse(obj->btf, r->btf_ext.data, r->btf_ext.sz, &obj->relos,
				       &obj->nr_relos, err);
	return ret;
}

static int check_progs(const struct obj *obj, struct err *err)
{
	int ret = 0;

	if (!obj->nr_progs)
		return err_set(err, -EINVAL, "no program in the object");
	for (size_t n = 0; n < obj->nr_progs && !ret; n++) {
		struct prog view;

		ret = prog_clone(&view, obj, obj->progs[n].section, err);
		if (!ret)
			ret = code_check(&view, err);
		prog_release(&view);
	}
	return ret;
}

int obj_open(struct obj **out, const void *data, size_t sz, struct err *err)
{
	struct reader r = {0};
	int ret;

	*out = NULL;
	ret = check_header(data, sz, err);
	if (ret)
		goto out;
	if (elf_version(EV_CURRENT) == EV_NONE) {
		ret = err_set(err, -EINVAL, "libelf: %s", elf_errmsg(-1));
		goto out;
	}
	r.obj = calloc(1, sizeof(*r.obj));
	if (r.obj)
		r.obj->scratch = calloc(1, sizeof(*r.obj->scratch));
	if (!r.obj || !r.obj->scratch) {
		ret = oom(err);
		goto out;
	}
	r.elf = elf_memory((char *)data, sz); /* only reads data */
	if (!r.elf || elf_getshdrstrndx(r.elf, &r.shstr_idx)) {
		ret = err_set(err, -EINVAL, "%s", elf_errmsg(-1));
		goto out;
	}
	ret = each_section(&r, read_section, err);
	if (!ret)
		ret = each_section(&r, read_relos, err);
	if (!ret)
		ret = read_types(&r, err);
	if (!ret)
		ret = check_progs(r.obj, err);
out:
	elf_end(r.elf);
	if (!ret)
		*out = r.obj;
	else
		obj_free(r.obj);
	err_prefix(err, "cannot read the BPF object");
	return ret;
}

int obj_open_embedded(struct obj **out, const struct embedded *e, struct err *err)
{
	void *data;
	size_t sz;
	int ret = embedded_open(e, &data, &sz, err);

	if (ret)
		return ret;
	ret = obj_open(out, data, sz, err);
	free(data);
	return ret;
}
