// SPDX-License-Identifier: GPL-2.0-only
#include "explain/sockets.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "kern/net.h"

#define TCP_TIME_WAIT_STATE 6
#define TCP_LISTEN_STATE    10
#define LINES_MAX	    20000 /* of a list; more take too long */

struct end {
	uint8_t addr[16];
	unsigned int port;
	bool is_v6, is_any;
};

/* At most max hexadecimal digits behind blanks. Returns their end; NULL: there are none. */
static const char *parse_hex(const char *s, size_t max, unsigned int *v)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *digit;
	size_t n = 0;

	while (*s == ' ')
		s++;
	for (*v = 0; n < max && s[n] && (digit = strchr(digits, s[n])); n++)
		*v = *v << 4 | (unsigned int)(digit - digits);
	return n ? s + n : NULL;
}

/* "0100007F:1F90": words of the address in host byte order, and the port. The end of it or NULL. */
static const char *parse_end(const char *s, struct end *e)
{
	static const uint8_t zero[16];
	unsigned int word[4];
	size_t nr = 0;

	memset(e, 0, sizeof(*e));
	for (; nr < 4 && s && *s != ':'; nr++)
		s = parse_hex(s, 8, &word[nr]);
	if ((nr != 1 && nr != 4) || !s || *s != ':')
		return NULL;
	memcpy(e->addr, word, nr * sizeof(word[0]));
	e->is_v6 = nr == 4;
	e->is_any = !memcmp(e->addr, zero, sizeof(zero));
	return parse_hex(s + 1, 4, &e->port);
}

static bool same_addr(const struct end *e, uint8_t family, const uint8_t *addr)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (family == AF_INET6)
		return e->is_v6 && !memcmp(e->addr, addr, 16);
	if (!e->is_v6)
		return !memcmp(e->addr, addr, 4);
	return !memcmp(e->addr, mapped, 12) && !memcmp(e->addr + 12, addr, 4);
}

/* "sl: local peer st tx:rx tr:when retrnsmt uid timeout inode", up to retrnsmt hexadecimal. */
struct line {
	struct end local, peer;
	unsigned int state, rx_queue;
	uint64_t inode; /* 0: what is behind the state is malformed, or it has none */
};

static void parse_rest(const char *s, struct line *l)
{
	unsigned int number;
	char *next;

	s = parse_hex(s, 8, &number);
	s = s && *s == ':' ? parse_hex(s + 1, 8, &l->rx_queue) : NULL;
	s = s ? parse_hex(s, 2, &number) : NULL;
	s = s && *s == ':' ? parse_hex(s + 1, 8, &number) : NULL;
	s = s ? parse_hex(s, 8, &number) : NULL;
	if (!s)
		return;
	strtoul(s, &next, 10); /* uid */
	strtoul(next, &next, 10);
	l->inode = strtoull(next, &next, 10);
}

/* False: a heading, or malformed before the state. */
static bool parse_line(const char *text, struct line *l)
{
	const char *s = strchr(text, ':');

	l->rx_queue = 0;
	l->inode = 0;
	s = s ? parse_end(s + 1, &l->local) : NULL;
	s = s ? parse_end(s, &l->peer) : NULL;
	s = s ? parse_hex(s, 2, &l->state) : NULL;
	if (s)
		parse_rest(s, l);
	return s;
}

static enum fact_socket match(const struct line *l, const struct fact_flow *flow)
{
	bool is_tcp = flow->proto == IPPROTO_TCP;

	if (l->local.port != flow->dport)
		return SOCKET_NONE;
	if (!l->local.is_any && !same_addr(&l->local, flow->family, flow->daddr))
		return SOCKET_OTHER;
	if (is_tcp ? l->state == TCP_LISTEN_STATE : !l->peer.port)
		return SOCKET_LISTENS;
	if (l->peer.port != flow->sport || !same_addr(&l->peer, flow->family, flow->saddr))
		return SOCKET_OTHER;
	return is_tcp && l->state == TCP_TIME_WAIT_STATE ? SOCKET_TIME_WAIT : SOCKET_CONNECTED;
}

/* ---- a list ---- */

/* list NULL: it cannot be read. Returns false if it is too long to be read to its end. */
static bool best_in(FILE *list, bool is_v6, const struct fact_flow *flow, struct socket_found *out)
{
	char text[512];
	size_t nr = 0;

	*out = (struct socket_found){.match = list ? SOCKET_NONE : SOCKET_UNKNOWN};
	while (list && nr++ < LINES_MAX && fgets(text, sizeof(text), list)) {
		enum fact_socket m;
		struct line l;

		if (!parse_line(text, &l))
			continue;
		m = match(&l, flow);
		if (m == SOCKET_NONE || m < out->match)
			continue;
		out->nr = m > out->match ? 1 : out->nr + 1;
		out->match = m;
		out->inode = l.inode;
		out->rx_queue = l.rx_queue;
		out->is_v6 = is_v6;
	}
	return nr <= LINES_MAX;
}

void sockets_match(FILE *v6, FILE *v4, const struct fact_flow *flow, struct socket_found *out)
{
	bool all = best_in(v6, true, flow, out);
	struct socket_found other;

	if (flow->family == AF_INET) {
		all = best_in(v4, false, flow, &other) && v4 && all;
		if (other.match > out->match)
			*out = other;
		else if (other.match == out->match)
			out->nr += other.nr;
	}
	if (all)
		return;
	out->nr++; /* perhaps */
	if (out->match == SOCKET_NONE)
		out->match = SOCKET_UNKNOWN;
}

bool sockets_find(const struct fact_flow *flow, struct socket_found *out)
{
	bool is_tcp = flow->proto == IPPROTO_TCP;
	FILE *v6, *v4;

	*out = (struct socket_found){.match = SOCKET_UNKNOWN};
	if (!is_tcp && flow->proto != IPPROTO_UDP)
		return false;
	v6 = netns_open_proc(is_tcp ? "tcp6" : "udp6");
	v4 = netns_open_proc(is_tcp ? "tcp" : "udp");
	sockets_match(v6, v4, flow, out);
	if (v6)
		fclose(v6);
	if (v4)
		fclose(v4);
	return out->match >= SOCKET_LISTENS && out->nr == 1 && out->inode;
}
