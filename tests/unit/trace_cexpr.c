// SPDX-License-Identifier: GPL-2.0-only
/*
 * C expressions before verifiers: those of kernels that cannot be had, and the running kernel's,
 * with its own types; and there they are also run. And with types that skbtrail makes itself.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/insn.h"
#include "btf/reduce/reduce.h"
#include "kern/bpf.h"
#include "tests/unit/lib_btf_parse.h"
#include "tests/unit/lib_expr.h"
#include "tests/unit/lib_verify.h"
#include "types/measure/layout.h"

#define NR(a)	   (sizeof(a) / sizeof((a)[0]))
#define RAW_TP	   17  /* 4.17 */
#define PT_REGS_DI 112 /* x86_64 */
#define BTF_PATH   "/sys/kernel/btf/vmlinux"

/* Over the types of lib_expr.c: whatever makes instructions. */
static const char *const texts[] = {
	"1",
	"0x123456789abc",
	"skb",
	"skb->u8",
	"skb->s8",
	"skb->dev->ifindex == 2 && skb->mark & 0xf",
	"skb->dev->owner->dev->owner->dev->mtu",
	"skb->head[skb->network_header]",
	"((struct elem *)(skb->head + skb->network_header))->y[1]",
	"skb->protocol == 0x800 || skb->protocol == 0x86dd || skb->addr >> 24 == 10",
	"skb->first ? skb->swide : skb->top ? skb->sfirst : skb->bit",
	"skb->s64 / skb->s32",
	"skb->s64 % skb->s32 - skb->s32 / 7 + skb->u64 / 3 % (skb->u32 | 1)",
	"skb->u32 << skb->u8 >> skb->s8 << 3",
	"skb->s64 < skb->s32 && skb->u64 > 0x123456789abc && skb->s8 <= -3 && !(skb->u16 >= 9)",
	"(skb->u8 < 3 || skb->u16 < 4 && skb->s16 > 5) != (skb->s8 == 6 || !skb->yes)",
	"~skb->u32 ^ -skb->s64 | (u8)skb->u64 & (s16)skb->u32",
	"(bool)skb->u64 + (bool)(skb->u32 & 5)",
	"skb->elems - &skb->elems[skb->three]",
	"skb->elems[skb->three].x * skb->grid[1][2] - skb->tail[1]",
	"((skb->u8 + skb->u16) * (skb->s8 - skb->s16)) / ((skb->u32 ^ 1) % (skb->s32 | 5))",
	"skb->u8 == 1 || skb->u8 == 2 || skb->u8 == 3 || skb->u8 == 4 || skb->u8 == 5 || "
	"skb->u8 == 6 || skb->u8 == 7 || skb->u8 == 8 || skb->u8 == 9 || skb->u8 == 10",
	"(skb->u8 == 1 || skb->u16 == 2) && (skb->u32 == 3 || skb->u64 == 4) && "
	"(skb->s8 == 5 || skb->s16 == 6) && (skb->s32 == 7 || skb->s64 == 8) && skb->c == 'a'",
	"(skb->u8 ? 1 : 2) + (skb->u16 ? 3 : 4) + (skb->u32 ? 5 : 6) + (skb->u64 ? 7 : 8) + "
	"(skb->s8 ? 1 : 2) + (skb->s16 ? 3 : 4) + (skb->s32 ? 5 : 6) + (skb->s64 ? 7 : 8) + "
	"(skb->c > 3) + (skb->c > 4) + (skb->c > 5) + (skb->c > 6) + (skb->c > 7) + (skb->c > 8)",
	"skb->s8 / skb->u8 + skb->s16 / skb->u16 + skb->s32 / skb->s8 + skb->s64 % skb->s16",
};

/* The expression behind what sets r2. */
static struct insn_buf make_program(const struct expr *e, const struct bpf_insn *head, size_t nr)
{
	struct insn_buf code = {0};
	struct err err = ERR_INIT;

	for (size_t i = 0; i < nr; i++)
		insn_push(&code, head[i]);
	if (expr_emit(e, -8 * (int)expr_nr_slots(e), 0xffff800000000000, &code, &err))
		fail_msg("%s", err.msg);
	insn_push(&code, INSN_EXIT());
	return code;
}

static struct expr *compile(const char *text, const char *variable, const char *type,
			    const struct btf *const *btfs, size_t nr_btfs, enum expr_use use)
{
	struct err err = ERR_INIT;
	struct expr *e;

	if (expr_compile(&e, text, variable, type, btfs, nr_btfs, use, &err))
		fail_msg("'%s': %s", text, err.msg);
	return e;
}

/* ---- kernels that cannot be had ---- */

static size_t most_insns, most_processed;

