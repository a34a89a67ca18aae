// SPDX-License-Identifier: GPL-2.0-only
#include "cli/short_help.h"

static const char text[] =
	"skbtrail follows network packets through the Linux kernel and says where each\n"
	"one ended, and why: the firewall rule, the route, the setting.\n"
	"\n"
	"A packet disappears: what drops it, and why?\n"
	"  skbtrail 'host 10.0.0.1 and tcp port 80'\n"
	"\n"
	"Which rule drops it, in its own words?\n"
	"  skbtrail --story --output-rule 'udp port 53'\n"
	"\n"
	"A request is slow: where do its packets wait? The same of all, in numbers\n"
	"  skbtrail --story=flow 'host 10.0.0.1 and tcp port 443'\n"
	"  skbtrail --summary=2 'tcp port 443'\n"
	"\n"
	"Follow packets through NAT, tunnels and IPsec\n"
	"  skbtrail --filter-track-skb 'src host 10.0.0.1'\n"
	"\n"
	"Only some functions, one device, one network namespace\n"
	"  skbtrail --filter-func 'ip_forward|kfree_skb.*' --filter-netns blue -i eth0\n"
	"\n"
	"Record on a server; read it elsewhere, without root\n"
	"  skbtrail -w trace.skbt 'port 53'\n"
	"  skbtrail -r trace.skbt --story\n"
	"\n"
	"Packets for Wireshark, with function and outcome in their comments\n"
	"  skbtrail -w - 'port 53' | wireshark -k -i -\n"
	"\n"
	"A page about all packets, for any browser\n"
	"  skbtrail -r trace.skbt --report trace.html\n"
	"\n"
	"What can be traced on this machine, and what is missing?\n"
	"  skbtrail --check\n"
	"\n"
	"Stop after 1000 events, or after a minute, instead of with Ctrl-C\n"
	"  skbtrail -c 1000 --duration 1m icmp\n"
	"\n"
	"Tracing needs root. All options: skbtrail --help; what lines mean: man skbtrail\n";

void short_help(FILE *out)
{
	fputs(text, out);
}
