# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Cases of output: columns, and the indented lines below an event. Source after follow.sh.

# ---- columns: one record of a request, printed in several ways ----

trace_request() {
	watch 'ip_output|ip_rcv'
	trace_start --record "$T/request" --output-netns-names "tcp port 8080" || return
	[ "$(http_get "http://$SERVER:8080/")" = 'it works' ] || bad "no answer from the server"
	trace_stop
}

# printed OPTION...: replay the record to $T/out.
printed() {
	[ -s "$T/request" ] || trace_request
	"$SKBTRAIL" --replay "$T/request" "$@" >"$T/out" 2>"$T/err" || bad "--replay $* fails"
	[ "$(grep -c '^[0{]' "$T/out")" -ge 10 ] || bad "fewer than 10 events"
}

header() { head -n 1 "$T/out" | grep -Eqx -- "$1" || bad "the header is '$(head -n 1 "$T/out")'"; }

# only_lines RE: every line but the header must match.
only_lines() {
	! tail -n +2 "$T/out" | grep -Evq -- "$1" ||
		bad "a line does not match '$1': $(tail -n +2 "$T/out" | grep -Evm1 -- "$1")"
}

# The record was made with --output-netns-names.
case_output_meta() {
	printed --output-meta=false
	header 'SKB +CPU +PROCESS +NETNS +TUPLE +FUNC *'
	only_lines '^0x[0-9a-f]+ +[0-9]+ +[^ ]+:[0-9]+ +[^ ]+ +[0-9.]+:[0-9]+->[0-9.]+:[0-9]+\(tcp\) +[a-z_:]+'
	printed --output-meta=false --output-json
	expect_not '"(mark|iface|ifindex|mtu|len)":'
	expect '"tuple":'
	printed
	header 'SKB +CPU +PROCESS +NETNS +MARK/x +IFACE +PROTO +MTU +LEN +TUPLE +FUNC *'
}

case_output_tuple() {
	printed --output-tuple=false
	header 'SKB +CPU +PROCESS +NETNS +MARK/x +IFACE +PROTO +MTU +LEN +FUNC *'
	expect_not '->|\(tcp'
	printed --output-tuple=false --output-json
	expect_not '"tuple"|"saddr"'
	printed --output-tuple=false --output-meta=false
	header 'SKB +CPU +PROCESS +NETNS +FUNC *'
}

case_output_tcp_flags() {
	printed --output-tcp-flags
	expect "$CLIENT:[0-9]+->$SERVER:8080\\(tcp:SYN\\) +$SEND\$"
	expect "$SERVER:8080->$CLIENT:[0-9]+\\(tcp:SYN\\|ACK\\) +$RECV\$"
	expect '\(tcp:([A-Z]+\|)*FIN(\|[A-Z]+)*\)'
	expect_not '\(tcp\)'
	printed
	expect_not '\(tcp:'
}

# Truncated in the column, complete in JSON. Packets without device and socket have no namespace.
case_output_netns_names() {
	printed
	only_lines "^[^ ]+ +[^ ]+ +[^ ]+ +(${LAB}[cs]|0) "
	printed --netns-names-max-length 4
	only_lines '^[^ ]+ +[^ ]+ +[^ ]+ +(skbt|0) '
	expect '^[^ ]+ +[^ ]+ +[^ ]+ +skbt '
	printed --output-json --netns-names-max-length 4
	expect "\"netns\":$(inode_of c),\"netns_name\":\"${LAB}c\""
	expect "\"netns\":$(inode_of s),\"netns_name\":\"${LAB}s\""
}

# Before IP sets the mark, TCP may keep something else in its place.
case_output_mark_early() {
	needs_functions 'tcp_v4_send_check|__tcp_v4_send_check|ip_output' || return
	ipt -t mangle -A OUTPUT -p tcp --dport 8080 -j MARK --set-mark 0x1a5
	if trace_start "tcp dst port 8080"; then
		http_get "http://$SERVER:8080/" >/dev/null
		trace_stop
		expect 'tcp_v4_send_check$'
		[ -z "$(awk '/tcp_v4_send_check$/ && $5 != 0' "$T/out")" ] || bad "a mark before IP"
		expect " 1a5 .*ip_output\$"
	fi
	if trace_start --filter-mark 0x100/0x100 "tcp dst port 8080"; then
		http_get "http://$SERVER:8080/" >/dev/null
		trace_stop
		expect "ip_output\$"
		expect_not 'tcp_v4_send_check$'
	fi
	ipt -t mangle -F OUTPUT
}

# --quiet: nothing on stderr, from start to exit.
case_quiet() {
	watch 'ip_rcv'
	trace_start --quiet "udp dst port 5000" || return
	udp_client "$SERVER" 5000 1
	kill -INT "$TRACE"
	trace_end 15
	[ "$RC" -eq 0 ] || bad "exit code $RC"
	[ ! -s "$T/err" ] || bad "output on stderr: '$(head -n 1 "$T/err")'"
	expect "$SERVER:5000\\(udp\\) +$RECV\$"
}

# ---- all optional parts of an event, live and recorded at the same time ----

parts='--output-stack --output-skb --output-skb-shared-info --output-skb-cb
	--output-skb-metadata skb->len,skb->dev->mtu --output-skb-metadata skb->pkt_type'

# The packets have a mark.
trace_parts() {
	watch 'dev_hard_start_xmit|enqueue_to_backlog|ip_rcv|ip_route_input_noref|__icmp_send'
	on_tracepoints || parts="$parts --output-caller"
	TRACE_ERR=$T/recorder.err
	# shellcheck disable=SC2086 # words on purpose
	trace_start --record "$T/parts" $parts "udp dst port 5000" || bad "$(head -n 1 "$TRACE_ERR")"
	recorder=$TRACE
	TRACE_ERR=''
	ipt -t mangle -A OUTPUT -p udp --dport 5000 -j MARK --set-mark 0x1a5
	# shellcheck disable=SC2086
	if trace_start $parts "udp dst port 5000"; then
		udp_client "$SERVER" 5000 3
		trace_stop
	fi
	ipt -t mangle -F OUTPUT
	TRACE=$recorder
	kill -INT "$TRACE"
	trace_end 15
	[ "$RC" -eq 0 ] || bad "exit code $RC of the recorder"
}

# parts_printed OPTION...: replay the record of trace_parts to $T/out.
parts_printed() {
	from_trace parts
	"$SKBTRAIL" --replay "$T/parts" "$@" >"$T/out" 2>"$T/err" || bad "--replay $* fails"
}

case_output_caller() {
	! on_tracepoints || { skip "this kernel has no kprobes"; return; }
	from_trace parts
	head -n 1 "$T/out" | grep -Eq ' FUNC +CALLER *$' || bad "no column CALLER"
	expect " $DROPS +$UDP_RCV\\+0x[0-9a-f]+(: .*)?\$"
	expect ' dev_hard_start_xmit +__dev_queue_xmit\+0x[0-9a-f]+$'
	expect ' ip_route_input_noref +ip_rcv_finish(_core)?(\.[a-z0-9.]+)?\+0x[0-9a-f]+$'
	expect " __icmp_send +$UDP_RCV\\+0x[0-9a-f]+\$"
}

# The stack goes back to the system call, and includes functions of modules.
case_output_stack() {
	from_trace parts
	at_end='tp:net_dev_start_xmit'
	on_tracepoints || at_end=dev_hard_start_xmit
	below " $at_end( |\$)" '^ +__dev_queue_xmit\+0x[0-9a-f]+$' '^ +ip_finish_output2\+0x' \
		'^ +udp_sendmsg\+0x' '^ +__sys_sendto\+0x[0-9a-f]+$'
	[ ! -e /proc/modules ] || on_tracepoints ||
		below ' enqueue_to_backlog ' '^ +veth_xmit\+0x[0-9a-f]+ \[veth\]$' \
			'^ +dev_hard_start_xmit\+0x'
}

# Stacks at tracepoints.
case_output_stack_tracepoint() {
	case " $BACKENDS " in
	*" tracepoint "*) ;;
	*) skip "this kernel has no raw tracepoints"; return ;;
	esac
	BACKEND=tracepoint FUNCS=
	trace_start --output-stack "udp dst port 5000" || return
	udp_client "$SERVER" 5000 1
	trace_stop
	below ' tp:net_dev_start_xmit$' '^ +__dev_queue_xmit\+0x[0-9a-f]+$' '^ +udp_sendmsg\+0x' \
		'^ +__sys_sendto\+0x[0-9a-f]+$'
}