static void simulate(const struct sim_kernel *k, const struct expr *e)
{
	const struct bpf_insn head = INSN_LDX(BPF_DW, 2, 1, PT_REGS_DI);
	struct insn_buf code = make_program(e, &head, 1);
	struct bpf_prog_spec spec = {.type = BPF_PROG_TYPE_KPROBE,
				     .insns = code.insns,
				     .nr_insns = code.nr,
				     .kern_version = kern_release_code()};
	struct sim_result r;

	/* As the loader does for kernels before 5.5. */
	for (size_t i = 0; i < code.nr; i++)
		if (code.insns[i].code == (BPF_JMP | BPF_CALL))
			code.insns[i].imm = BPF_FUNC_probe_read;
	if (!sim_prog_load(k, &spec, NULL, 0, &r))
		fail_msg("%s: '%s': %s at instruction %zu of %zu", k->name, expr_text(e), r.why,
			 r.idx, code.nr);
	most_insns = code.nr > most_insns ? code.nr : most_insns;
	most_processed = r.processed > most_processed ? r.processed : most_processed;
	insn_buf_release(&code);
}

static void test_simulated(void **state)
{
	for (size_t i = 0; i < NR(texts); i++) {
		for (enum expr_use use = EXPR_CONDITION; use <= EXPR_VALUE; use++) {
			struct expr *e = compile(texts[i], "skb", "sk_buff", expr_btfs, 2, use);

			for (size_t k = 0; k < sim_nr_kernels; k++)
				simulate(&sim_kernels[k], e);
			expr_free(e);
		}
	}
	printf("%zu expressions, at most %zu instructions, verifiers look at %zu\n", NR(texts),
	       most_insns, most_processed);
	assert_true(most_processed < 4000);
}

/* ---- types that are not all there ---- */

static void check_value(const char *text, const struct btf *btf, uint64_t want)
{
	struct expr *e = compile(text, "skb", "sk_buff", &btf, 1, EXPR_VALUE);
	uint64_t got = expr_run(e, true);

	if (got != want)
		fail_msg("'%s': %#llx, expected %#llx", text, (unsigned long long)got,
			 (unsigned long long)want);
	expr_free(e);
}

/* As the types that a skbtrail carries are made. */
static struct btf *reduced_types(void)
{
	static const char *const names[] = {"dev", "head", "protocol", "addr", "vast", "mark"};
	struct btf *wanted, *btf;
	struct btf_build b;
	struct err err = ERR_INIT;
	uint32_t number;

	bb_init(&b);
	number = bb_int(&b, "unsigned int", 4, 0);
	bb_struct(&b, "sk_buff", 64);
	for (size_t i = 0; i < NR(names); i++)
		bb_member(&b, names[i], number, 64 * (uint32_t)i);
	bb_struct(&b, "device", 8);
	bb_member(&b, "mtu", number, 0);
	bb_member(&b, "owner", number, 0);
	wanted = bb_parse(&b, NULL);
	bb_release(&b);
	if (btf_reduce(&b, expr_btfs[0], wanted, &err))
		fail_msg("%s", err.msg);
	btf = bb_parse(&b, NULL);
	bb_release(&b);
	btf_free(wanted);
	return btf;
}

static void test_reduced_types(void **state)
{
	struct btf *btf = reduced_types();

	expr_memory_init(4);
	check_value("skb->protocol", btf, __builtin_bswap16(expr_skb->protocol));
	check_value("skb->addr", btf, __builtin_bswap32(expr_skb->addr));
	check_value("skb->mark", btf, expr_skb->mark);
	check_value("skb->dev->mtu", btf, expr_skb->dev->mtu);
	check_value("skb->dev->owner->dev->mtu", btf, expr_skb->dev->mtu);
	check_value("skb->head[3]", btf, expr_skb->head[3]);
	btf_free(btf);
}

/* Where types are measured. */
static void test_measured_types(void **state)
{
	struct layout l = {0};
	struct err err = ERR_INIT;
	struct btf *btf;

	for (int m = 0; m < LAYOUT_NR; m++)
		l.at[m] = (struct layout_place){.status = LAYOUT_MEASURED, .bits = 16};
	l.at[SKB_PROTOCOL].bit_off = 8 * offsetof(struct sk_buff, protocol);
	l.at[SKB_DEV].bit_off = 8 * offsetof(struct sk_buff, dev);
	l.at[SKB_HEAD].bit_off = 8 * offsetof(struct sk_buff, head);
	l.at[SKB_SK].bit_off = 8 * offsetof(struct sk_buff, next);
	l.at[SKC_DADDR].bit_off = 8 * offsetof(struct sk_buff, addr);
	l.at[DEV_MTU].bit_off = 8 * offsetof(struct device, mtu);
	l.at[DEV_NET].bit_off = 8 * offsetof(struct device, owner);
	l.at[NET_INUM].bit_off = 8 * offsetof(struct sk_buff, u32);
	if (layout_btf(&l, &btf, &err))
		fail_msg("%s", err.msg);
	expr_memory_init(4);
	check_value("skb->protocol", btf, __builtin_bswap16(expr_skb->protocol));
	check_value("skb->dev->mtu", btf, expr_skb->dev->mtu);
	check_value("skb->head[3]", btf, expr_skb->head[3]);
	check_value("skb->sk->__sk_common.skc_daddr", btf, __builtin_bswap32(expr_skb->addr));
	check_value("skb->dev->nd_net.net->ns.inum", btf, expr_skb->u32);
	btf_free(btf);
}

