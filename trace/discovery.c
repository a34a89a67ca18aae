// SPDX-License-Identifier: GPL-2.0-only
#include "trace/discovery.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "btf/discover/discover.h"
#include "output/output.h"
#include "trace/follow.h"

#define KFREE_SKB_REASON_ARG 2

static int no_backend_error(struct err *err)
{
	char why[256];

	privileges_explain(why, sizeof(why));
	if (why[0])
		return err_set(err, -EPERM, "not permitted to trace: %s", why);
	err_set(err, -ENOTSUP,
		"this kernel cannot attach BPF programs to functions or tracepoints");
	err_hint(err, "run skbtrail --check to see what is missing");
	return -ENOTSUP;
}

/* Some kernels let CAP_PERFMON attach to tracepoints, but not to functions (5.10). */
static void log_not_permitted(const struct backend *used, const struct backend *refused)
{
	if (used->tracepoints && refused)
		log_info("only tracepoints are traced, no functions: %s is not permitted for this "
			 "process; run with sudo",
			 refused->name);
}

static int choose_backend(struct discovery *s, const char *name, const struct features *features,
			  struct err *err)
{
	const struct backend *refused = NULL;
	const char *why = NULL;

	if (name) {
		s->backend = backend_by_name(name);
		if (!s->backend)
			return err_set(err, -EINVAL, "unknown backend '%s'", name);
		if (backend_usable(s->backend, features, &why)) {
			err_set(err, -ENOTSUP, "backend '%s' cannot be used: %s", name, why);
			err_hint(err, "omit --backend to use the best one available; skbtrail "
				      "--check lists them");
			return -ENOTSUP;
		}
		return 0;
	}
	for (size_t i = 0; backends[i]; i++) {
		int ret = backend_usable(backends[i], features, &why);

		if (!ret) {
			s->backend = backends[i];
			log_not_permitted(s->backend, refused);
			return 0;
		}
		/* whether tracefs would have it is not known */
		if ((ret == -EPERM || ret == -EACCES) && !backends[i]->tracefs && !refused)
			refused = backends[i];
	}
	return no_backend_error(err);
}

static int compile_regex(regex_t *re, const char *text, struct err *err)
{
	char why[128];
	int code = regcomp(re, text, REG_EXTENDED);

	if (!code)
		return 0;
	regerror(code, re, why, sizeof(why));
	err_set(err, -EINVAL, "--filter-func: invalid regular expression '%s': %s", text, why);
	err_usage(err);
	err_hint(err, "expected a POSIX extended regular expression for the whole name, such as "
		      "'ip_.*|tcp_v4_rcv'");
	return -EINVAL;
}

static bool is_following(const struct options *o)
{
	return o->filter_track_skb || o->filter_track_skb_by_stackid;
}

/* For --output-stack, too: a return address in a register is not on the stack yet. */
static bool needs_callers(const struct options *o)
{
	return o->output_caller || o->output_stack;
}

static int find_funcs(struct discovery *s, const regex_t *re, const struct options *o,
		      const struct features *features, struct err *err)
{
	bool measured = s->types.source == TYPES_MEASURED;
	struct find_opts find = {
		.name_re = re,
		.tells_caller = func_is_end,
		.hook_of = is_following(o) ? follow_hook : NULL,
		.callers = needs_callers(o),
		.only_modules = o->all_kmods ? NULL : (const char *const *)o->kmods.v,
		.nr_only_modules = o->kmods.nr,
		.untyped_modules = !measured,
		.any_module = measured,
		.only_ftrace =
			s->backend == &backend_kprobe_multi && features_has(features, FEAT_TRACEFS),
	};

	return targets_find_funcs(&s->targets, s->types.btfs, s->types.modules, s->types.nr,
				  s->ksyms, &find, &s->left_outs, err);
}

/* Helpers that our own programs call with each event. */
static bool is_our_helper(const char *name)
{
	static const char *const ours[] = {
		"bpf_probe_",	"bpf_ktime_get_ns", "bpf_get_smp_",  "bpf_get_current_",
		"bpf_ringbuf_", "bpf_perf_event_",  "bpf_get_stack", "bpf_get_func_ip"};

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (!strncmp(name, ours[i], strlen(ours[i])))
			return true;
	return false;
}

static int find_helpers(struct discovery *s, struct err *err)
{
	const char **names;
	size_t nr, kept = 0;
	int ret;

	if (s->types.source == TYPES_MEASURED)
		return err_set(err, -ENOTSUP,
			       "--filter-track-bpf-helpers needs types of the kernel (BTF)");
	ret = discover_helpers(s->types.btfs[0], &names, &nr, err);
	if (ret)
		return ret;
	for (size_t i = 0; i < nr; i++)
		if (!is_our_helper(names[i]))
			names[kept++] = names[i];
	ret = targets_find_symbols(&s->targets, names, kept, false, s->ksyms, err);
	free(names);
	return ret;
}

/* Number of pointer arguments (key, value) of a function that operates on a map; 0: other function.
 */
static uint8_t map_args(const char *name)
{
	static const struct {
		const char *end;
		uint8_t nr;
	} ends[] = {{"map_lookup_elem", 1}, {"map_delete_elem", 1}, {"map_update_elem", 2}};
	size_t len = strcspn(name, ".");

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t end = strlen(ends[i].end);

		if (len >= end && !strncmp(name + len - end, ends[i].end, end))
			return ends[i].nr;
	}
	return 0;
}