# Members with value 0 are not printed.
case_output_skb() {
	from_trace parts
	below '\(struct sk_buff\)\{' '\.dev = 0xff' '\.len = 106,' '\.mark = 421,' '\.protocol = 0x0800,' \
		'\.users = \{\.refs = \{\.counter = 1\}\}'
	below '\(struct sk_buff\)\{' '\.len = 92,' '\.transport_header = [1-9]' '\.network_header = [1-9]'
}

case_output_shared_info() {
	from_trace parts
	expect '^ +\(struct skb_shared_info\)\{'
	expect '\.dataref = \{\.counter = 1\}'
}

# IP's control block starts with the index of the input interface.
case_output_cb() {
	from_trace parts
	below "veth-s:2 .* $DROPS" '^ +cb: 00000002( [0-9a-f]+)+$'
}

case_skb_metadata() {
	from_trace parts
	head -n 1 "$T/out" | grep -Eq ' skb->len +skb->dev->mtu +skb->pkt_type +FUNC( |$)' ||
		bad "no metadata columns"
	expect "$SERVER:5000\\(udp\\) +106 +1500 +0 +[^ ]"
	expect "$SERVER:5000\\(udp\\) +92 +1500 +0 +$RECV( |\$)"
}

case_output_parts_json() {
	parts_printed --output-json
	expect '"stack":\[.*"__dev_queue_xmit\+0x[0-9a-f]+".*"udp_sendmsg\+0x.*"__sys_sendto\+0x'
	expect '"skb_metadata":\{"skb->len":"106","skb->dev->mtu":"1500","skb->pkt_type":"0"\}'
	expect '"cb":\[2(,[0-9]+){11}\]'
	expect '"skb_struct":"\(struct sk_buff\)\{.*\.mark = 421,'
	expect '"skb_shared_info":"\(struct skb_shared_info\)\{.*\.dataref = '
}