/* ---- the running kernel ---- */

static char verifier_log[1 << 20];

static int load(const struct insn_buf *code, bool with_log)
{
	union bpf_attr attr = {
		.prog_type = RAW_TP,
		.insns = (uintptr_t)code->insns,
		.insn_cnt = (uint32_t)code->nr,
		.license = (uintptr_t) "GPL",
		.log_buf = with_log ? (uintptr_t)verifier_log : 0,
		.log_size = with_log ? sizeof(verifier_log) : 0,
		.log_level = with_log,
	};
	long fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));

	return fd < 0 ? -errno : (int)fd;
}

static void skip_unless_allowed(void)
{
	const struct bpf_insn ret[] = {INSN_MOV_IMM(0, 0), INSN_EXIT()};
	struct insn_buf code = {.insns = (void *)(uintptr_t)ret, .nr = 2};
	int fd = load(&code, false);

	if (fd < 0) {
		printf("skipped: cannot load raw tracepoint programs (%s)\n", strerror(-fd));
		skip();
	}
	close(fd);
}

/* About the task that runs it, or about the tracepoint's first argument. */
static int load_expr(const struct expr *e, bool of_task)
{
	const struct bpf_insn task[] = {INSN_CALL(BPF_FUNC_get_current_task), INSN_MOV_REG(2, 0)};
	const struct bpf_insn arg = INSN_LDX(BPF_DW, 2, 1, 0);
	struct insn_buf code = of_task ? make_program(e, task, 2) : make_program(e, &arg, 1);
	int fd = load(&code, false);

	if (fd < 0) {
		fd = load(&code, true);
		fail_msg("'%s': %s\n%s", expr_text(e), strerror(-fd), verifier_log);
	}
	insn_buf_release(&code);
	return fd;
}

static void check_load(const char *text, enum expr_use use)
{
	struct expr *e = compile(text, "skb", "sk_buff", expr_btfs, 2, use);

	close(load_expr(e, false));
	expr_free(e);
}

static void test_verifier(void **state)
{
	char text[4096] = "0";

	skip_unless_allowed();
	for (size_t i = 0; i < NR(texts); i++) {
		check_load(texts[i], EXPR_CONDITION);
		check_load(texts[i], EXPR_VALUE);
	}
	/* Each sum of them would be a way of its own, if the verifier knew the numbers. */
	for (int i = 1; i < 25; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 i % 2 ? " + (skb->u8 ? %d : 0)" : " + (skb->u16 > %d) * 1000", 1 << i);
	strcat(text, " == 12345");
	check_load(text, EXPR_CONDITION);
}

static struct btf *open_types(void)
{
	struct err err = ERR_INIT;
	struct btf *btf;

	if (access(BTF_PATH, R_OK)) {
		printf("skipped: no " BTF_PATH "\n");
		skip();
	}
	if (btf_open(&btf, BTF_PATH, NULL, &err))
		fail_msg("%s", err.msg);
	return btf;
}

