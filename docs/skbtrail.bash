# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Bash completion for skbtrail: options, and their values where they are known.
#
# Neither is listed here: both come from the program's --help and error messages.

declare -gA _skbtrail_kept=()

# _skbtrail_keep PROGRAM OPTION: caches the output in the shell; fails if there is none.
_skbtrail_keep() {
	local key="$1 $2"
	[ -n "${_skbtrail_kept[$key]-}" ] || _skbtrail_kept[$key]=$("$@" 2>/dev/null </dev/null)
	[ -n "${_skbtrail_kept[$key]}" ]
}

# Prints a line per option: its name, its letter or "-", and the form of its value, such as
# FILE|DIR, or nothing. In --help the form follows after one space, in capitals.
_skbtrail_options() {
	_skbtrail_keep "$1" --help && awk '
		/^  (-.,|   ) --/ && match($0, /--[a-z0-9-]+( [A-Z][^ ]*)?/) {
			split(substr($0, RSTART, RLENGTH), word, " ")
			print word[1], $1 ~ /,$/ ? substr($1, 1, 2) : "-", word[2]
		}' <<<"${_skbtrail_kept["$1 --help"]}"
}

# The values of an option that accepts only certain words, taken from the error for the value "?".
# A --help after it makes sure that no trace starts. For --without, --check prints that error.
_skbtrail_accepted() {
	local error last=--help
	[ "$2" != --without ] || last=--check
	error=$("$1" "$2=?" "$last" 2>&1 >/dev/null </dev/null)
	case $error in
	*'hint: there are: '*) error=${error##*'hint: there are: '} ;;
	*"'?' is not "*) error=${error##*"'?' is not "} ;;
	*) return ;;
	esac
	error=${error/ or /, }
	[[ ! $error =~ ^[a-z0-9-]+(, [a-z0-9-]+)*$ ]] || printf '%s\n' "${error//, /$'\n'}"
}

# Interfaces of a network namespace: a process id, a name, or empty for our own.
_skbtrail_interfaces() {
	case $1 in
	'') ls /sys/class/net ;;
	*[!0-9]*) ip -n "$1" -o link | sed 's/^[0-9]*: *//; s/[@:].*//' ;;
	*) sed -n 's/^ *\([^ ]*\):.*/\1/p' "/proc/$1/net/dev" ;;
	esac 2>/dev/null
}

# _skbtrail_values PROGRAM OPTION FORM START [NETNS]: an option's values, one per line. Values that
# do not begin with START may be left out.
_skbtrail_values() {
	case $2:$3 in
	*:REGEX) awk 'NR > 1 { print $1 }' <<<"${_skbtrail_kept["$1 --list-funcs"]-}" ;;
	*:NETNS) ls /run/netns 2>/dev/null ;;
	--filter-ifname:*) _skbtrail_interfaces "${5-}" ;;
	--kmods:*) cut -d ' ' -f 1 /proc/modules 2>/dev/null ;;
	--filter-non-skb-funcs:*)
		START=$4 awk '$2 ~ /[tT]/ && index($3, ENVIRON["START"]) == 1 { print $3 }' \
			/proc/kallsyms 2>/dev/null ;;
	*) _skbtrail_accepted "$1" "$2" ;;
	esac
}

# _skbtrail_offer WORD BEFORE START: offers the lines of stdin that begin with START, each prefixed
# with BEFORE. WORD is the whole word at the cursor. Names are untrusted, and compgen -W would
# expand them. Names that need quoting are quoted, or left out if WORD begins with a quote.
_skbtrail_offer() {
	local name quoted
	while IFS= read -r name; do
		[[ $name == "$3"* ]] || continue
		printf -v quoted %q "$name"
		case $1 in
		[\'\"]*) [ "$quoted" = "$name" ] && COMPREPLY+=("$2$name") ;;
		*) COMPREPLY+=("$2$quoted") ;;
		esac
	done
}

# Parses the line before the cursor into variables of the caller: option, whose value the word is or
# may be; netns; packs, set if arguments are files to be packed.
_skbtrail_before_cursor() {
	local i next
	for ((i = 1; i < COMP_CWORD; i++)); do
		next=${COMP_WORDS[i + 1]}
		[ "$next" != = ] || next=${COMP_WORDS[i + 2]-}
		case ${COMP_WORDS[i]} in
		--filter-netns) netns=$next ;;
		--filter-netns=*) netns=${COMP_WORDS[i]#*=} ;;
		--btf-pack | --btf-pack=*) packs=yes ;;
		esac
	done
	option=${COMP_WORDS[COMP_CWORD - 1]}
	case $option$word in
	=*) option=${COMP_WORDS[COMP_CWORD - 2]} assigned=yes ;;
	*=) assigned=yes start= ;;
	esac
	[[ $word != --*=* ]] || option=${word%%=*} assigned=yes before=${word%%=*}= start=${word#*=}
}

_skbtrail() {
	local program=${COMP_WORDS[0]/#\~\//$HOME/} word=${COMP_WORDS[COMP_CWORD]}
	local start=${word#[\'\"]} before='' option='' assigned='' netns='' packs=''
	local name letter form names=() value='' its_form=''

	COMPREPLY=()
	_skbtrail_keep "$program" --help || return 0
	_skbtrail_before_cursor
	while read -r name letter form; do
		names+=("$name")
		case $option in "$name" | "$letter")
			option=$name its_form=$form value=$form$assigned ;;
		esac
	done < <(_skbtrail_options "$program")

	case ${value:+value}:$its_form in
	value:FILE* | value:OUT) compopt -o default ;;
	value:*)
		[ "$its_form" != REGEX ] || _skbtrail_keep "$program" --list-funcs
		case $its_form in # complete the last item
		REGEX) name=${start##*[|(]} ;;
		LIST | *,*) name=${start##*,} ;;
		*) name=$start ;;
		esac
		before+=${start%"$name"} start=$name
		_skbtrail_offer "$word" "$before" "$start" \
			< <(_skbtrail_values "$program" "$option" "$its_form" "$start" "$netns") ;;
	*)
		if [[ $word == -* ]]; then
			_skbtrail_offer "$word" '' "$word" < <(printf '%s\n' "${names[@]}")
		elif [ -n "$packs" ]; then
			compopt -o default
		fi ;;
	esac
}

complete -F _skbtrail skbtrail