/* Functions that take no skb. */
static int find_non_skb_funcs(struct discovery *s, const struct options *o, struct err *err)
{
	const struct option_list *names = &o->filter_non_skb_funcs;
	int ret = 0;

	if (names->nr)
		ret = targets_find_symbols(&s->targets, (const char *const *)names->v, names->nr,
					   true, s->ksyms, err);
	if (ret) {
		err_prefix(err, "--filter-non-skb-funcs");
		err_usage(err);
		return ret;
	}
	if (o->filter_track_bpf_helpers)
		ret = find_helpers(s, err);
	for (size_t i = 0; i < s->targets.nr; i++) {
		struct target *t = &s->targets.t[i];

		if (!t->by_stack)
			continue;
		t->map_args = map_args(t->name);
		t->want_caller = needs_callers(o);
	}
	return ret;
}

static int check_modules(const struct discovery *s, const struct options *o, struct err *err)
{
	for (size_t i = 0; i < o->kmods.nr; i++) {
		char *name = o->kmods.v[i];

		/* Like modprobe, accept '-' for '_'. */
		for (char *c = name; *c; c++)
			if (*c == '-')
				*c = '_';
		if (ksyms_has_module(s->ksyms, name))
			continue;
		err_set(err, -ENOENT, "--kmods: module '%s' is not loaded", name);
		err_usage(err);
		err_hint(err, "lsmod lists loaded modules; code built into the kernel is traced "
			      "without --kmods");
		return -ENOENT;
	}
	return 0;
}

static int find_targets(struct discovery *s, const regex_t *re, const struct options *o,
			const struct features *features, struct err *err)
{
	bool tracepoints = s->backend->tracepoints;
	int ret = check_modules(s, o, err);

	if (ret)
		return ret;
	if (s->backend == &backend_tracepoint_events)
		ret = targets_find_tracepoint_events(&s->targets, re, err);
	else if (tracepoints)
		ret = targets_find_tracepoints(&s->targets, s->types.btfs[0], re, err);
	else
		ret = find_funcs(s, re, o, features, err);
	if (!ret && !tracepoints)
		ret = find_non_skb_funcs(s, o, err);
	if (!ret && is_following(o))
		follow_adapt(&s->targets, s->ksyms, tracepoints, o->filter_trace_xdp);
	return ret;
}

static bool all_silent(const struct targets *ts)
{
	for (size_t i = 0; i < ts->nr; i++)
		if (!ts->t[i].silent)
			return false;
	return true;
}

static int no_targets_error(const struct discovery *s, const char *regex, struct err *err)
{
	const char *what = s->backend->tracepoints ? "tracepoint" : "function";

	if (!regex) {
		err_set(err, -ENOENT, "no %s with an skb argument found", what);
		return -ENOENT;
	}
	err_set(err, -ENOENT, "no %s with an skb argument matches '%s'", what, regex);
	if (s->left_outs.nr)
		err_hint(err, "'%s' was skipped: %s", s->left_outs.e[0].name,
			 s->left_outs.e[0].why);
	else
		err_hint(err,
			 "skbtrail --list-funcs lists the names; the expression must match the "
			 "whole name");
	return -ENOENT;
}

struct types_opts types_opts_of(const struct options *o, const struct features *features)
{
	return (struct types_opts){
		.kernel_btf = o->kernel_btf,
		.force = o->kernel_btf_force,
		.features = features,
		.measure = true,
	};
}

static int open_types(struct discovery *s, const struct options *o, const struct features *features,
		      struct err *err)
{
	struct types_opts opts = types_opts_of(o, features);
	int ret;

	opts.ksyms = s->ksyms;
	ret = types_open(&s->types, &opts, err);
	if (!ret)
		log_verbose("types: %s", s->types.words);
	return ret;
}

int discovery_features(struct features *f, const struct options *o, struct err *err)
{
	limits_raise();
	features_probe(f);
	return o->without ? features_leave_out(f, o->without, err) : 0;
}

int discovery_open(struct discovery *s, const struct options *o, const struct features *features,
		   struct err *err)
{
	regex_t re;
	int ret;

	*s = (struct discovery){0};
	if (o->filter_func) {
		ret = compile_regex(&re, o->filter_func, err);
		if (ret)
			return ret;
	}
	ret = choose_backend(s, o->backend, features, err);
	if (!ret)
		ret = ksyms_load(&s->ksyms, NULL, err);
	if (!ret)
		ret = open_types(s, o, features, err);
	if (!ret)
		ret = find_targets(s, o->filter_func ? &re : NULL, o, features, err);
	if (!ret && all_silent(&s->targets))
		ret = no_targets_error(s, o->filter_func, err);
	if (o->filter_func)
		regfree(&re);
	if (ret)
		discovery_release(s);
	return ret;
}

void discovery_add_reason(struct discovery *s)
{
	if (s->backend != &backend_tracepoint || s->types.source != TYPES_MEASURED)
		return;
	for (size_t i = 0; i < s->targets.nr; i++)
		if (!strcmp(s->targets.t[i].name, "kfree_skb"))
			s->targets.t[i].reason_reg = KFREE_SKB_REASON_ARG;
}

void discovery_log_left_out(const struct discovery *s)
{
	for (size_t i = 0; i < s->left_outs.nr; i++)
		log_verbose("skipped '%s': %s", s->left_outs.e[i].name, s->left_outs.e[i].why);
}

void discovery_trim(struct discovery *s)
{
	types_release(&s->types);
	left_outs_release(&s->left_outs);
	ksyms_drop_names_index(s->ksyms);
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}

void discovery_release(struct discovery *s)
{
	targets_release(&s->targets);
	left_outs_release(&s->left_outs);
	types_release(&s->types);
	ksyms_free(s->ksyms);
	*s = (struct discovery){0};
}
