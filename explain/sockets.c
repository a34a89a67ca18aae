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

enum fact_socket sockets_match(const char *line, const struct fact_flow *flow)
{
	struct end local, peer;
	unsigned int state;
	const char *s = strchr(line, ':');
	bool is_listener;

	s = s ? parse_end(s + 1, &local) : NULL;
	s = s ? parse_end(s, &peer) : NULL;
	if (!s || !parse_hex(s, 2, &state) || local.port != flow->dport)
		return SOCKET_NONE;
	if (!local.is_any && !same_addr(&local, flow->family, flow->daddr))
		return SOCKET_OTHER;
	is_listener = flow->proto == IPPROTO_TCP ? state == TCP_LISTEN_STATE : !peer.port;
	if (is_listener)
		return SOCKET_LISTENS;
	if (peer.port != flow->sport || !same_addr(&peer, flow->family, flow->saddr))
		return SOCKET_OTHER;
	return flow->proto == IPPROTO_TCP && state == TCP_TIME_WAIT_STATE ? SOCKET_TIME_WAIT
									  : SOCKET_CONNECTED;
}

static enum fact_socket find_in(const char *list, const struct fact_flow *flow)
{
	enum fact_socket best = SOCKET_NONE;
	FILE *f = netns_open_proc(list);
	char line[512];
	size_t nr = 0;

	if (!f)
		return SOCKET_UNKNOWN;
	while (nr++ < LINES_MAX && fgets(line, sizeof(line), f)) {
		enum fact_socket m = sockets_match(line, flow);

		best = m > best ? m : best;
	}
	if (nr > LINES_MAX && best == SOCKET_NONE)
		best = SOCKET_UNKNOWN;
	fclose(f);
	return best;
}

enum fact_socket sockets_find(const struct fact_flow *flow)
{
	bool is_tcp = flow->proto == IPPROTO_TCP;
	enum fact_socket v6, v4;

	if (!is_tcp && flow->proto != IPPROTO_UDP)
		return SOCKET_UNKNOWN;
	v6 = find_in(is_tcp ? "tcp6" : "udp6", flow);
	if (flow->family == AF_INET6)
		return v6;
	v4 = find_in(is_tcp ? "tcp" : "udp", flow);
	if (v4 == SOCKET_UNKNOWN || v6 > v4)
		return v4 == SOCKET_UNKNOWN && v6 <= SOCKET_NONE ? v4 : v6;
	return v4;
}

/* ---- one socket ---- */

/* "sl: local peer st tx:rx tr:when retrnsmt uid timeout inode", all but uid and later hexadecimal.
 */
static bool parse_line(const char *line, struct socket_line *out)
{
	const char *s = strchr(line, ':');
	struct end local, peer;
	unsigned int number;
	char *next;

	s = s ? parse_end(s + 1, &local) : NULL;
	s = s ? parse_end(s, &peer) : NULL;
	s = s ? parse_hex(s, 2, &number) : NULL; /* state */
	s = s ? parse_hex(s, 8, &number) : NULL;
	s = s && *s == ':' ? parse_hex(s + 1, 8, &number) : NULL;
	if (!s)
		return false;
	out->rx_queue = number;
	s = parse_hex(s, 2, &number);
	s = s && *s == ':' ? parse_hex(s + 1, 8, &number) : NULL;
	s = s ? parse_hex(s, 8, &number) : NULL;
	if (!s)
		return false;
	strtoul(s, &next, 10); /* uid */
	strtoul(next, &next, 10);
	out->inode = strtoull(next, &next, 10);
	return out->inode;
}

/* Counts those that match best. */
static size_t count_best(const char *list, bool is_v6, const struct fact_flow *flow,
			 enum fact_socket *best, struct socket_line *out)
{
	FILE *f = netns_open_proc(list);
	char line[512];
	size_t nr = 0, nr_lines = 0;

	if (!f)
		return 0;
	while (nr_lines++ < LINES_MAX && fgets(line, sizeof(line), f)) {
		enum fact_socket m = sockets_match(line, flow);

		if (m < SOCKET_LISTENS || m < *best)
			continue;
		nr = m > *best ? 1 : nr + 1;
		*best = m;
		if (!parse_line(line, out))
			nr = 2; /* not the one that it should be */
		out->is_v6 = is_v6;
	}
	fclose(f);
	return nr_lines > LINES_MAX ? 2 : nr;
}

bool sockets_find_one(const struct fact_flow *flow, struct socket_line *out)
{
	bool is_tcp = flow->proto == IPPROTO_TCP;
	enum fact_socket best = SOCKET_NONE, before;
	size_t nr = count_best(is_tcp ? "tcp6" : "udp6", true, flow, &best, out), nr4;
	struct socket_line v4;

	if (flow->family == AF_INET6)
		return nr == 1;
	before = best;
	nr4 = count_best(is_tcp ? "tcp" : "udp", false, flow, &best, &v4);
	if (!nr4)
		return nr == 1;
	*out = v4;
	return nr4 == 1 && (!nr || best > before);
}
