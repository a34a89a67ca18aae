// SPDX-License-Identifier: GPL-2.0-only
#include "base/verdict.h"

#include <string.h>

static const uint8_t text_offs[VERDICT_NR_TEXTS] = {
	offsetof(struct verdict, verdict), offsetof(struct verdict, family),
	offsetof(struct verdict, hook),	   offsetof(struct verdict, backend),
	offsetof(struct verdict, table),   offsetof(struct verdict, target),
	offsetof(struct verdict, comment), offsetof(struct verdict, detail),
	offsetof(struct verdict, from),	   offsetof(struct verdict, to),
};

const char **verdict_text(struct verdict *v, size_t nr)
{
	return (const char **)((char *)v + text_offs[nr]);
}

void verdicts_clear(struct verdicts *vs)
{
	vs->nr = vs->pool_sz = 0;
}

struct verdict *verdicts_add(struct verdicts *vs)
{
	if (vs->nr == VERDICTS_MAX)
		return NULL;
	vs->v[vs->nr] = (struct verdict){0};
	return &vs->v[vs->nr++];
}

const char *verdicts_keep(struct verdicts *vs, const char *s)
{
	size_t len = s ? strnlen(s, VERDICT_TEXT_MAX) : 0;
	char *copy = vs->pool + vs->pool_sz;

	if (!len || sizeof(vs->pool) - vs->pool_sz <= len)
		return NULL;
	memcpy(copy, s, len);
	copy[len] = '\0';
	vs->pool_sz += len + 1;
	return copy;
}
