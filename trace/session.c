// SPDX-License-Identifier: GPL-2.0-only
#include "trace/session.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/log.h"
#include "base/number.h"
#include "cli/progress.h"
#include "cli/stop.h"
#include "explain/explain.h"
#include "kern/clock.h"
#include "kern/cpus.h"
#include "kern/setting.h"
#include "loader/fields.h"
#include "loader/prog_trace.h"
#include "loader/programs.h"
#include "names/kernel_names.h"
#include "output/files/outfile.h"
#include "output/outbuf.h"
#include "output/pipeline.h"
#include "progs/trail_abi.h"
#include "cli/advice.h"
#include "trace/config.h"
#include "trace/discovery.h"
#include "trace/follow.h"
#include "trace/module_watch.h"
#include "trace/output_fields.h"
#include "trace/ready_file.h"
#include "trace/sinks.h"

#define TICK_MS	      250
#define WAIT_MS	      60000
#define USUAL_LINE_SZ 150		/* of an event, without optional columns */
#define PERF_RINGS_SZ ((size_t)4 << 20) /* all rings together; fully mapped, so resident */

/* All resources of a trace, released in reverse order of allocation. */
struct session {
	const struct options *o;
	int stop_fd;
	struct features features;
	struct config config;
	struct outfile outfile;
	struct discovery discovery;
	struct reasons reasons;
	struct kernel_names live;
	struct names names;
	struct programs programs;
	struct prog_trace prog_trace;
	struct ring *ring;
	size_t ring_sz; /* of one ring; perf has one for each CPU */
	struct attachment attachment;
	struct sink *sink;
	struct aside aside;
	struct pipeline *pipeline;
	struct pipeline_stats stats;
	uint64_t nr_untracked;
	struct netns_names *netns_names; /* NULL unless --output-netns-names */
	struct explain *explain;
	struct module_watch watch;
	struct ready_file ready_file;
	struct advice advice;
};

/* ---- output files, opened before anything is attached ---- */

static int open_outfile(struct outfile *of, const struct options *o, struct err *err)
{
	struct rotation want = {
		.max_sz = o->output_file_max_size,
		.max_age = o->output_file_max_age,
		.max_backups = o->output_file_max_backups,
		.compress = o->output_file_compress,
	};
	bool rotates = want.max_sz || want.max_age || want.max_backups || want.compress;

	if (o->record && !options_output_path(o) && isatty(STDOUT_FILENO)) {
		err_set(err, -EINVAL, "--record: standard output is a terminal");
		err_hint(err, "for example: skbtrail -w - | wireshark -k -i -");
		return -EINVAL;
	}
	return outfile_open(of, options_output_path(o), rotates ? &want : NULL, err);
}

static int open_files(struct session *s, struct err *err)
{
	const struct options *o = s->o;
	int ret = ready_file_open(&s->ready_file, o->ready_file, err);

	if (!ret)
		ret = open_outfile(&s->outfile, o, err);
	return ret ? ret : story_output_open(&s->aside.files, o, err);
}

/* ---- attaching ---- */

static int open_ring(struct session *s, struct err *err)
{
	size_t sz = s->o->ring_sz ? s->o->ring_sz : PERF_RINGS_SZ;
	int events_fd = s->programs.maps.fd[MAP_EVENTS];

	s->ring_sz = s->programs.maps.ring_sz;
	if (s->ring_sz)
		return ring_open_bpf(&s->ring, events_fd, s->ring_sz, err);
	/* Each ring has a power of two of pages, whatever the number of CPUs. */
	sz /= cpus_nr_online();
	for (s->ring_sz = sysconf(_SC_PAGESIZE); 2 * s->ring_sz <= sz;)
		s->ring_sz *= 2;
	return ring_open_perf(&s->ring, events_fd, s->ring_sz, err);
}

