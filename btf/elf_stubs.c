// SPDX-License-Identifier: GPL-2.0-only
/*
 * The static libelf of elfutils 0.191 and 0.192 (Debian 13) does not define its search tree
 * functions. The trees only hold results of elf_getdata_rawchunk(), which is not called here, so
 * they stay empty. The stubs are weak: if libelf has the real ones, those win.
 */
struct search_tree;

#define WEAK __attribute__((weak))

WEAK void eu_search_tree_init(struct search_tree *tree, int (*compare)(const void *, const void *));
WEAK void eu_search_tree_fini(struct search_tree *tree, void (*free_node)(void *));

void eu_search_tree_init(struct search_tree *tree, int (*compare)(const void *, const void *))
{
}

void eu_search_tree_fini(struct search_tree *tree, void (*free_node)(void *))
{
}