/* What people write, with the kernel's own types. */
static void test_real_types(void **state)
{
	static const char *const skb[] = {
		"skb->dev->ifindex == 2 && skb->mark & 0xf",
		"skb->dev->mtu > 1400",
		"skb->protocol == 0x800",
		"skb->pkt_type == 3 && skb->ip_summed != 0",
		"((struct iphdr *)(skb->head + skb->network_header))->ttl < 5",
		"((struct iphdr *)(skb->head + skb->network_header))->protocol == IPPROTO_TCP",
		"((struct iphdr *)(skb->head + skb->network_header))->ihl * 4 > 20",
		"((struct iphdr *)(skb->head + skb->network_header))->saddr >> 24 == 10",
		"((struct tcphdr *)(skb->head + skb->transport_header))->dest == 80",
		"((struct tcphdr *)(skb->head + skb->transport_header))->syn",
		"skb->sk->__sk_common.skc_state == TCP_ESTABLISHED",
		"skb->dev->name[0] == 'l' && skb->dev->name[1] == 'o'",
		"skb->dev->nd_net.net->ns.inum",
		"((struct tcp_skb_cb *)skb->cb)->seq",
		"((struct skb_shared_info *)(skb->head + skb->end))->gso_size",
		"((struct dst_entry *)(skb->_skb_refdst & ~1ul))->dev->ifindex",
		"skb->len - skb->data_len > 1000 ? skb->queue_mapping : -1",
		"skb->data - skb->head",
		"(void *)skb->mark",
	};
	static const char *const xdp[] = {
		"xdp->rxq->queue_index != 0",
		"xdp->rxq->dev->ifindex",
		"xdp->data_end - xdp->data",
		"*(__be16 *)(xdp->data + 12) == 0x0800",
	};
	const struct btf *btf = open_types();
	struct expr *e;

	for (size_t i = 0; i < NR(skb) + NR(xdp); i++) {
		e = i < NR(skb) ? compile(skb[i], "skb", "sk_buff", &btf, 1, EXPR_VALUE)
				: compile(xdp[i - NR(skb)], "xdp", "xdp_buff", &btf, 1, EXPR_VALUE);
		for (size_t k = 0; k < sim_nr_kernels; k++)
			simulate(&sim_kernels[k], e);
		expr_free(e);
	}
	btf_free((struct btf *)btf);
}

/* ---- run there ---- */

/* The value, of which only 32 bits are told, or -errno. */
static int64_t run_in_kernel(const char *text, const struct btf *btf)
{
	struct expr *e = compile(text, "task", "task_struct", &btf, 1, EXPR_VALUE);
	uint64_t args[12] = {0};
	union bpf_attr attr = {.test.prog_fd = (uint32_t)load_expr(e, true),
			       .test.ctx_in = (uintptr_t)args,
			       .test.ctx_size_in = sizeof(args)};
	long ret = syscall(SYS_bpf, BPF_PROG_TEST_RUN, &attr, sizeof(attr));

	ret = ret ? -errno : 0;
	close((int)attr.test.prog_fd);
	expr_free(e);
	return ret ? ret : attr.test.retval;
}

static void says(const char *text, const struct btf *btf, uint32_t want)
{
	int64_t got = run_in_kernel(text, btf);

	if (got != want)
		fail_msg("'%s' is %lld, expected %u", text, (long long)got, want);
}

/* What the kernel knows of this process is known here too. */
static void test_running(void **state)
{
	char link[64] = "", inum[64];
	const struct btf *btf;
	uint32_t pid = (uint32_t)getpid();
	char text[128];

	skip_unless_allowed();
	btf = open_types();
	if (run_in_kernel("1", btf) != 1) {
		printf("skipped: this kernel does not run programs on demand (5.10)\n");
		btf_free((struct btf *)btf);
		skip();
	}
	assert_true(readlink("/proc/self/ns/net", link, sizeof(link) - 1) > 0);
	snprintf(inum, sizeof(inum), "net:[%u]",
		 (uint32_t)run_in_kernel("task->nsproxy->net_ns->ns.inum", btf));
	assert_string_equal(inum, link);
	says("task->group_leader->comm[0]", btf, program_invocation_short_name[0]);
	says("task->comm[6] == 'c' && task->comm[7] == 'e' && !task->comm[15]", btf, 1);
	says("task->nsproxy->net_ns->loopback_dev->ifindex", btf, 1);
	says("task->nsproxy->net_ns->loopback_dev->name[1]", btf, 'o');
	says("task->signal->rlim[7].rlim_cur", btf, (uint32_t)sysconf(_SC_OPEN_MAX));
	/* The numbers are the same unless this is a container. */
	if (run_in_kernel("task->tgid == task->signal->pids[1]->numbers[0].nr && "
			  "task->signal->pids[1]->level == 0",
			  btf)) {
		says("task->tgid", btf, pid);
		says("-task->tgid / 7", btf, (uint32_t)(-(int)pid / 7));
		says("-task->tgid % 7", btf, (uint32_t)(-(int)pid % 7));
		says("(task->tgid << 20) / (task->tgid - 3)", btf,
		     (uint32_t)((int)(pid << 20) / ((int)pid - 3)));
		snprintf(text, sizeof(text), "task->tgid <= %u && task->tgid > %u", pid, pid - 1);
		says(text, btf, 1);
	}
	says("task->tgid / (task->tgid - task->tgid)", btf, 0);
	says("((struct task_struct *)8)->tgid", btf, 0);
	btf_free((struct btf *)btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_simulated),      cmocka_unit_test(test_reduced_types),
		cmocka_unit_test(test_measured_types), cmocka_unit_test(test_verifier),
		cmocka_unit_test(test_real_types),     cmocka_unit_test(test_running),
	};

	return cmocka_run_group_tests(tests, expr_setup, expr_teardown);
}