static int attach(struct session *s, struct err *err)
{
	struct progress progress;
	struct attach_ctx ctx = {
		.targets = &s->discovery.targets,
		.progs = {.prog_for = programs_for, .arg = &s->programs},
		.features = &s->features,
		.stop = &stop_flag,
		.progress = progress_show,
		.progress_arg = &progress,
	};
	size_t nr;
	int ret;

	if (s->discovery.backend->slow_detach)
		attach_wait_for_others(&stop_flag);
	nr = attach_remove_leftovers(&s->features);
	if (nr)
		log_info("removed %zu kprobe event%s that a killed skbtrail had left behind", nr,
			 plural(nr));
	progress_init(&progress);
	ret = s->discovery.backend->attach(&ctx, &s->attachment, err);
	progress_end(&progress);
	if (!ret && (s->o->filter_trace_tc || s->o->filter_trace_xdp))
		ret = prog_trace_open(&s->prog_trace, s->o->filter_trace_tc, s->o->filter_trace_xdp,
				      &s->programs, err);
	return ret;
}

/* Measured types come with a table of tracepoints; those missing from this kernel do not count. */
static size_t nr_not_attached(const struct session *s)
{
	size_t nr = 0;

	for (size_t i = 0; i < s->discovery.targets.nr; i++) {
		int status = s->discovery.targets.t[i].status;

		nr += status && (status != -ENOENT || s->discovery.types.source != TYPES_MEASURED);
	}
	return nr;
}

/*
 * Linux 6.12 on riscv64 implements bpf_get_smp_processor_id() only in the JIT, which Debian
 * disables: interpreted programs get CPU 0 on all CPUs.
 */
static void warn_interpreter(void)
{
#if defined(__riscv)
	if (number_in_file("/proc/sys/net/core/bpf_jit_enable") == 0)
		log_warn("BPF programs are interpreted: all events may show CPU 0, and be lost if "
			 "there is no ring buffer; sysctl net.core.bpf_jit_enable=1");
#endif
}

static void log_not_shown(const struct session *s)
{
	unsigned int views = config_views(&s->config, s->discovery.backend->tracepoints);
	char words[512];

	views = fields_not_shown(views, s->discovery.types.btfs, s->discovery.types.nr);
	if (views)
		log_info("not shown on this kernel: %s; --check says why",
			 fields_view_words(views, words, sizeof(words)));
}

static void log_attached(const struct session *s)
{
	bool tracepoints = s->discovery.backend->tracepoints;
	const char *what = tracepoints ? "tracepoint" : "function";
	size_t nr = s->attachment.nr_attached, nr_failed = nr_not_attached(s);

	warn_interpreter();
	log_not_shown(s);
	if (s->config.entries_lack)
		log_info("--output-conntrack does not tell %s", s->config.entries_lack);
	discovery_log_left_out(&s->discovery);
	if (s->o->filter_track_skb)
		follow_warn_missing(&s->discovery.targets, tracepoints);
	for (size_t i = 0; i < s->discovery.targets.nr; i++)
		if (s->discovery.targets.t[i].status)
			log_verbose("not attached '%s': %s", s->discovery.targets.t[i].name,
				    s->discovery.targets.t[i].why);
	if (nr_failed)
		log_info("attached to %zu %s%s (%s), but not to %zu%s", nr, what, plural(nr),
			 s->discovery.backend->name, nr_failed,
			 log_level < LOG_VERBOSE ? " (--verbose names them)" : "");
	else
		log_info("attached to %zu %s%s (%s)", nr, what, plural(nr),
			 s->discovery.backend->name);
}

/* ---- output ---- */

/* Of this trace. */
static struct record_meta meta_of(const struct options *o)
{
	struct record_meta meta = {.version = SKBTRAIL_VERSION,
				   .realtime_off = clock_realtime_off(),
				   .shown = output_fields_of(o)};
	struct utsname uts;

	meta.started = clock_now() + meta.realtime_off;
	if (!uname(&uts)) {
		snprintf(meta.hostname, sizeof(meta.hostname), "%s", uts.nodename);
		snprintf(meta.release, sizeof(meta.release), "%s", uts.release);
		snprintf(meta.machine, sizeof(meta.machine), "%s", uts.machine);
	}
	return meta;
}

