#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""usage: source.py LABEL TABLE DIR... - compare btf/discover/known_functions.txt with a kernel's sources

For kernels without BTF, or without it in their modules. Finds the definitions of the table's
functions in the files below the directories and prints those whose skb is another argument than the
table says, as lines for tests/known/changes. Arguments are counted, not registers: what has a
struct by value is left to the eye.
"""
import os
import re
import sys

COMMENT = re.compile(r'/\*.*?\*/|//[^\n]*', re.S)
CALL = re.compile(r'(?<![\w.>])([A-Za-z_]\w+)\s*\(')
AFTER = re.compile(r'\s*(?:__\w+(?:\([^()]*\))?\s*)*\{')


def table_of(path):
    """name -> (argument, is it a struct sk_buff **)"""
    table = {}
    for line in open(path):
        word = line.split()
        if line[0] not in '#!@\n' and len(word) > 1 and word[1] != '-':
            table[word[0]] = (int(word[1].rstrip('*')), word[1].endswith('*'))
    return table


def close_of(text, at):
    depth = 0
    for i in range(at, min(at + 3000, len(text))):
        if text[i] == '(':
            depth += 1
        elif text[i] == ')':
            depth -= 1
            if not depth:
                return i
    return -1


def params_of(text):
    params, depth, start = [], 0, 0
    for i, c in enumerate(text + ','):
        depth += (c == '(') - (c == ')')
        if c == ',' and not depth:
            params.append(' '.join(text[start:i].split()))
            start = i + 1
    return params


def skb_of(params):
    """As btf/discover/discover.h: plain before const before **."""
    found = []
    for i, p in enumerate(params):
        m = re.match(r'(.*)\bstruct sk_buff\b\s*(const\s*)?(\*[\s*a-z_]*)', p)
        if m and '(' not in p:
            deref = m.group(3).count('*') == 2
            const = 'const' in m.group(1) or bool(m.group(2))
            found.append((2 if deref else int(const), i, deref))
    return min(found)[1:] if found else None


def where(place):
    if place is None:
        return 'none'
    return '%d%s' % (place[0], '*' if place[1] else '')


def check(path, table, seen, bad):
    text = COMMENT.sub(' ', open(path, errors='replace').read())
    for m in CALL.finditer(text):
        name = m.group(1)
        if name not in table:
            continue
        end = close_of(text, m.end() - 1)
        if end < 0 or not AFTER.match(text, end + 1):
            continue
        params = params_of(text[m.end():end])
        if not all(p == 'void' or ' ' in p or '*' in p for p in params):
            continue  # a call
        seen.add(name)
        place = skb_of(params)
        if place != table[name]:
            bad.setdefault(name, set()).add(where(place))


def main():
    label, table, seen, bad = sys.argv[1], table_of(sys.argv[2]), set(), {}
    for top in sys.argv[3:]:
        for d, _, names in os.walk(top):
            for f in names:
                if f.endswith(('.c', '.h')):
                    check(os.path.join(d, f), table, seen, bad)
    for name in sorted(bad):
        print('!%s %s: %s, elsewhere %s' % (name, label, ' or '.join(sorted(bad[name])),
                                           where(table[name])))
    print('%s: %d functions found, %d differ' % (label, len(seen), len(bad)), file=sys.stderr)


main()
