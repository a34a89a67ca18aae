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
#include "types/measure/told.h"

/* Everything the child holds. */
struct measuring {
	struct sample_env env;
	struct translated told;
	struct known known;
	struct ksyms *ksyms; /* NULL: the caller's are used */
	struct traffic traffic;
	struct evidence *e;
	struct places places[LAYOUT_NR];
};

/* ---- one look ---- */

/* Chunks to copy, and where in a struct seen each goes. */
struct look {
	enum sample_place place;
	struct sample_chunk chunks[SAMPLE_MAX_CHUNKS];
	size_t to[SAMPLE_MAX_CHUNKS];
	size_t nr;
};

/* sz bytes behind the pointers to seen + to. What does not fit any more is left out. */
static void look_at(struct look *l, unsigned int nr_hops, uint16_t hop0, uint16_t hop1, size_t to,
		    size_t sz)
{
	for (size_t off = 0; off < sz && l->nr < SAMPLE_MAX_CHUNKS; off += SAMPLE_CHUNK_SZ) {
		l->chunks[l->nr] =
			(struct sample_chunk){.nr_hops = nr_hops, .hop = {hop0, hop1}, .off = off};
		l->to[l->nr++] = to + off;
	}
}

/* Did this look see the packet? */
static bool *was_seen(struct seen *s, enum sample_place place)
{
	switch (place) {
	case SAMPLE_RX:
		return &s->rx;
	case SAMPLE_TCP:
		return &s->tcp;
	default:
		return &s->xmit;
	}
}

static int see_packet(struct measuring *m, struct sampler *sampler, const struct look *look,
		      size_t idx, struct err *err)
{
	static uint8_t bytes[SAMPLE_MAX_CHUNKS * SAMPLE_CHUNK_SZ];
	struct seen *s = &m->e->seen[idx];
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
	for (size_t i = 0; i < look->nr; i++)
		memcpy((uint8_t *)s + look->to[i], bytes + i * SAMPLE_CHUNK_SZ, SAMPLE_CHUNK_SZ);
	*was_seen(s, look->place) = true;
	return 0;
}

/* Is there a packet of this number, and does it come by the place? */
static bool comes_by(const struct packet *p, enum sample_place place)
{
	if (!p->family)
		return false;
	return place != SAMPLE_TCP || p->tcp_flags;
}

static int take_look(struct measuring *m, const struct look *look, struct err *err)
{
	struct sampler sampler;
	int ret = sampler_open(&sampler, &m->env, look->place, look->chunks, look->nr, err);

	if (ret)
		return ret;
	for (size_t i = 0; i < m->e->nr && !ret; i++) {
		*was_seen(&m->e->seen[i], look->place) = false;
		if (comes_by(m->e->seen[i].packet, look->place))
			ret = see_packet(m, &sampler, look, i, err);
	}
	sampler_close(&sampler);
	return ret;
}

#define SEEN(member) offsetof(struct seen, member)

static void look_at_skb(struct look *l)
{
	*l = (struct look){.place = SAMPLE_XMIT};
	look_at(l, 0, 0, 0, SEEN(skb), SEEN_SKB_SZ);
}

static void look_at_pointees(struct look *l, const struct evidence *e)
{
	look_at_skb(l);
	for (size_t i = 0; i < e->slots.nr; i++)
		look_at(l, 1, e->slots.off[i], 0, SEEN(pointee) + i * SEEN_POINTEE_SZ,
			SEEN_POINTEE_SZ);
}

static void look_at_dev_and_sk(struct look *l, const struct evidence *e, int dev, int sk)
{
	look_at_skb(l);
	if (dev >= 0)
		look_at(l, 1, dev, 0, SEEN(dev), SEEN_DEV_SZ);
	if (sk < 0)
		return;
	look_at(l, 1, sk, 0, SEEN(sk), SEEN_SK_SZ);
	for (size_t i = 0; i < e->sk_slots.nr; i++)
		look_at(l, 2, sk, e->sk_slots.off[i], SEEN(sk_pointee) + i * SEEN_POINTEE_SZ,
			SEEN_POINTEE_SZ);
}

/* ---- all of them ---- */

static int find_buffers(struct measuring *m, struct look *l, struct err *err)
{
	int ret;

	look_at_skb(l);
	ret = take_look(m, l, err);
	if (!ret && deduce_slots(m->e))
		ret = err_set(err, -ENODATA, "no test packet was seen");
	if (ret)
		return ret;
	look_at_pointees(l, m->e);
	ret = take_look(m, l, err);
	if (!ret && deduce_skb(m->e, m->places))
		ret = err_set(err, -ENODATA, "the buffers of test packets were not found");
	return ret;
}

static bool is_settled(const struct measuring *m, enum layout_member which)
{
	struct layout l;

	layout_settle(&l, m->places, &m->told);
	return layout_has(&l, which);
}

static int look_at_devices(struct measuring *m, struct look *l, struct err *err)
{
	struct sampler sampler;
	uint64_t addr;
	int ret;

	*l = (struct look){.place = SAMPLE_DEV};
	look_at(l, 0, 0, 0, 0, SEEN_DEV_SZ);
	ret = sampler_open(&sampler, &m->env, l->place, l->chunks, l->nr, err);
	if (ret)
		return ret;
	for (size_t i = 0; i < m->e->nr_devices && !ret; i++) {
		struct seen_device *d = &m->e->devices[i];

		ret = sampler_arm(&sampler);
		if (!ret && !traffic_ask(&m->traffic, i))
			d->seen = !sampler_fetch(&sampler, &addr, d->memory);
	}
	sampler_close(&sampler);
	return ret;
}