static int open_record(struct session *s, const struct record_meta *meta)
{
	FILE *f;

	if (options_write_pcapng(s->o))
		return sinks_open_pcapng(&s->sink, &s->aside, s->o, &s->outfile, meta);
	f = outfile_stream(&s->outfile);
	return f ? sink_record_open(&s->sink, f, meta, &s->names) : -ENOMEM;
}

/* The file is truncated only now that nothing else can prevent the trace. */
static int open_sink(struct session *s, struct err *err)
{
	const struct record_meta meta = meta_of(s->o);
	int ret = outfile_begin(&s->outfile, err);

	if (!ret)
		ret = story_output_begin(&s->aside.files, err);
	if (ret)
		return ret;
	if (s->o->record)
		ret = open_record(s, &meta);
	else
		ret = sinks_open(&s->sink, &s->aside, s->o, &s->outfile, &meta, err);
	if (!ret)
		ret = sinks_open_aside(&s->sink, &s->aside, s->o, &meta, err);
	if (ret)
		return err_sys(err, ret, "cannot open the output");
	return s->sink->ops->header(s->sink);
}

/* file_failed: outfile.failed; if set, standard output is written to instead. */
static int output_failed(const struct options *o, const struct story_output *files, int file_failed,
			 int ret, struct err *err)
{
	const char *path;

	if (!story_output_failed(files, o, &path))
		path = file_failed ? NULL : options_output_path(o);
	if (ret == -EPIPE && !path)
		return file_failed ? file_failed : ret;
	if (path)
		err_sys(err, ret, "cannot write to '%s'", path);
	else
		err_sys(err, ret, "cannot write to standard output");
	if (ret == -ENOSPC)
		err_hint(err,
			 path ? "the output so far is kept; choose a file on another disk"
			      : "the disk it is written to is full; the output so far is kept");
	return ret;
}

static void log_untracked(uint64_t nr)
{
	if (nr)
		log_warn("%" PRIu64 " time%s a packet could not be followed: the table was full "
			 "(--filter-track-size)",
			 nr, plural(nr));
}

/* ---- the runs ---- */

static void recover_setting(const struct setting *s)
{
	if (setting_recover(s))
		log_info("restored '%s', which a killed skbtrail had left changed", s->path);
}

static bool session_in_hurry(void *arg)
{
	const struct session *s = arg;

	return pipeline_in_hurry(s->pipeline);
}

static int open_explain(struct session *s, struct err *err)
{
	const struct ksyms *ks = s->discovery.ksyms;
	struct ksym sym;
	struct explain_opts opts = {
		.roots = &netns_roots,
		.hurry = {session_in_hurry, s},
		.verdicts = s->o->output_verdict,
		.rule_text = s->o->output_rule,
		.routes = s->o->output_route,
		.has.nftables = ksyms_by_name(ks, "nft_do_chain", false, 0, &sym),
		.has.ebtable_tables =
			ksyms_by_name(ks, "frame_filter_net_exit", false, 0, &sym) && !sym.module,
		.has.nfnetlink_hook =
			ksyms_by_name(ks, "nfnl_hook_dump", false, 0, &sym) && !sym.module,
		.has.br_netfilter = ksyms_by_name(ks, "br_nf_pre_routing", false, 0, &sym),
		.has_tcp_diag = ksyms_by_name(ks, "tcp_diag_dump", false, 0, &sym),
		.has_udp_diag = ksyms_by_name(ks, "udp_diag_dump", false, 0, &sym),
		.has_vlan = !fields_require(FIELD_VLAN, s->discovery.types.btfs,
					    s->discovery.types.nr, NULL),
		.has_dev = !fields_not_shown(VIEW_IFACE, s->discovery.types.btfs,
					     s->discovery.types.nr),
	};

	if (!s->o->output_why)
		return 0;
	if (explain_open(&s->explain, &opts))
		return err_set(err, -ENOMEM, "out of memory for explanations");
	return 0;
}

