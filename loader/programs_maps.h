/* SPDX-License-Identifier: GPL-2.0-only */
/* programs_maps.h - the maps of struct programs; for programs.c. */
#ifndef LOADER_PROGRAMS_MAPS_H
#define LOADER_PROGRAMS_MAPS_H

#include "loader/programs.h"

/* As the programs call them, by enum programs_map. */
extern const char *const programs_map_names[PROGRAMS_NR_MAPS];

/* Make those that are needed. ring_sz: see programs_open(). Errors have a message. */
int programs_create_maps(struct programs *p, size_t ring_sz, struct err *err);

#endif
