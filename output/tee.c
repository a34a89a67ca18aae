// SPDX-License-Identifier: GPL-2.0-only
#include "output/tee.h"

#include <errno.h>
#include <stdlib.h>

struct tee {
	struct sink sink;
	struct sink *first, *second; /* owned */
	int *second_err;	     /* not owned */
};

/* Whether the second one still works. */
static bool has_second(const struct tee *t)
{
	return !*t->second_err;
}

static void keep(struct tee *t, int ret)
{
	if (ret < 0 && has_second(t))
		*t->second_err = ret;
}

static int tee_header(struct sink *sink)
{
	struct tee *t = (struct tee *)sink;
	int ret = t->first->ops->header(t->first);

	keep(t, t->second->ops->header(t->second));
	return ret;
}

static int tee_event(struct sink *sink, const struct trace_event *te, uint64_t age)
{
	struct tee *t = (struct tee *)sink;

	if (has_second(t))
		keep(t, t->second->ops->event(t->second, te, age));
	return t->first->ops->event(t->first, te, age);
}

static int tee_lost(struct sink *sink, uint64_t nr)
{
	struct tee *t = (struct tee *)sink;

	if (has_second(t))
		keep(t, t->second->ops->lost(t->second, nr));
	return t->first->ops->lost(t->first, nr);
}

static int tee_flush(struct sink *sink)
{
	struct tee *t = (struct tee *)sink;

	if (has_second(t))
		keep(t, t->second->ops->flush(t->second));
	return t->first->ops->flush(t->first);
}

static int tee_tick(struct sink *sink, uint64_t now)
{
	struct tee *t = (struct tee *)sink;

	if (has_second(t) && t->second->ops->tick)
		keep(t, t->second->ops->tick(t->second, now));
	return t->first->ops->tick ? t->first->ops->tick(t->first, now) : 0;
}

static int tee_finish(struct sink *sink)
{
	struct tee *t = (struct tee *)sink;

	if (has_second(t) && t->second->ops->finish)
		keep(t, t->second->ops->finish(t->second));
	return t->first->ops->finish ? t->first->ops->finish(t->first) : 0;
}

static int tee_close(struct sink *sink)
{
	struct tee *t = (struct tee *)sink;
	int ret = t->first->ops->close(t->first);

	keep(t, t->second->ops->close(t->second));
	free(t);
	return ret;
}

static const struct sink_ops tee_ops = {
	.header = tee_header,
	.event = tee_event,
	.lost = tee_lost,
	.flush = tee_flush,
	.tick = tee_tick,
	.finish = tee_finish,
	.close = tee_close,
};

int sink_tee_open(struct sink **sink, struct sink *second, int *second_err)
{
	struct tee *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	*second_err = 0;
	*t = (struct tee){{&tee_ops, (*sink)->out}, *sink, second, second_err};
	*sink = &t->sink;
	return 0;
}