/* Everything up to tracing the first packet. */
static int session_start(struct session *s, struct err *err)
{
	int ret;

	s->stop_fd = stop_catch(err);
	if (s->stop_fd < 0)
		return s->stop_fd;
	ret = config_open(&s->config, s->o, err);
	if (!ret)
		ret = open_files(s, err);
	if (ret)
		return ret;
	recover_setting(&setting_rcu_expedited);
	recover_setting(&setting_kprobes_optimization);
	ret = discovery_features(&s->features, s->o, err);
	if (module_watch_open(&s->watch) < 0)
		log_verbose("modules loaded later will not be reported");
	if (!ret)
		ret = discovery_open(&s->discovery, s->o, &s->features, err);
	if (!ret && s->discovery.backend->tracepoints)
		module_watch_close(&s->watch);
	if (!ret)
		ret = config_resolve(&s->config, &s->discovery, &s->features, err);
	if (!ret)
		ret = reasons_load(&s->reasons, &s->discovery.types,
				   features_has(&s->features, FEAT_TRACEFS), err);
	if (!ret && s->reasons.nr)
		discovery_add_reason(&s->discovery);
	if (!ret)
		ret = programs_open(&s->programs, s->discovery.backend, s->discovery.types.btfs,
				    s->discovery.types.nr, &s->features, &s->config.prog,
				    s->o->ring_sz, s->o->verifier_log, err);
	if (!ret)
		ret = open_ring(s, err);
	if (!ret)
		advice_on_filters(s->o);
	if (!ret)
		ret = attach(s, err);
	if (ret)
		return ret;
	log_attached(s);
	programs_finish(&s->programs);
	if (s->o->output_netns_names)
		ret = netns_names_open(&s->netns_names, &netns_roots, err);
	if (!ret)
		ret = open_explain(s, err);
	if (ret)
		return ret;
	if (!config_keeps_types(&s->config))
		discovery_trim(&s->discovery);
	s->live = (struct kernel_names){
		.targets = &s->discovery.targets,
		.prog_trace = &s->prog_trace,
		.ksyms = s->discovery.ksyms,
		.reasons = &s->reasons,
		.types = &s->discovery.types,
		.config = &s->config.prog,
		.stacks_fd = s->programs.maps.fd[MAP_STACK_TRACES],
		.netns = s->netns_names,
		.entries = s->o->output_conntrack ? &s->config.entries : NULL,
		.explain = s->explain ? explain_event : NULL,
		.explain_arg = s->explain,
	};
	s->names = kernel_names(&s->live);
	return open_sink(s, err);
}

static void warn_module(void *arg, const char *name)
{
	log_warn("module '%s' was loaded after the start: its functions are not traced", name);
}

static void read_module_events(void *arg)
{
	struct session *s = arg;

	module_watch_read(&s->watch, warn_module, s);
}

/* How long to wait for events at most, if the trace ends then; -1: for ever. */
static int wait_ms(bool ticks, uint64_t until)
{
	uint64_t most = ticks ? TICK_MS : WAIT_MS, now = clock_now();

	if (until == UINT64_MAX)
		return ticks ? TICK_MS : -1;
	if (now >= until)
		return 0;
	return until - now < most * 1000000 ? (until - now + 999999) / 1000000 : most;
}

/* Of a terminal; what was lost did not even get there. */
static void note_lines(struct session *s)
{
	struct pipeline_stats stats;

	pipeline_stats(s->pipeline, &stats);
	if (advice_note(&s->advice, out_pos(s->sink->out) / USUAL_LINE_SZ + stats.lost,
			clock_now()))
		advice_on_flood(s->o);
}

