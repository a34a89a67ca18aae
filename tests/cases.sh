#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: cases.sh [REGEX] - run the test cases (whose names match) against $SKBTRAIL
#
# Runs on this machine and in guests. Prints lines "TEST name ok|FAIL reason|SKIP reason"; exit code
# 1 if a case failed. BACKENDS: the backends that this kernel must have (default: those detected);
# MUST_HAVE=1: anything else that is missing is a failure, not a skip; REASONS=no: the kernel has no
# drop reasons. SERIES: the kernel's name in tests/vm/kernels; with RUNGS=yes run its rungs
# (tests/vm/rungs) instead.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/lab.sh
. tests/trace.sh
. tests/cases/traffic.sh
. tests/cases/options.sh
. tests/cases/types.sh
. tests/cases/errors.sh
. tests/cases/rungs.sh
. tests/cases/follow.sh
. tests/cases/shown.sh
. tests/cases/why.sh
. tests/cases/rules.sh
. tests/cases/verdict.sh
. tests/cases/conntrack.sh
. tests/cases/causes.sh
. tests/cases/ends.sh
. tests/cases/route.sh
. tests/cases/story.sh
. tests/cases/summary.sh
. tests/cases/pcapng.sh
. tests/cases/man.sh

only=${1:-.}
BURST=$PWD/${BURST:-build/burst}
NF_RANDOM=$PWD/${NF_RANDOM:-build/nf-random}
ROUTE_RANDOM=$PWD/${ROUTE_RANDOM:-build/route-random}

traffic='http_passes iptables_drop nft_drop udp4 icmp4 udp6 icmp6 arp vlan_accelerated
	vlan_in_packet netns mark ifname nat'
options='version_and_help check list_funcs default_backend netns_forms filter_func json
	timestamp_none timestamp_current timestamp_relative timestamp_absolute limit_lines stop_attaching
	no_netlink ports_unwritten
	output_file output_file_rotates output_file_compressed output_file_backups output_file_age
	pcapng pcapng_snaplen pcapng_fragments pcapng_programs pcapng_of_record pcapng_pipe
	record_and_replay replay_truncated closed_pipe sigint sigterm old_transport cpu_comes_online
	lost_events leftovers without_tracefs private_tracefs btf_packed btf_directory
	without_module_types measured measured_untold same_trace rcu_expedited shared_events
	all_functions kernel_log'
follow='track_nat track_nat_nft track_ipsec track_vxlan track_geneve track_ipip track_bridge track_clone
	track_xdp_pass track_xdp_tx track_xdp_redirect track_xdp_programs track_xdp_programs_generic
	track_bulk track_bulk_tcp track_bulk_by_stackid track_bulk_xdp track_bulk_xdp_generic
	track_ends track_full track_by_stackid
	non_skb_funcs bpf_helpers trace_tc trace_xdp xdp_expr skb_expr tunnel_l2 tunnel_l3 kmods
	module_later'
shown='output_meta output_tuple output_tcp_flags output_netns_names output_mark_early quiet
	output_caller output_stack output_stack_tracepoint output_skb output_shared_info output_cb
	skb_metadata output_parts_json output_parts_recorded'
causes='why_iptables why_iptables_policy why_ip6tables why_arptables why_bridged why_ebtables why_hook_by_stack
	why_nft why_nft_concat why_nft_below_ip
	why_ipset why_ipset_nft why_ipset_changes why_ipset_changes_nft why_changed
	why_ipset_moments why_ipset_moments_nft
	why_flips_xt why_flips_nft why_netns_again why_netns_gone why_conntrack_full
	why_bpf_netfilter why_tcx why_recorded why_rule_text
	why_no_listener why_forwarding why_random_nft why_random_nft6
	why_random_xt why_random_iptables_nft why_random_tracepoints
	why_random_text why_causes why_normal_ends
	ends ends_filtered ends_acknowledged story story_branches story_live story_files
	summary summary_every summary_full summary_terminal terminal_advice
	output_conntrack verdict_nat verdict_no_nat verdict_nft_nat verdict_queue verdict_all verdict_none
	route route_vrf route_namespaces route_random'
errors='usage expression regex no_function interface netns btf btf_other_kernel btf_pack
	btf_pack_damaged btf_contradicts_measured measure output_file shared_directory file_options replay backend
	not_root full_stdout full_disk full_record full_pcapng pcapng options skb_expr metadata tunnel names'

# The kernels whose output the man page shows.
case ${SERIES-} in
6.12) pages='man_disappears man_slow man_reset man_rule' ;;
el7) pages='man_old' ;;
*) pages= ;;
esac

case $(uname -m) in
x86_64) ;;
*)
	follow='track_nat track_by_stackid non_skb_funcs trace_tc tunnel_l3 kmods'
	shown='output_caller output_stack output_skb skb_metadata'
	causes='why_iptables why_nft why_causes ends story route'
	;;
esac

# Functions that packets pass in every kernel; few, because a probe costs up to 40 ms in emulation.
functions='ip_output|__dev_queue_xmit|dev_hard_start_xmit|ip6_output|netif_rx|ip_rcv|ipv6_rcv'
functions="$functions|__netif_receive_skb|arp_rcv|ip_local_deliver|ip6_input|udp_rcv|udpv6_rcv"
functions="$functions|__udp4_lib_rcv|tcp_v4_rcv|icmp_rcv|icmpv6_rcv|nf_hook_slow"
functions="$functions|kfree_skb|kfree_skb_reason|sk_skb_reason_drop"

