// SPDX-License-Identifier: GPL-2.0-only
#include "types/measure/measure.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "types/measure/deduce.h"
#include "types/measure/filter_memory.h"

/* State of the child. */
struct measurement {
	struct sample_env env;
	struct translated reported;
	struct known known;
	struct ksyms *ksyms; /* NULL: use the caller's */
	struct traffic traffic;
	struct evidence *e;
	struct places places[LAYOUT_NR];
};

/* ---- one pass ---- */

/* The chunks to copy in one pass, and for each its offset in struct packet_sample. */
struct pass {
	enum sample_point point;
	struct sample_chunk chunks[SAMPLE_MAX_CHUNKS];
	size_t to[SAMPLE_MAX_CHUNKS];
	size_t nr;
};

/* Add sz bytes behind nr_hops pointers, to be stored at `to`, as far as chunks are left. */
static void add_chunks(struct pass *p, unsigned int nr_hops, uint16_t hop0, uint16_t hop1,
		       size_t to, size_t sz)
{
	for (size_t off = 0; off < sz && p->nr < SAMPLE_MAX_CHUNKS; off += SAMPLE_CHUNK_SZ) {
		p->chunks[p->nr] =
			(struct sample_chunk){.nr_hops = nr_hops, .hop = {hop0, hop1}, .off = off};
		p->to[p->nr++] = to + off;
	}
}

/* The flag for packets sampled at a point. */
static bool *sampled_flag(struct packet_sample *s, enum sample_point point)
{
	switch (point) {
	case SAMPLE_RX:
		return &s->rx;
	case SAMPLE_TCP:
		return &s->tcp;
	default:
		return &s->xmit;
	}
}

static int sample_packet(struct measurement *m, struct sampler *sampler, const struct pass *pass,
			 size_t idx, struct err *err)
{
	static uint8_t bytes[SAMPLE_MAX_CHUNKS * SAMPLE_CHUNK_SZ];
	struct packet_sample *s = &m->e->samples[idx];
	int ret = sampler_arm(sampler);

	if (!ret)
		ret = traffic_send(&m->traffic, idx, err);
	if (ret)
		return ret;
	ret = sampler_fetch(sampler, &s->addr, bytes);
	if (ret == -ENODATA)
		return 0;
	if (ret)
		return err_sys(err, ret, "cannot read a BPF map");
	for (size_t i = 0; i < pass->nr; i++)
		memcpy((uint8_t *)s + pass->to[i], bytes + i * SAMPLE_CHUNK_SZ, SAMPLE_CHUNK_SZ);
	*sampled_flag(s, pass->point) = true;
	return 0;
}

/* True if the packet is sent, and passes the point. */
static bool passes_point(const struct packet *p, enum sample_point point)
{
	if (!p->family)
		return false;
	return point != SAMPLE_TCP || p->tcp_flags;
}

static int run_pass(struct measurement *m, const struct pass *pass, struct err *err)
{
	struct sampler sampler;
	int ret = sampler_open(&sampler, &m->env, pass->point, pass->chunks, pass->nr, err);

	if (ret)
		return ret;
	for (size_t i = 0; i < m->e->nr && !ret; i++) {
		*sampled_flag(&m->e->samples[i], pass->point) = false;
		if (passes_point(m->e->samples[i].packet, pass->point))
			ret = sample_packet(m, &sampler, pass, i, err);
	}
	sampler_close(&sampler);
	return ret;
}

#define IN_SAMPLE(member) offsetof(struct packet_sample, member)

static void plan_skb(struct pass *p)
{
	*p = (struct pass){.point = SAMPLE_XMIT};
	add_chunks(p, 0, 0, 0, IN_SAMPLE(skb), SAMPLE_SKB_SZ);
}

static void plan_pointees(struct pass *p, const struct evidence *e)
{
	plan_skb(p);
	for (size_t i = 0; i < e->slots.nr; i++)
		add_chunks(p, 1, e->slots.off[i], 0, IN_SAMPLE(pointee) + i * SAMPLE_POINTEE_SZ,
			   SAMPLE_POINTEE_SZ);
}

static void plan_dev_and_sk(struct pass *p, const struct evidence *e, int dev, int sk)
{
	plan_skb(p);
	if (dev >= 0)
		add_chunks(p, 1, dev, 0, IN_SAMPLE(dev), SAMPLE_DEV_SZ);
	if (sk < 0)
		return;
	add_chunks(p, 1, sk, 0, IN_SAMPLE(sk), SAMPLE_SK_SZ);
	for (size_t i = 0; i < e->sk_slots.nr; i++)
		add_chunks(p, 2, sk, e->sk_slots.off[i],
			   IN_SAMPLE(sk_pointee) + i * SAMPLE_POINTEE_SZ, SAMPLE_POINTEE_SZ);
}