static int session_loop(struct session *s, struct err *err)
{
	struct pipeline_opts opts = {
		.ring = s->ring,
		.ring_sz = s->ring_sz,
		.names = &s->names,
		.sink = s->sink,
		.limit = s->o->output_limit_lines,
		.nr_packets = sinks_nr_packets(s->o),
		.hide_repeats = sinks_hide_repeats(s->o),
		.own_tgid = (uint32_t)getpid(),
		.nr_parts = prog_config_nr_parts(&s->config.prog, &s->features),
		.aux_fd = s->watch.fd,
		.aux_fn = read_module_events,
		.aux_arg = s,
		.out_fd = options_use_stdout(s->o) ? STDOUT_FILENO : -1,
	};
	uint64_t until = UINT64_MAX;
	struct trail_stats counts;
	bool is_read = advice_is_wanted(s->o);
	int ret, ended;

	ret = pipeline_open(&s->pipeline, &opts, err);
	if (!ret)
		ret = ready_file_create(&s->ready_file, err);
	if (ret)
		return ret;
	if (s->o->duration)
		until = clock_now() + s->o->duration;
	do {
		bool ticks = options_tell_stories(s->o);

		if (s->explain)
			ticks |= explain_tick(s->explain);

		ret = pipeline_poll(s->pipeline, s->stop_fd, wait_ms(ticks, until));
		if (is_read)
			note_lines(s);
	} while (ret > 0 && !stop_flag && clock_now() < until);
	/* All probes must be detached before the remaining events are read. */
	programs_stop(&s->programs);
	attachment_close(&s->attachment);
	prog_trace_detach(&s->prog_trace);
	programs_stats(&s->programs, &counts);
	ended = pipeline_finish(s->pipeline, counts.sent);
	pipeline_stats(s->pipeline, &s->stats);
	s->nr_untracked = counts.untracked;
	return ret < 0 ? ret : ended;
}

static int session_end(struct session *s, int ret)
{
	int closed = 0;

	programs_stop(&s->programs);
	attachment_close(&s->attachment);
	prog_trace_release(&s->prog_trace);
	pipeline_close(s->pipeline);
	if (s->sink)
		closed = s->sink->ops->close(s->sink);
	ring_close(s->ring);
	programs_release(&s->programs);
	reasons_release(&s->reasons);
	netns_names_close(s->netns_names);
	explain_close(s->explain);
	module_watch_close(&s->watch);
	config_release(&s->config);
	discovery_release(&s->discovery);
	outfile_release(&s->outfile);
	ready_file_release(&s->ready_file);
	return ret ? ret : closed;
}

int session_trace(const struct options *o, struct err *err)
{
	struct session s = {.o = o, .watch = {.fd = -1}};
	bool running;
	int ret;

	prog_maps_init(&s.programs.maps);
	ret = session_start(&s, err);
	running = s.sink != NULL;
	if (!ret)
		ret = session_loop(&s, err);
	ret = session_end(&s, ret);
	if (ret == -EINTR && stop_flag) {
		log_info("stopped while attaching: nothing was traced");
		aside_release(&s.aside);
		return 0;
	}
	if (running) {
		/* said before, it has scrolled away */
		if (s.advice.is_due)
			advice_on_flood(o);
		log_untracked(s.nr_untracked);
		sinks_log_end(o, &s.aside, &s.stats, ret);
	}
	if (!ret && s.aside.err && s.aside.err != -EPIPE)
		ret = err_sys(err, s.aside.err, "cannot write the summary to standard output");
	if (!ret)
		ret = s.aside.files.err;
	if (ret && !err->code)
		ret = output_failed(o, &s.aside.files, s.outfile.failed, ret, err);
	aside_release(&s.aside);
	return ret ? ret : s.outfile.failed;
}

static int print_target(FILE *out, const struct target *t)
{
	const char *kind = t->by_stack ? "" : t->deref ? "**" : "*";
	char arg[4] = "?", addr[19] = "-";

	if (t->by_stack)
		strcpy(arg, "-");
	else if (t->skb_reg != TARGET_ANY_ARG)
		snprintf(arg, sizeof(arg), "%u", t->skb_reg + 1U);
	if (t->addr)
		snprintf(addr, sizeof(addr), "0x%016" PRIx64, t->addr);
	return fprintf(out, "%-48s %-20s %3s %-2s %s\n", t->name, t->module ? t->module : "-", arg,
		       kind, addr);
}