# The replay shows the same as the live trace.
case_output_parts_recorded() {
	from_trace parts
	sort "$T/out" >"$T/live.sorted"
	[ "$(grep -c '^ ' "$T/out")" -ge 20 ] || bad "no parts were printed live"
	parts_printed
	sort "$T/out" | cmp -s - "$T/live.sorted" || bad "the replay differs from live text"
}

# ---- errors ----

# Every option with an invalid value: one line that names the option, exit code 2.
case_error_options() {
	while read -r option value; do
		expect_error "$option=$value"
		[ "$RC" -eq 2 ] || bad "exit code $RC for $option=$value, expected 2"
		head -n 1 "$T/err" | grep -qF -- "$option" || bad "does not name $option: $(head -n 1 "$T/err")"
	done <<-EOF
	--filter-track-skb maybe
	--filter-track-skb-by-stackid 2
	--filter-track-size 0
	--filter-track-size x
	--filter-track-size -1
	--filter-non-skb-funcs
	--filter-non-skb-funcs a,,b
	--filter-track-bpf-helpers yes
	--filter-trace-tc on
	--filter-trace-xdp xdp
	--filter-skb-expr
	--filter-xdp-expr
	--filter-tunnel-pcap-l2
	--filter-tunnel-pcap-l3
	--kmods ,veth
	--all-kmods veth
	--filter-kprobe-batch 0
	--set-percpu-buf x
	--output-meta no
	--output-tuple off
	--output-tcp-flags x
	--output-caller x
	--output-conntrack x
	--output-stack x
	--output-tunnel x
	--output-skb x
	--output-skb-shared-info x
	--output-skb-cb x
	--output-skb-metadata ,
	--output-skb-metadata skb->len,
	--output-xdp-metadata
	--output-bpfmap x
	--output-netns-names x
	--netns-names-max-length x
	EOF
}

exit_code_2() { [ "$RC" -eq 2 ] || bad "exit code $RC, expected 2"; }

# expression_error TEXT OPTION...: the error message must contain TEXT, and the hint must show the
# last argument with a caret below it.
expression_error() {
	word=$1
	shift
	# shellcheck disable=SC2086 # words: a case may put a command in front
	timeout 10 $SKBTRAIL "$@" udp >"$T/out" 2>"$T/err.marked" </dev/null
	RC=$?
	[ "$(tail -n 1 "$T/err.marked" | tr -d ' ')" = '^' ] || bad "no caret below the expression"
	grep -v '^ *^$' "$T/err.marked" >"$T/err"
	error_said
	exit_code_2
	said "$word"
	said "hint: ${*: -1}"
}

case_error_skb_expr() {
	expression_error "no member 'nonsense'" --filter-skb-expr 'skb->nonsense == 1'
	expression_error "'packet'" --filter-skb-expr 'packet->len == 1'
	expression_error "'=='" --filter-skb-expr 'skb->len = 1'
	expression_error "no member 'nonsense'" --filter-trace-xdp --filter-xdp-expr 'xdp->nonsense == 1'
	expect_error --filter-xdp-expr 'xdp->rxq->queue_index == 1' udp
	exit_code_2
	said --filter-trace-xdp
}

case_error_metadata() {
	expression_error "no member 'nonsense'" --output-skb-metadata 'skb->dev->nonsense'
	expect_error --output-skb-metadata 'skb->len,skb->len,skb->len,skb->len,skb->len' \
		--output-skb-metadata 'skb->len,skb->len,skb->len,skb->mark' udp
	exit_code_2
	said "9 expressions are more than 8"
}

case_error_tunnel() {
	for o in --filter-tunnel-pcap-l2 --filter-tunnel-pcap-l3; do
		expect_error $o 'udp prot 1' udp
		exit_code_2
		said $o
		said 'udp prot 1'
	done
}

case_error_names() {
	expect_error --kmods no_such_module udp
	exit_code_2
	said no_such_module
	! on_tracepoints || return
	expect_error --filter-non-skb-funcs no_such_function udp
	exit_code_2
	said no_such_function
}
