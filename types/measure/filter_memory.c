// SPDX-License-Identifier: GPL-2.0-only
#include "types/measure/filter_memory.h"

#include <errno.h>
#include <unistd.h>

#define FILTER_SZ      40   /* at least sizeof(struct sk_filter) */
#define PROG_SZ	       1024 /* struct bpf_prog including our instructions */
#define CHUNKS_OF_PROG (PROG_SZ / SAMPLE_CHUNK_SZ)
#define MAX_CANDIDATES (SAMPLE_MAX_CHUNKS / CHUNKS_OF_PROG)

int filter_attach(struct traffic *t)
{
	int fd = translated_load_filter(), ret;

	if (fd < 0)
		return fd;
	ret = traffic_filter(t, FILTER_PACKET, fd);
	close(fd);
	return ret;
}

/* Copy chunks of FILTER_PACKET, consecutively. */
static int copy_chunks(const struct sample_env *env, struct traffic *t,
		       const struct sample_chunk *chunks, size_t nr, uint8_t *bytes,
		       struct err *err)
{
	struct sampler s;
	uint64_t addr;
	int ret = sampler_open(&s, env, SAMPLE_XMIT, chunks, nr, err);

	if (ret)
		return ret;
	ret = sampler_arm(&s);
	if (!ret)
		ret = traffic_send(t, FILTER_PACKET, err);
	if (!ret)
		ret = sampler_fetch(&s, &addr, bytes);
	sampler_close(&s);
	return ret;
}

/* Chunks for all objects the socket points to. */
static size_t find_pointers(struct sample_chunk *chunks, const struct packet_sample *sample,
			    uint16_t sk_off)
{
	size_t nr = 0;

	for (size_t off = 0; off < SAMPLE_SK_SZ && nr < SAMPLE_MAX_CHUNKS; off += 8)
		if (is_kernel_pointer(u64_at(sample->sk, off), sample->addr))
			chunks[nr++] = (struct sample_chunk){.nr_hops = 2, .hop = {sk_off, off}};
	return nr;
}

/* Chunks for what the pointers in a possible struct sk_filter point to. */
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

int filter_read(struct translated *reported, const struct sample_env *env, struct traffic *t,
		const struct packet_sample *sample, uint16_t sk_off, struct err *err)
{
	static uint8_t bytes[SAMPLE_MAX_CHUNKS * SAMPLE_CHUNK_SZ];
	static struct sample_chunk chunks[SAMPLE_MAX_CHUNKS];
	struct sample_chunk progs[MAX_CANDIDATES];
	size_t nr = find_pointers(chunks, sample, sk_off), nr_progs;
	int ret;

	if (!nr)
		return 0;
	ret = copy_chunks(env, t, chunks, nr, bytes, err);
	if (ret)
		return ret;
	nr_progs = find_candidates(progs, chunks, nr, bytes, sample->addr);
	if (!nr_progs)
		return 0;
	for (size_t i = 0; i < nr_progs * CHUNKS_OF_PROG; i++) {
		chunks[i] = progs[i / CHUNKS_OF_PROG];
		chunks[i].off = i % CHUNKS_OF_PROG * SAMPLE_CHUNK_SZ;
	}
	ret = copy_chunks(env, t, chunks, nr_progs * CHUNKS_OF_PROG, bytes, err);
	for (size_t i = 0; i < nr_progs && !ret; i++)
		if (translated_find(reported, bytes + i * PROG_SZ, PROG_SZ))
			break;
	return ret;
}
