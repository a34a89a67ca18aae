// SPDX-License-Identifier: GPL-2.0-only
/*
 * The static libelf of elfutils 0.191 and 0.192 (Debian 13) lacks its own search trees. They keep
 * what elf_getdata_rawchunk() gave out, which nobody here calls, so that they stay empty. Weak:
 * where libelf has the real ones, those win.
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
