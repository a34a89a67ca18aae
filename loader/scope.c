// SPDX-License-Identifier: GPL-2.0-only
#include "loader/scope.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>

#include "base/log.h"
#include "output/output.h"

#define KFREE_SKB_REASON_ARG 2

static int no_backend(struct err *err)
{
	char why[256];

	privileges_explain(why, sizeof(why));
	if (why[0]) {
		err_set(err, -EPERM, "not permitted to trace");
		err_hint(err, "%s", why);
		return -EPERM;
	}
	err_set(err, -ENOTSUP,
		"this kernel lets no program be attached to functions or tracepoints");
	err_hint(err, "skbtrail --check says what is missing");
	return -ENOTSUP;
}

static int choose_backend(struct scope *s, const char *name, const struct features *features,
			  struct err *err)
{
	const char *why = NULL;

	if (name) {
		s->backend = backend_by_name(name);
		if (!s->backend)
			return err_set(err, -EINVAL, "unknown backend '%s'", name);
		if (backend_usable(s->backend, features, &why)) {
			err_set(err, -ENOTSUP, "backend '%s' cannot be used: %s", name, why);
			err_hint(err, "without --backend the best that works is chosen; "
				      "skbtrail --check lists them");
			return -ENOTSUP;
		}
		return 0;
	}
	for (size_t i = 0; backends[i]; i++) {
		if (!backend_usable(backends[i], features, &why)) {
			s->backend = backends[i];
			return 0;
		}
	}
	return no_backend(err);
}

static int compile_regex(regex_t *re, const char *text, struct err *err)
{
	char why[128];
	int code = regcomp(re, text, REG_EXTENDED);

	if (!code)
		return 0;
	regerror(code, re, why, sizeof(why));
	err_set(err, -EINVAL, "--filter-func: invalid regular expression '%s': %s", text, why);
	err_hint(err, "it is a POSIX extended one and must match the whole name, as in "
		      "'ip_.*|tcp_v4_rcv'");
	return -EINVAL;
}

static int find_targets(struct scope *s, const regex_t *re, const struct features *features,
			struct err *err)
{
	struct find_opts find = {
		.name_re = re,
		.is_drop = func_is_drop,
		.any_module = s->types.source == TYPES_MEASURED,
		.only_ftrace =
			s->backend == &backend_kprobe_multi && features_has(features, FEAT_TRACEFS),
	};

	if (s->backend == &backend_tracepoint_events)
		return targets_find_tracepoint_events(&s->targets, re, err);
	if (s->backend->tracepoints)
		return targets_find_tracepoints(&s->targets, s->types.btfs[0], re, err);
	return targets_find_funcs(&s->targets, s->types.btfs, s->types.modules, s->types.nr,
				  s->ksyms, &find, &s->left_outs, err);
}

static int found_none(const struct scope *s, const char *regex, struct err *err)
{
	const char *what = s->backend->tracepoints ? "tracepoint" : "function";

	if (!regex) {
		err_set(err, -ENOENT, "no %s that takes an skb was found", what);
		return -ENOENT;
	}
	err_set(err, -ENOENT, "no %s with an skb argument matches '%s'", what, regex);
	if (s->left_outs.nr)
		err_hint(err, "'%s' was left out: %s", s->left_outs.e[0].name,
			 s->left_outs.e[0].why);
	else
		err_hint(err,
			 "skbtrail --list-funcs lists what can be matched; the expression must "
			 "match the whole name");
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

static int open_types(struct scope *s, const struct options *o, const struct features *features,
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

int scope_features(struct features *f, const struct options *o, struct err *err)
{
	limits_raise();
	features_probe(f);
	return o->without ? features_leave_out(f, o->without, err) : 0;
}

int scope_open(struct scope *s, const struct options *o, const struct features *features,
	       struct err *err)
{
	regex_t re;
	int ret;

	*s = (struct scope){0};
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
		ret = find_targets(s, o->filter_func ? &re : NULL, features, err);
	if (!ret && !s->targets.nr)
		ret = found_none(s, o->filter_func, err);
	if (o->filter_func)
		regfree(&re);
	if (ret)
		scope_release(s);
	return ret;
}

void scope_add_reason(struct scope *s)
{
	if (s->backend != &backend_tracepoint || s->types.source != TYPES_MEASURED)
		return;
	for (size_t i = 0; i < s->targets.nr; i++)
		if (!strcmp(s->targets.t[i].name, "kfree_skb"))
			s->targets.t[i].reason_reg = KFREE_SKB_REASON_ARG;
}

void scope_say_left_outs(const struct scope *s)
{
	for (size_t i = 0; i < s->left_outs.nr; i++)
		log_verbose("left out '%s': %s", s->left_outs.e[i].name, s->left_outs.e[i].why);
}

void scope_trim(struct scope *s)
{
	types_release(&s->types);
	left_outs_release(&s->left_outs);
	ksyms_drop_names_index(s->ksyms);
	malloc_trim(0);
}

void scope_release(struct scope *s)
{
	targets_release(&s->targets);
	left_outs_release(&s->left_outs);
	types_release(&s->types);
	ksyms_free(s->ksyms);
	*s = (struct scope){0};
}