/* ---- all passes ---- */

static int find_buffers(struct measurement *m, struct pass *p, struct err *err)
{
	int ret;

	plan_skb(p);
	ret = run_pass(m, p, err);
	if (!ret && deduce_slots(m->e))
		ret = err_set(err, -ENODATA, "no test packet passed the probes");
	if (ret)
		return ret;
	plan_pointees(p, m->e);
	ret = run_pass(m, p, err);
	if (!ret && deduce_skb(m->e, m->places))
		ret = err_set(err, -ENODATA, "cannot find the buffers of test packets");
	return ret;
}

static bool is_known(const struct measurement *m, enum layout_member which)
{
	struct layout l;

	layout_merge(&l, m->places, &m->reported);
	return layout_has(&l, which);
}

static int sample_devices(struct measurement *m, struct pass *p, struct err *err)
{
	struct sampler sampler;
	uint64_t addr;
	int ret;

	*p = (struct pass){.point = SAMPLE_DEV};
	add_chunks(p, 0, 0, 0, 0, SAMPLE_DEV_SZ);
	ret = sampler_open(&sampler, &m->env, p->point, p->chunks, p->nr, err);
	if (ret)
		return ret;
	for (size_t i = 0; i < m->e->nr_devices && !ret; i++) {
		struct device_sample *d = &m->e->devices[i];

		ret = sampler_arm(&sampler);
		if (!ret && !traffic_query_device(&m->traffic, i))
			d->seen = !sampler_fetch(&sampler, &addr, d->memory);
	}
	sampler_close(&sampler);
	return ret;
}

static int sample_tagged(struct measurement *m, const struct pass *p, int fd, struct err *err)
{
	struct sampler sampler;
	uint64_t addr;
	int ret = sampler_open(&sampler, &m->env, p->point, p->chunks, p->nr, err);

	if (ret)
		return ret;
	for (size_t i = 0; i < TAGGED_NR && !ret; i++) {
		struct tagged_sample *s = &m->e->tagged[i];

		ret = tagged_send(fd, i);
		if (!ret)
			ret = sampler_arm(&sampler);
		if (ret)
			err_sys(err, ret, "cannot send tagged packet %zu", i);
		else if (!tagged_receive(fd, i))
			s->seen = !sampler_fetch(&sampler, &addr, s->skb);
	}
	sampler_close(&sampler);
	return ret;
}

/* For kernels that have no filters in BPF (3.19), which report these offsets. */
static void measure_vlan(struct measurement *m, struct pass *p)
{
	struct err why = ERR_INIT;
	int fd = tagged_open(), ret = fd;

	*p = (struct pass){.point = SAMPLE_COPY};
	add_chunks(p, 0, 0, 0, 0, SAMPLE_SKB_SZ);
	if (fd < 0)
		err_sys(&why, fd, "cannot open a packet socket");
	else
		ret = sample_tagged(m, p, fd, &why);
	if (ret)
		log_verbose("cannot measure sk_buff.vlan_tci: %s", why.msg);
	if (fd >= 0)
		close(fd);
	deduce_vlan(m->e, m->places);
}

/* For kernels that do not report offsets. */
static void read_filter(struct measurement *m)
{
	const struct packet_sample *s = &m->e->samples[FILTER_PACKET];
	struct err why = ERR_INIT;
	int sk = places_unique(&m->places[SKB_SK]);

	if (sk < 0 || !s->xmit)
		return;
	if (filter_read(&m->reported, &m->env, &m->traffic, s, sk, &why))
		log_verbose("cannot read a filter from memory: %s", why.msg);
}

/* Passes for members that are optional or may be known already; errors are not fatal. */
static void measure_rest(struct measurement *m, struct pass *p)
{
	struct err why = ERR_INIT;
	int data = places_unique(&m->places[SKB_DATA]);

	if (!is_known(m, SKB_LEN)) {
		*p = (struct pass){.point = SAMPLE_RX};
		add_chunks(p, 0, 0, 0, IN_SAMPLE(rx_skb), SAMPLE_SKB_SZ);
		if (run_pass(m, p, &why))
			log_verbose("cannot measure sk_buff.len: %s", why.msg);
		deduce_len(m->e, m->places);
	}
	if (!is_known(m, SKB_VLAN_TCI))
		measure_vlan(m, p);
	if (m->env.backend->tracepoints)
		return;
	err_clear(&why);
	*p = (struct pass){.point = SAMPLE_TCP};
	add_chunks(p, 0, 0, 0, IN_SAMPLE(tcp_skb), SAMPLE_SKB_SZ);
	add_chunks(p, 1, data, 0, IN_SAMPLE(tcp_head), SAMPLE_TCP_SZ);
	if (run_pass(m, p, &why))
		log_verbose("cannot measure tcp_skb_cb: %s", why.msg);
	deduce_tcp_cb(m->e, m->places);
	if (is_known(m, DEV_IFINDEX) && is_known(m, DEV_TYPE))
		return;
	err_clear(&why);
	if (sample_devices(m, p, &why))
		log_verbose("cannot measure net_device: %s", why.msg);
	deduce_devices(m->e, m->places);
}