/* Where the kernel tells nothing by itself. */
static void look_at_filter(struct measuring *m)
{
	const struct seen *s = &m->e->seen[TOLD_PACKET];
	struct err why = ERR_INIT;
	int sk = place_of(&m->places[SKB_SK]);

	if (sk < 0 || !s->xmit)
		return;
	if (told_from_memory(&m->told, &m->env, &m->traffic, s, sk, &why))
		log_verbose("reading a filter from memory: %s", why.msg);
}

/* What is not needed by all, or known already, goes without where it fails. */
static void look_further(struct measuring *m, struct look *l)
{
	struct err why = ERR_INIT;
	int data = place_of(&m->places[SKB_DATA]);

	if (!is_settled(m, SKB_LEN)) {
		*l = (struct look){.place = SAMPLE_RX};
		look_at(l, 0, 0, 0, SEEN(rx_skb), SEEN_SKB_SZ);
		if (take_look(m, l, &why))
			log_verbose("measuring the length: %s", why.msg);
		deduce_len(m->e, m->places);
	}
	if (m->env.backend->tracepoints)
		return;
	err_clear(&why);
	*l = (struct look){.place = SAMPLE_TCP};
	look_at(l, 0, 0, 0, SEEN(tcp_skb), SEEN_SKB_SZ);
	look_at(l, 1, data, 0, SEEN(tcp_head), SEEN_TCP_SZ);
	if (take_look(m, l, &why))
		log_verbose("measuring TCP's notes: %s", why.msg);
	deduce_tcp_cb(m->e, m->places);
	if (is_settled(m, DEV_IFINDEX) && is_settled(m, DEV_TYPE))
		return;
	err_clear(&why);
	if (look_at_devices(m, l, &why))
		log_verbose("measuring devices: %s", why.msg);
	deduce_devices(m->e, m->places);
}

static int look(struct measuring *m, struct err *err)
{
	static struct look l;
	int ret = find_buffers(m, &l, err);

	if (ret)
		return ret;
	look_at_dev_and_sk(&l, m->e, place_of(&m->places[SKB_DEV]), place_of(&m->places[SKB_SK]));
	ret = take_look(m, &l, err);
	if (ret)
		return ret;
	deduce_dev_and_sk(m->e, m->places);
	if (!features_has(m->env.features, FEAT_TRANSLATED))
		look_at_filter(m);
	look_further(m, &l);
	return 0;
}

static int choose_backend(struct measuring *m, const struct features *f, struct err *err)
{
	const char *why;

	m->env = (struct sample_env){.features = f, .known = &m->known};
	for (size_t i = 0; backends[i] && !m->env.backend; i++)
		if (!backend_usable(backends[i], f, &why))
			m->env.backend = backends[i];
	if (m->env.backend)
		return 0;
	err_set(err, -ENOTSUP, "no program can be attached");
	err_hint(err, "skbtrail --check says what is missing");
	return -ENOTSUP;
}

static int prepare(struct measuring *m, const struct features *f, const struct ksyms *ksyms,
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
		return err_set(err, -ENOMEM, "no memory for measuring");
	if (features_has(f, FEAT_TRANSLATED))
		translated_read(&m->told);
	ret = traffic_open(&m->traffic, err);
	if (ret)
		return ret;
	if (!features_has(f, FEAT_TRANSLATED))
		told_prepare(&m->traffic);
	m->e->netns = m->traffic.netns;
	m->e->nr = m->traffic.nr;
	for (size_t i = 0; i < m->e->nr; i++)
		m->e->seen[i].packet = &m->traffic.packets[i];
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

/* Programs know the child by its name, which no other task has. */
static void child(const struct features *f, const struct ksyms *ksyms, struct result *r)
{
	static struct measuring m;
	struct err err = ERR_INIT;
	char name[16];
	int ret;

	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	snprintf(name, sizeof(name), "skbtm%d", (int)getpid());
	prctl(PR_SET_NAME, name);
	ret = prepare(&m, f, ksyms, &err);
	if (!ret) {
		ret = look(&m, &err);
		layout_settle(&r->layout, m.places, &m.told);
		traffic_close(&m.traffic);
	}
	r->err = err;
	r->ret = ret;
}

/* A process of its own: whatever happens to it, its namespace and probes go with it. */
static int run_child(const struct features *f, const struct ksyms *ksyms, struct result *r,
		     struct err *err)
{
	pid_t pid;

	r->ret = err_set(&r->err, -ECHILD, "the process that measures ended early");
	pid = fork();
	if (pid < 0)
		return err_sys(err, -errno, "cannot make a process");
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
	/* Shared with the child, which fills it in. */
	struct result *r =
		mmap(NULL, sizeof(*r), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int ret;

	if (r == MAP_FAILED)
		return err_sys(err, -errno, "cannot measure where the kernel keeps things");
	ret = run_child(features, ksyms, r, err);
	if (ret)
		err_prefix(err, "cannot measure where the kernel keeps things");
	else
		*l = r->layout;
	munmap(r, sizeof(*r));
	return ret;
}
