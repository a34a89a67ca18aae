# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The subjects of the man page: each command is run with the traffic that the page tells of, and must
# print what the page shows. A comment names the example; it precedes the command and the output:
#
#	.\" example: NAME
#	.Bd ... COMMAND ... .Ed
#	.Bd ... OUTPUT ... .Ed

man_page=docs/skbtrail.8

# man_block NAME N: the first or second block behind the comment, as a reader sees it; what ends with
# a backslash goes on in the next line.
man_block() {
	awk -v name="$1" -v want="$2" '
		$0 == ".\\\" example: " name { found = 1 }
		found && /^\.Bd/ { nr++; next }
		/^\.Ed/ && nr == want { exit }
		nr == want && !/^\.\\"/' "$man_page" |
		sed -e ':more' -e '/\\e$/ { N; s/\\e\n[ \t]*//; b more' -e '}' \
			-e 's/^\\&//; s/\\(aq/'\''/g; s/\\-/-/g'
}

# Without what differs from run to run: names of the lab, times, processes, ports, what TCP sends
# again on a slow machine, and so the numbers of packets, where a packet waited, unless it was for
# most of a second, whether the neighbour is known well, and which of netfilter's hooks other cases
# have left behind.
man_normal() {
	sed -E -e "s/${LAB}c/client/g; s/${LAB}s/server/g" \
		-e 's/; ([0-9.]+ us|[0-3]?[0-9]?[0-9]\.[0-9]+ ms) in [a-zA-Z -]+$//' \
		-e 's/[0-9]+\.[0-9]+ (us|ms|s)([^a-z]|$)/TIME\2/g; s/[0-9]+:[0-9]+:[0-9]+\.[0-9]+/CLOCK/' \
		-e '/^ *TIME neighbour /d; /^ *TIME +netfilter [A-Z]+ +[^ ]+ +[^ ]+ *$/d; /, again -/d; s/#[0-9]+/#N/g' \
		-e 's/\[[0-9]+\]/[PID]/g; s/10\.99\.0\.1:[0-9]+/10.99.0.1:PORT/g' \
		-e '/^flow /s/, [0-9]+ packets in .*/, packets/' -e 's/^([0-9]+) packets, .*/\1 packets/' \
		-e 's/[ \t]+/ /g; s/ $//; /^$/d'
}

# Lines follow each other as on the page; where it has "..." others may come between.
man_compare() {
	awk '
		function found_at(from, first, last,   i, k) {
			for (i = from; i + last - first <= nr; i++) {
				for (k = first; k <= last && out[i + k - first] == page[k]; k++);
				if (k > last)
					return i + last - first + 1
				if (k > furthest)
					furthest = k
			}
			return 0
		}
		NR == FNR { page[++nr_page] = $0; next }
		{ out[++nr] = $0 }
		END {
			at = 1
			for (first = 1; first <= nr_page; first = last + 2) {
				last = furthest = first
				while (last < nr_page && page[last + 1] != "...")
					last++
				if (page[first] == "...")
					continue
				at = found_at(at, first, last)
				if (!at) {
					print page[furthest]
					exit
				}
			}
		}' "$1" "$2"
}

# man_run NAME TRAFFIC...: run the command of an example while there is traffic.
man_run() {
	local name=$1 command
	shift
	command=$(man_block "$name" 1)
	[[ $command == skbtrail\ * ]] || { bad "no example '$name' in $man_page"; return; }
	man_block "$name" 2 | man_normal >"$T/page"
	[ "$(grep -vc '^\.\.\.$' "$T/page")" -ge 3 ] || bad "the page shows no output"
	eval "set -- \"\$@\" -- ${command#skbtrail }"
	local traffic=()
	while [ "$1" != -- ]; do
		traffic+=("$1")
		shift
	done
	shift
	if [ ${#traffic[@]} -gt 0 ]; then
		trace_start "$@" || return
		"${traffic[@]}"
		trace_stop
	else
		"$SKBTRAIL" "$@" >"$T/out" 2>"$T/err" || bad "'$command' fails"
	fi
	man_normal <"$T/out" >"$T/normal"
	man_compare "$T/page" "$T/normal" >"$T/lacks"
	[ ! -s "$T/lacks" ] || bad "the page shows another output: '$(cat "$T/lacks")'"
}

# A packet for others, and a host that does not forward.
case_man_disappears() {
	FUNCS='' BACKEND=''
	on_client ip route add 10.77.0.0/16 via "$SERVER"
	on_server sysctl -qw net.ipv4.conf.veth-s.forwarding=0 net.ipv4.conf.all.rp_filter=0
	man_ping() { ! on_client busybox ping -c 1 -W 1 10.77.0.1 >/dev/null || bad "10.77.0.1 answers"; }
	know_neighbour
	man_run disappears man_ping
	on_client ip route del 10.77.0.0/16
}

# A queue that is slow.
case_man_slow() {
	FUNCS='' BACKEND=''
	man_get() {
		[ "$(HTTP_SECONDS=20 http_get "http://$SERVER:8080/")" = 'it works' ] || bad "no web page"
		sleep 1
	}
	know_neighbour
	tc -n "${LAB}s" qdisc add dev veth-s root netem delay 600ms || { missing netem; return; }
	man_run slow man_get
	tc -n "${LAB}s" qdisc del dev veth-s root
}

# A port that is closed, and one whose rule answers with a reset.
case_man_reset() {
	FUNCS='' BACKEND=''
	man_connect() {
		http_refused "http://$SERVER:8081/" && http_refused "http://$SERVER:8082/" || bad "connected"
		sleep 1
	}
	know_neighbour
	ipt_server -A INPUT -p tcp --dport 8082 -j REJECT --reject-with tcp-reset
	man_run reset man_connect
	on_server "$IPTABLES" -w -F INPUT
}

case_man_rule() {
	FUNCS='' BACKEND=''
	man_send() {
		udp_client "$SERVER" 5001 5
		udp_client "$SERVER" 5011 3
	}
	know_neighbour
	ipt_server -N BLOCK
	ipt_server -A INPUT -i lo -j ACCEPT
	ipt_server -A INPUT -p udp -j BLOCK
	ipt_server -A BLOCK -p udp --dport 5001:5010 -m comment --comment 'no games' -j DROP
	man_run rule man_send
	rules_off
}

case_man_old() { man_run old; }
