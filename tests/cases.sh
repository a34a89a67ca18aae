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

# Cases whose outcome does not depend on the kernel run in one guest, and on this machine.
case ${SERIES-5.10} in
5.10) skipped_here= ;;
*)
	skipped_here=' output_file output_file_rotates output_file_compressed output_file_backups
		output_file_age timestamp_none timestamp_current timestamp_relative timestamp_absolute
		limit_lines replay_truncated btf_directory record_and_replay closed_pipe json quiet
		lost_events filter_func no_netlink pcapng_snaplen pcapng_pipe pcapng_of_record pcapng_programs
		story_files summary summary_every summary_full
		why_ipset_changes why_ipset_changes_nft why_ipset_moments why_ipset_moments_nft why_changed
		why_flips_xt why_flips_nft why_netns_again why_netns_gone why_rule_text why_recorded
		verdict_none verdict_no_nat error_full_disk error_full_record error_full_pcapng
		error_full_stdout error_file_options error_output_file error_options error_usage
		error_expression error_regex error_no_function error_interface error_netns error_backend
		error_skb_expr error_metadata error_tunnel error_names error_shared_directory error_replay
		error_pcapng error_btf_pack error_btf_pack_damaged error_not_root '
	;;
esac
# What old and new kernels differ in, if at all: not between them. all_functions is slow on 6.1.
case ${SERIES-5.10} in
6.1 | 7 | arm64-* | riscv64-*)
	skipped_here="$skipped_here why_iptables_policy why_arptables why_bpf_netfilter why_tcx
		why_ipset why_ipset_nft why_bridged why_nft_below_ip why_nft_concat why_ip6tables
		why_normal_ends why_conntrack_full why_forwarding why_no_listener why_hook_by_stack
		verdict_all verdict_queue verdict_nft_nat ends_filtered ends_acknowledged
		story_branches story_live ports_unwritten netns_forms track_full track_geneve track_ipip
		track_ipsec track_clone track_bulk_by_stackid track_bulk_xdp_generic
		track_xdp_programs_generic tunnel_l2 tunnel_l3 skb_expr xdp_expr output_meta output_tuple
		output_tcp_flags output_netns_names cpu_comes_online default_backend private_tracefs
		old_transport sigterm version_and_help same_trace measured_untold kernel_log
		route_namespaces route_vrf error_measure error_btf error_btf_other_kernel "
	;;
esac
case ${SERIES-5.10} in
6.1 | riscv64-*) skipped_here="$skipped_here all_functions " ;;
esac
# Two old kernels.
case ${SERIES-5.10} in
4.19)
	skipped_here="$skipped_here why_iptables_policy why_arptables why_ipset why_ipset_nft why_bridged
		why_nft_concat why_ip6tables why_normal_ends why_forwarding why_no_listener
		verdict_all verdict_queue ends_filtered ends_acknowledged story_live track_full
		route_namespaces route_vrf netns_forms sigterm version_and_help private_tracefs old_transport "
	;;
6.12) skipped_here="$skipped_here why_ipset why_ipset_nft netns_forms story_live track_full " ;;
riscv64-*) skipped_here="$skipped_here why_causes " ;;
esac
case ${SERIES-5.10} in
5.10 | 6.1) ;;
*) skipped_here="$skipped_here rcu_expedited " ;;
esac
# The kernel that is slow to close kprobes.
case ${SERIES-} in
6.1) ;;
*) skipped_here="$skipped_here shared_events " ;;
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

is_skipped() { [[ " ${skipped_here-} " =~ [[:space:]]$1[[:space:]] ]]; }

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
