// SPDX-License-Identifier: GPL-2.0-only
#include "cli/advice.h"

#include <unistd.h>

#include "base/log.h"

#define LINES_PER_S 2000
#define INTERVAL_NS UINT64_C(2000000000)
#define NS_PER_S    UINT64_C(1000000000)

bool advice_is_wanted(const struct options *o)
{
	bool is_summary = o->summary && !o->story;

	return options_print_lines(o) && !o->output_file && !is_summary && isatty(STDOUT_FILENO);
}

void advice_on_filters(const struct options *o)
{
	if (advice_is_wanted(o) && !options_choose_packets(o))
		log_info("every packet is traced; an expression chooses some: "
			 "skbtrail 'host 10.0.0.1 and tcp port 80' (skbtrail -h shows more)");
}

bool advice_note(struct advice *a, uint64_t nr_lines, uint64_t now)
{
	uint64_t took = now - a->since;

	if (a->is_due)
		return false;
	if (!a->since) {
		a->since = now;
		a->nr_since = nr_lines;
		return false;
	}
	if (took < INTERVAL_NS)
		return false;
	a->is_due = (nr_lines - a->nr_since) > LINES_PER_S * (took / 1000) / (NS_PER_S / 1000);
	a->since = now;
	a->nr_since = nr_lines;
	return a->is_due;
}

void advice_on_flood(const struct options *o)
{
	log_info("more lines than a terminal can show: %s packets with an expression%s%s, count "
		 "them "
		 "with --summary, or record them with -w FILE",
		 options_choose_packets(o) ? "choose fewer" : "choose",
		 o->filter_func
			 ? ""
			 : ", trace only drops (--filter-func 'kfree_skb.*|sk_skb_reason_drop')",
		 o->story ? "" : ", tell each packet in a --story");
}
