#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""usage: places.py LIST LABEL=SOURCES,SYMBOLS[,SYMBOLS]... - make tests/known/drop_places again

Prints the new list: the functions of each kernel that call kfree_skb(). LIST is the list as it was:
its head, what it says of its places, and those found by hand are kept. SOURCES is a kernel's source
tree (kernels are given oldest first), SYMBOLS a file with the names of its functions, one a line, as
/proc/kallsyms has them.

A function that is not among the symbols was inlined: those that call it are looked at in its place. A
source file that the first SYMBOLS have no function of (a module that was not loaded) is looked up in
the next; if none has, nothing of it is inlined. What calls a function that ends with kfree_skb() is
listed, too: compilers make a jump of that, and the address that it returns to is the caller's.
"""
import glob
import os
import re
import sys

PARTS = '''net/core net/ipv4 net/ipv4/netfilter net/ipv6 net/ipv6/netfilter net/sched net/bridge
net/bridge/netfilter net/8021q net/packet net/netfilter net/xfrm net/ethernet
drivers/net/ipvlan'''.split()
DRIVERS = 'veth vxlan tun tap macvtap macvlan loopback dummy ifb geneve vrf'.split()
HEADERS = 'include/linux include/net include/net/netfilter net/bridge net/core'.split()
# Files whose skbs are netlink messages, or of what is not explained.
OTHERS = re.compile('devlink|rtnetlink|fib_rules|drop_monitor|nf_tables|nfnetlink|netlink|_diag|nft_|'
                    'nexthop|xfrm_user|tcp_metrics|devinet|addrlabel|fib_semantics|pktgen|netpoll|'
                    r'net_namespace|ipconfig|br_mdb|seg6\.c|act_api|cls_api|sch_api|espintcp|skmsg|'
                    'tcp_bpf')
BY_HAND = '# by hand'
DROPS = ('kfree_skb', 'tcp_drop')  # that have a tracepoint or a probe

COMMENT = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', re.S)
DEFINITION = re.compile(r'^[A-Za-z_][^;{}#=]*?\b(\w+)\s*\((?:[^(){};]|\([^()]*\))*\)[^;{}()=]*\{',
                        re.M)
CALL = re.compile(r'\b([A-Za-z_]\w+)\s*\(')
VOID = re.compile(r'\bvoid\s+\w+\s*\(')
TAIL = re.compile(r'\b(\w+)\s*\([^;]*\);\s*\}$')


def close_of(text, at):
    depth = 0
    for m in re.finditer(r'[{}]', text[at:]):
        depth += 1 if m.group() == '{' else -1
        if not depth:
            return at + m.end()
    return len(text)


def functions_of(path):
    """(name, is static, names that it calls, what it ends with) of each function of a file"""
    text = COMMENT.sub(' ', open(path, errors='replace').read())
    text = re.sub(r'^[ \t]*#(?:\\\n|[^\n])*', '', text, flags=re.M)
    at = 0
    while m := DEFINITION.search(text, at):
        at = close_of(text, m.end() - 1)
        tail = TAIL.search(text, m.end(), at) if VOID.search(m.group()) else None
        yield m.group(1), 'static' in m.group(), set(CALL.findall(text, m.end(), at)), \
            tail.group(1) if tail else None


def grow(known, more):
    """known with all that more() finds from it"""
    while new := more(known) - known:
        known = known | new
    return known


class Kernel:
    def __init__(self, sources, *symbols):
        self.symbols = [{re.sub(r'\..*', '', s.strip()) for s in open(path)} for path in symbols]
        self.files = {}  # file -> name -> (calls, what it ends with)
        for part in PARTS:
            for path in glob.glob(os.path.join(sources, part, '*.c')):
                self.add(sources, path)
        for name in DRIVERS:
            for path in glob.glob(os.path.join(sources, 'drivers/net', name + '.c')) + \
                    glob.glob(os.path.join(sources, 'drivers/net', name, '*.c')):
                self.add(sources, path)
        self.helpers, self.headers = {}, {}  # of the headers: name -> calls, name -> header
        for part in HEADERS:
            for path in glob.glob(os.path.join(sources, part, '*.h')):
                for name, static, calls, _ in functions_of(path):
                    if static and name != 'consume_skb':  # without tracepoints it is one
                        self.helpers[name] = calls
                        self.headers[name] = os.path.relpath(path, sources)

    def add(self, sources, path):
        if OTHERS.search(path):
            return
        names = self.files.setdefault(os.path.relpath(path, sources), {})
        for name, _, calls, tail in functions_of(path):
            names[name] = (calls | names[name][0] if name in names else calls, tail)

    def places(self):
        """function -> its file"""
        drops = {d for d in DROPS if d in self.symbols[0]}
        drops = grow(drops, lambda known: {n for n, calls in self.helpers.items() if calls & known})
        found = {n: self.headers[n] for n in drops & self.symbols[0] if n in self.headers}
        for path, names in self.files.items():
            symbols = next((s for s in self.symbols if not s.isdisjoint(names)), names)
            inner = grow(drops, lambda known: {
                n for n, (calls, tail) in names.items()
                if (n not in symbols and calls & known) or tail in known})
            for name, (calls, _) in names.items():
                if name in symbols and name not in DROPS and calls & inner:
                    found[name] = path
        return found


def parts_of(path):
    """the head of a list, place -> what is said of it, and the places that were found by hand"""
    head, said, by_hand = [], {}, []
    for line in open(path):
        line = line.rstrip('\n')
        if by_hand or line == BY_HAND:
            by_hand.append(line)
        elif not line.startswith('#') and line:
            name, _, remark = line.partition('\t- ')
            said[name.split()[0]] = remark
        elif not said and not re.match(r'(# \S+\.[ch])?$', line):
            head.append(line)
    return head, said, by_hand


def main():
    head, said, by_hand = parts_of(sys.argv[1])
    where, has = {}, {}
    for arg in sys.argv[2:]:
        label, _, files = arg.partition('=')
        for name, path in Kernel(*files.split(',')).places().items():
            where[name] = path
            has.setdefault(name, []).append(label)
    print('\n'.join(head))
    last = None
    for path, name in sorted((p, n) for n, p in where.items()):
        if path != last:
            print('\n# ' + path)
        last = path
        print(name + '\t' + ' '.join(has[name]) + ('\t- ' + said[name] if said.get(name) else ''))
    print('\n' + '\n'.join(by_hand))


main()