seems_to_have() {
	[ ! -e /sys/bus/event_source/devices/kprobe ] || echo kprobe
	echo tracepoint
}

# When an nftables rule drops a packet, recent kernels free it directly in nft_do_chain().
drop_words() {
	reason='\(SKB_DROP_REASON_NETFILTER_DROP\)'
	[ "$REASONS" = yes ] || reason=
	echo "$1$reason from (nf_hook_slow|nft_do_chain)\\+0x"
}

# Set SEND, RECV, DROP and FUNCS for a backend.
use_backend() {
	BACKEND=$1
	case $1 in
	tracepoint*)
		SEND='tp:net_dev_(queue|start_xmit)'
		RECV='tp:(netif_receive_skb|netif_rx)'
		RECV_ANY=$RECV
		DROP=$(drop_words 'tp:kfree_skb')
		# tracepoint-events cannot read the reason.
		[ "$1" = tracepoint ] || DROP=$(REASONS=no drop_words 'tp:kfree_skb')
		FUNCS=
		;;
	*)
		SEND='(ip_output|ip6_output|__dev_queue_xmit|dev_hard_start_xmit)'
		RECV='(ip_rcv|ipv6_rcv)'
		RECV_ANY='arp_rcv'
		[ "$ARP_RCV" = yes ] || RECV_ANY=netif_rx
		DROP=$(drop_words '(kfree_skb|kfree_skb_reason|sk_skb_reason_drop)')
		FUNCS=$functions
		;;
	esac
}

# left_out CASE...: those that tests/vm/elsewhere leaves out here.
left_out() {
	printf '%s\n' "$@" | awk -v s="${SERIES:-here}" '
		NR == FNR {
			if (/^[^#]/ && s ~ "^(" $1 ")$")
				names[++nr] = "^(" $2 ")$"
			next
		}
		{
			for (i = 1; i <= nr; i++)
				if ($1 ~ names[i]) {
					print
					break
				}
		}' tests/vm/elsewhere -
}

is_skipped() { [[ $skipped_here == *" $1 "* ]]; }

# each TITLE PREFIX NAMES...: run cases PREFIXNAME; % in the title is replaced by the name.
each() {
	title=$1 prefix=$2
	shift 2
	for name; do
		if echo "${title/\%/$name}" | grep -Eq -- "$only"; then
			run_case "${title/\%/$name}" "$prefix$name"
		fi
	done
}

cleanup() {
	[ -z "$running" ] || echo "TEST cases FAIL cases.sh was interrupted"
	[ -z "$TRACE" ] || kill "$TRACE" 2>/dev/null
	lab_down
	umount "$T/small" 2>/dev/null
	rm -rf "$T"
}

running=
trap cleanup EXIT
trap 'exit 130' INT TERM HUP
T=$(mktemp -d) || exit 1
mkdir "$T/www"
# A copy: distinguishes our processes from other skbtrail processes, and any user can run it.
cp "${SKBTRAIL:-build/skbtrail}" "$T/skbtrail" || exit 1
SKBTRAIL=$T/skbtrail
BACKENDS=$(echo "${BACKENDS:-$(seems_to_have)}" | tr ',\n' '  ')
BEST=${BACKENDS%% *}
# Debian's arm64 5.10 has no BTF of static functions; without BTF ask skbtrail's table of functions.
if [ -e /sys/kernel/btf/vmlinux ]; then
	ARP_RCV=$(grep -qa arp_rcv /sys/kernel/btf/vmlinux && echo yes)
else
	ARP_RCV=$("$SKBTRAIL" --list-funcs 2>/dev/null | grep -q '^arp_rcv ' && echo yes)
fi
REASONS=${REASONS:-$(grep -qa SKB_DROP_REASON /sys/kernel/btf/vmlinux && echo yes || echo no)}
RCU_BEFORE=$(cat /sys/kernel/rcu_expedited 2>/dev/null)
KPROBES_BEFORE=$(nr_kprobes)

if ! lab_up || ! http_server "$T/www"; then
	echo "TEST lab FAIL cannot create the test network"
	exit 1
fi
HTTPD=${LAB_PIDS##* }
IPTABLES=$(find_iptables) || { echo "TEST lab FAIL no iptables works"; exit 1; }

running=yes
rows_of_missing
if [ -n "${RUNGS-}" ]; then
	rungs
else
	for b in $BACKENDS; do
		use_backend "$b"
		suite "%/$b" "$b" '*'
		# Older kernels trace all kinds with the other backends.
		case ${SERIES-5.10} in
		6.12 | 7) traffic=$few_kinds ;;
		esac
	done
	# shellcheck disable=SC2086,SC2046 # words on purpose
	skipped_here=" $(left_out $follow $shown $causes $pages $options $(printf 'error_%s ' $errors) |
		tr '\n' ' ')"
	for name in $follow $shown $causes $pages $options; do
		! is_skipped "$name" || continue
		use_backend "$BEST"
		SEND_BEST=$SEND RECV_BEST=$RECV FUNCS_BEST=$FUNCS
		each % case_ "$name"
	done
	use_backend "$BEST"
	for name in $errors; do
		is_skipped "error_$name" || each error_% case_error_ "$name"
	done
fi
each % case_ nothing_left
running=
[ "$NR_FAILED" -eq 0 ]
