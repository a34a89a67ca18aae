// SPDX-License-Identifier: GPL-2.0-only
/* The only file that includes <pcap/pcap.h>, which conflicts with <linux/bpf.h>. */
#include "filter/filter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/pcap.h>

/* Longer than any packet, so that `len` and far offsets are not truncated. */
#define SNAPLEN 262144

/*
 * A static glibc loads the NSS modules of the host, which may come from another glibc version or
 * another C library. "files" and "dns" are built into libc.a since glibc 2.34. musl has no NSS.
 */
#ifdef __GLIBC__
#include <nss.h>

static void configure_lookup(void)
{
	static const char *const dbs[] = {"services", "protocols", "networks", "ethers"};

	__nss_configure_lookup("hosts", "files dns");
	for (size_t i = 0; i < sizeof(dbs) / sizeof(dbs[0]); i++)
		__nss_configure_lookup(dbs[i], "files");
}
#else
static void configure_lookup(void)
{
}
#endif

/* Characters of names and keywords; a backslash quotes a keyword as a name. */
static bool is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("_-.\\", c));
}

static bool has_word(const char *expr, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = strstr(expr, word); p; p = strstr(p + 1, word))
		if ((p == expr || !is_word_char(p[-1])) && !is_word_char(p[len]))
			return true;
	return false;
}

static int copy_prog(struct cbpf_prog *prog, const struct bpf_program *from, struct err *err)
{
	prog->insns = calloc(from->bf_len, sizeof(*prog->insns));
	if (!prog->insns)
		return err_set(err, -ENOMEM, "out of memory");
	prog->nr = from->bf_len;
	for (size_t i = 0; i < prog->nr; i++)
		prog->insns[i] = (struct cbpf_insn){
			.code = from->bf_insns[i].code,
			.jt = from->bf_insns[i].jt,
			.jf = from->bf_insns[i].jf,
			.k = from->bf_insns[i].k,
		};
	return cbpf_check(prog, err);
}

/* -EINVAL with libpcap's message if the expression does not compile for this link type. */
static int compile_layer(struct cbpf_prog *prog, int linktype, const char *expr, struct err *err)
{
	pcap_t *pcap = pcap_open_dead(linktype, SNAPLEN);
	struct bpf_program code;
	int res;

	if (!pcap)
		return err_set(err, -ENOMEM, "out of memory");
	if (pcap_compile(pcap, &code, expr, 1, PCAP_NETMASK_UNKNOWN)) {
		res = err_set(err, -EINVAL, "%s", pcap_geterr(pcap));
		goto out;
	}
	res = copy_prog(prog, &code, err);
	pcap_freecode(&code);
out:
	pcap_close(pcap);
	return res;
}

static void prog_release(struct cbpf_prog *prog)
{
	free(prog->insns);
	*prog = (struct cbpf_prog){0};
}

int filter_compile(struct filter *f, const char *expr, struct err *err)
{
	struct err l2_err = ERR_INIT, l3_err = ERR_INIT;
	int l2, l3;

	*f = (struct filter){0};
	if (!expr)
		expr = "";
	if (has_word(expr, "protochain")) {
		err_set(err, -ENOTSUP,
			"cannot use filter '%s': 'protochain' needs a loop, which BPF programs "
			"cannot have",
			expr);
		err_hint(err, "use 'ip proto' or 'ip6 proto', which check the first header only");
		return -ENOTSUP;
	}
	configure_lookup();
	f->wants_vlan = has_word(expr, "vlan");
	l2 = compile_layer(&f->prog[FILTER_L2], DLT_EN10MB, expr, &l2_err);
	if (l2)
		prog_release(&f->prog[FILTER_L2]);
	f->prog[FILTER_L2].vlan = f->wants_vlan;
	l3 = compile_layer(&f->prog[FILTER_L3], DLT_RAW, expr, &l3_err);
	if (l3)
		prog_release(&f->prog[FILTER_L3]);
	if (l2 == -ENOMEM || l3 == -ENOMEM || (l2 && l3)) {
		filter_release(f);
		if (l2 == -ENOMEM || l3 == -ENOMEM)
			return err_set(err, -ENOMEM, "cannot compile filter '%s': out of memory",
				       expr);
		err_set(err, l2, "cannot compile filter '%s': %s", expr, l2_err.msg);
		if (strstr(l2_err.msg, "syntax error"))
			err_hint(err, "the syntax is tcpdump's, see pcap-filter(7): for example "
				      "'host 10.0.0.1 and tcp port 80'");
		return l2;
	}
	for (int i = FILTER_L2; i <= FILTER_L3; i++)
		f->window[i] = cbpf_window(&f->prog[i]);
	return 0;
}

void filter_release(struct filter *f)
{
	prog_release(&f->prog[FILTER_L2]);
	prog_release(&f->prog[FILTER_L3]);
	*f = (struct filter){0};
}