int session_list(const struct options *o, struct err *err)
{
	struct features features;
	struct discovery d;
	int ret;

	ret = discovery_features(&features, o, err);
	if (!ret)
		ret = discovery_open(&d, o, &features, err);
	if (ret)
		return ret;
	printf("%-48s %-20s %3s %-2s %s\n", d.backend->tracepoints ? "TRACEPOINT" : "FUNCTION",
	       "MODULE", "ARG", "", "ADDRESS");
	for (size_t i = 0; i < d.targets.nr && ret >= 0; i++)
		if (!d.targets.t[i].silent)
			ret = print_target(stdout, &d.targets.t[i]);
	if (ret >= 0)
		ret = fflush(stdout);
	if (ret < 0)
		ret = -errno;
	discovery_log_left_out(&d);
	discovery_release(&d);
	return ret < 0 ? output_failed(o, &(struct story_output){0}, 0, ret, err) : 0;
}

static int replay_to(struct replay *replay, struct sink *sink, const struct options *o,
		     const struct aside *aside, struct err *err)
{
	struct pipeline_opts opts = {.names = replay_names(replay),
				     .sink = sink,
				     .limit = o->output_limit_lines,
				     .nr_packets = sinks_nr_packets(o),
				     .hide_repeats = sinks_hide_repeats(o),
				     .aux_fd = -1,
				     .out_fd = -1};
	struct pipeline_stats stats;
	struct pipeline *pipeline;
	int ret;

	ret = pipeline_open(&pipeline, &opts, err);
	if (ret)
		return ret;
	ret = sink->ops->header(sink);
	if (!ret)
		ret = pipeline_replay(pipeline, replay, err);
	pipeline_stats(pipeline, &stats);
	pipeline_close(pipeline);
	sinks_log_end(o, aside, &stats, ret);
	return ret;
}

static int open_replayed(struct sink **sink, struct aside *aside, const struct options *o,
			 struct outfile *of, const struct record_meta *meta, struct err *err)
{
	return options_write_pcapng(o) ? sinks_open_pcapng(sink, aside, o, of, meta)
				       : sinks_open(sink, aside, o, of, meta, err);
}

int session_replay(const struct options *o, struct err *err)
{
	const char *path = options_file(o->replay), *name = path ? path : "standard input";
	struct record_meta meta;
	struct replay *replay;
	struct outfile outfile = {0};
	struct sink *sink = NULL;
	struct aside aside = {0};
	FILE *in = path ? fopen(path, "re") : stdin;
	int ret, closed = 0;

	if (!in)
		return err_sys(err, -errno, "cannot open record '%s'", name);
	if (!path && isatty(STDIN_FILENO))
		return err_set(err, -EINVAL, "--replay: standard input is a terminal");
	ret = replay_open(&replay, in, &meta, err);
	if (ret) {
		err_prefix(err, "'%s'", name);
		return ret;
	}
	meta.shown = output_fields_replayed(o, &meta.shown);
	ret = open_outfile(&outfile, o, err);
	if (!ret)
		ret = story_output_open(&aside.files, o, err);
	if (!ret && (outfile_is(&outfile, in) || story_output_is(&aside.files, in)))
		ret = err_set(err, -EINVAL, "the output would overwrite the record");
	if (!ret)
		ret = outfile_begin(&outfile, err);
	if (!ret)
		ret = story_output_begin(&aside.files, err);
	if (!ret)
		ret = open_replayed(&sink, &aside, o, &outfile, &meta, err);
	if (!ret)
		ret = sinks_open_aside(&sink, &aside, o, &meta, err);
	if (!ret)
		ret = replay_to(replay, sink, o, &aside, err);
	if (sink)
		closed = sink->ops->close(sink);
	outfile_release(&outfile);
	replay_close(replay);
	ret = ret ? ret : closed ? closed : aside.files.err;
	if (ret && err->code)
		err_prefix(err, "'%s'", name);
	else if (ret)
		ret = output_failed(o, &aside.files, outfile.failed, ret, err);
	aside_release(&aside);
	return ret ? ret : outfile.failed;
}
