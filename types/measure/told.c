// SPDX-License-Identifier: GPL-2.0-only
#include "types/measure/told.h"

#include <errno.h>
#include <unistd.h>

#define FILTER_SZ      40   /* more than struct sk_filter has */
#define PROG_SZ	       1024 /* struct bpf_prog up to the end of our instructions */
#define CHUNKS_OF_PROG (PROG_SZ / SAMPLE_CHUNK_SZ)
#define MAX_CANDIDATES (SAMPLE_MAX_CHUNKS / CHUNKS_OF_PROG)

int told_prepare(struct traffic *t)
{
	int fd = translated_load_filter(), ret;

	if (fd < 0)
		return fd;
	ret = traffic_filter(t, TOLD_PACKET, fd);
	close(fd);
	return ret;
}

/* Copy chunks of the one packet, one behind the other. */
static int look(const struct sample_env *env, struct traffic *t, const struct sample_chunk *chunks,
		size_t nr, uint8_t *bytes, struct err *err)
{
	struct sampler s;
	uint64_t addr;
	int ret = sampler_open(&s, env, SAMPLE_XMIT, chunks, nr, err);

	if (ret)
		return ret;
	ret = sampler_arm(&s);
	if (!ret)
		ret = traffic_send(t, TOLD_PACKET, err);
	if (!ret)
		ret = sampler_fetch(&s, &addr, bytes);
	sampler_close(&s);
	return ret;
}

/* Pointers of the socket, from the skb on. */
static size_t find_pointers(struct sample_chunk *chunks, const struct seen *seen, uint16_t sk_off)
{
	size_t nr = 0;

	for (size_t off = 0; off < SEEN_SK_SZ && nr < SAMPLE_MAX_CHUNKS; off += 8)
		if (is_kernel_pointer(u64_at(seen->sk, off), seen->addr))
			chunks[nr++] = (struct sample_chunk){.nr_hops = 2, .hop = {sk_off, off}};
	return nr;
}

/* Of what they lead to, pointers in what may be a struct sk_filter. */
static size_t find_candidates(struct sample_chunk *progs, const struct sample_chunk *pointers,
			      size_t nr_pointers, const uint8_t *bytes, uint64_t skb)
{
	size_t nr = 0;

	for (size_t i = 0; i < nr_pointers; i++) {
		const uint8_t *mem = bytes + i * SAMPLE_CHUNK_SZ;

		if ((uint32_t)u64_at(mem, 0) != 1)
			continue;
		for (size_t off = 8; off < FILTER_SZ && nr < MAX_CANDIDATES; off += 8) {
			if (!is_kernel_pointer(u64_at(mem, off), skb))
				continue;
			progs[nr] = pointers[i];
			progs[nr].hop[progs[nr].nr_hops++] = off;
			nr++;
		}
	}
	return nr;
}

int told_from_memory(struct translated *told, const struct sample_env *env, struct traffic *t,
		     const struct seen *seen, uint16_t sk_off, struct err *err)
{
	static uint8_t bytes[SAMPLE_MAX_CHUNKS * SAMPLE_CHUNK_SZ];
	static struct sample_chunk chunks[SAMPLE_MAX_CHUNKS];
	struct sample_chunk progs[MAX_CANDIDATES];
	size_t nr = find_pointers(chunks, seen, sk_off), nr_progs;
	int ret;

	if (!nr)
		return 0;
	ret = look(env, t, chunks, nr, bytes, err);
	if (ret)
		return ret;
	nr_progs = find_candidates(progs, chunks, nr, bytes, seen->addr);
	if (!nr_progs)
		return 0;
	for (size_t i = 0; i < nr_progs * CHUNKS_OF_PROG; i++) {
		chunks[i] = progs[i / CHUNKS_OF_PROG];
		chunks[i].off = i % CHUNKS_OF_PROG * SAMPLE_CHUNK_SZ;
	}
	ret = look(env, t, chunks, nr_progs * CHUNKS_OF_PROG, bytes, err);
	for (size_t i = 0; i < nr_progs && !ret; i++)
		if (translated_find(told, bytes + i * PROG_SZ, PROG_SZ))
			break;
	return ret;
}
