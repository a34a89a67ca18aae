/* SPDX-License-Identifier: GPL-2.0-only */
/* The page of a report, without data. */
#include "base/embedded.h"

	embed report_page, "page.html.gz"