static int measure_all(struct measurement *m, struct err *err)
{
	static struct pass p;
	int ret = find_buffers(m, &p, err);

	if (ret)
		return ret;
	plan_dev_and_sk(&p, m->e, places_unique(&m->places[SKB_DEV]),
			places_unique(&m->places[SKB_SK]));
	ret = run_pass(m, &p, err);
	if (ret)
		return ret;
	deduce_dev_and_sk(m->e, m->places);
	if (!features_has(m->env.features, FEAT_TRANSLATED))
		read_filter(m);
	measure_rest(m, &p);
	return 0;
}

static int choose_backend(struct measurement *m, const struct features *f, struct err *err)
{
	const char *why;

	m->env = (struct sample_env){
		.features = f, .known = &m->known, .kernel_start = kernel_start()};
	for (size_t i = 0; backends[i] && !m->env.backend; i++)
		if (!backend_usable(backends[i], f, &why))
			m->env.backend = backends[i];
	if (m->env.backend)
		return 0;
	err_set(err, -ENOTSUP, "no program can be attached");
	err_hint(err, "run skbtrail --check to see what is missing");
	return -ENOTSUP;
}

static int prepare(struct measurement *m, const struct features *f, const struct ksyms *ksyms,
		   struct err *err)
{
	int ret = choose_backend(m, f, err);

	if (!ret)
		ret = known_open(&m->known, err);
	if (!ret && !ksyms && !m->env.backend->tracepoints)
		ret = ksyms_load(&m->ksyms, NULL, err);
	if (ret)
		return ret;
	m->env.ksyms = ksyms ? ksyms : m->ksyms;
	m->e = calloc(1, sizeof(*m->e));
	if (!m->e)
		return err_set(err, -ENOMEM, "no memory for measuring types");
	if (features_has(f, FEAT_TRANSLATED))
		translated_read(&m->reported);
	ret = traffic_open(&m->traffic, err);
	if (ret)
		return ret;
	if (!features_has(f, FEAT_TRANSLATED))
		filter_attach(&m->traffic);
	m->e->netns = m->traffic.netns;
	m->e->nr = m->traffic.nr;
	for (size_t i = 0; i < m->e->nr; i++)
		m->e->samples[i].packet = &m->traffic.packets[i];
	m->e->nr_devices = m->traffic.nr_devices;
	for (size_t i = 0; i < m->e->nr_devices; i++)
		m->e->devices[i].device = &m->traffic.devices[i];
	return 0;
}

/* ---- the child ---- */

struct result {
	int ret;
	struct layout layout;
	struct err err;
};

/* The programs recognise the child by its unique name. */
static void child(const struct features *f, const struct ksyms *ksyms, struct result *r)
{
	static struct measurement m;
	struct err err = ERR_INIT;
	char name[16];
	int ret;

	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	snprintf(name, sizeof(name), "skbtm%d", (int)getpid());
	prctl(PR_SET_NAME, name);
	ret = prepare(&m, f, ksyms, &err);
	if (!ret) {
		ret = measure_all(&m, &err);
		layout_merge(&r->layout, m.places, &m.reported);
		traffic_close(&m.traffic);
	}
	r->err = err;
	r->ret = ret;
}

/* Use a separate process, so that namespace and probes go away even if it crashes. */
static int run_child(const struct features *f, const struct ksyms *ksyms, struct result *r,
		     struct err *err)
{
	pid_t pid;

	r->ret = err_set(&r->err, -ECHILD, "the measuring process ended early");
	pid = fork();
	if (pid < 0)
		return err_sys(err, -errno, "cannot create a process");
	if (!pid) {
		child(f, ksyms, r);
		_exit(0);
	}
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (r->ret)
		*err = r->err;
	return r->ret;
}

int measure_layout(struct layout *l, const struct features *features, const struct ksyms *ksyms,
		   struct err *err)
{
	/* Shared with the child, which writes it. */
	struct result *r =
		mmap(NULL, sizeof(*r), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int ret;

	if (r == MAP_FAILED)
		return err_sys(err, -errno, "cannot measure the layout of kernel structs");
	ret = run_child(features, ksyms, r, err);
	if (ret)
		err_prefix(err, "cannot measure the layout of kernel structs");
	else
		*l = r->layout;
	munmap(r, sizeof(*r));
	return ret;
}
