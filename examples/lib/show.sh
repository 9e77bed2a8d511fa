# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# show.sh: how examples present themselves. Sourced by examples/*/run.
#
# Contract: a show is sections of steps. On a terminal the running step is shown with its progress
# on a line that is rewritten; elsewhere only finished steps are printed. Colour only on a
# terminal and without NO_COLOR. SHOW_FAILED counts failed steps.
#
# A guest takes part by lines that begin with "@@ " (lib/guest-show.sh prints them):
#	@@ section TITLE | begin LABEL | progress TEXT | ok DETAIL | fail DETAIL | text LINE |
#	   value NAME TEXT

SHOW_FAILED=0
SHOW_LABEL=''
declare -A SHOW_VALUE=()
SHOW_STARTED=$SECONDS

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
	BOLD=$'\e[1m' DIM=$'\e[2m' RED=$'\e[31m' GREEN=$'\e[32m' CYAN=$'\e[36m' PLAIN=$'\e[0m'
else
	BOLD='' DIM='' RED='' GREEN='' CYAN='' PLAIN=''
fi
if [ -t 1 ] && [ "${TERM:-dumb}" != dumb ]; then SHOW_TTY=1; else SHOW_TTY=''; fi

show_title()	{ printf '\n%s%s%s\n%s\n' "$BOLD" "$1" "$PLAIN" "$2"; }
show_section()	{ printf '\n%s%s%s\n' "$BOLD$CYAN" "$1" "$PLAIN"; }
show_text()	{ printf '          %s%s%s\n' "$DIM" "$1" "$PLAIN"; }

show_begin() {
	SHOW_LABEL=$1
	show_progress ''
}

show_progress() {
	[ -n "$SHOW_TTY" ] || return 0
	printf '\r  %s..%s    %-22s %s\e[K' "$DIM" "$PLAIN" "$SHOW_LABEL" "${1:0:100}"
}

show_end() {	# MARK COLOUR DETAIL
	[ -z "$SHOW_TTY" ] || printf '\r\e[K'
	printf '  %s%-5s%s %-22s %s\n' "$2" "$1" "$PLAIN" "$SHOW_LABEL" "$3"
	SHOW_LABEL=''
}

show_ok()	{ show_end ok "$GREEN" "${1:-}"; }
show_fail()	{ SHOW_FAILED=$((SHOW_FAILED + 1)); show_end FAIL "$BOLD$RED" "${1:-}"; }

# show_run LABEL LOG command...: a step that is a command; its last line of output is progress.
show_run() {
	local label=$1 log=$2 begin=$SECONDS pid st
	shift 2
	show_begin "$label"
	"$@" >"$log" 2>&1 </dev/null &
	pid=$!
	while kill -0 $pid 2>/dev/null; do
		show_progress "$((SECONDS - begin)) s  $(tail -n 1 "$log" | tr -d '\r')"
		sleep 0.3
	done
	wait $pid
	st=$?
	if [ $st -eq 0 ]; then
		show_ok "$(tail -n 1 "$log" | sed 's/^setup: //') ($((SECONDS - begin)) s)"
	else
		show_fail "status $st"
		tail -n 20 "$log" | while IFS= read -r line; do show_text "$line"; done
	fi
	return $st
}

# Renders a guest's output from stdin until it ends.
show_guest() {
	local line rest
	while IFS= read -r line; do
		case $line in '@@ '*) ;; *) continue ;; esac
		line=${line#@@ }
		rest=${line#* }
		[ "$rest" != "$line" ] || rest=''
		case ${line%% *} in
		section)	show_section "$rest" ;;
		begin)		show_begin "$rest" ;;
		progress)	show_progress "$rest" ;;
		ok)		show_ok "$rest" ;;
		fail)		show_fail "$rest" ;;
		text)		show_text "$rest" ;;
		value)		SHOW_VALUE[${rest%% *}]=${rest#* } ;;
		esac
	done
}

# show_table: "a|b|c" rows from stdin, the first being the heading, as an aligned table.
show_table() {
	awk -F'|' -v bold="$BOLD" -v plain="$PLAIN" '
	{ for (i = 1; i <= NF; i++) { cell[NR, i] = $i; if (length($i) > w[i]) w[i] = length($i) }
	  if (NF > cols) cols = NF }
	END {
		for (r = 1; r <= NR; r++) {
			line = ""
			for (i = 1; i <= cols; i++)
				line = line sprintf("%-" w[i] "s  ", cell[r, i])
			sub(/ +$/, "", line)
			print "  " (r == 1 ? bold line plain : line)
			if (r == 1) {
				line = ""
				for (i = 1; i <= cols; i++) { s = sprintf("%" w[i] "s", ""); gsub(/ /, "-", s); line = line s "  " }
				sub(/ +$/, "", line)
				print "  " line
			}
		}
	}'
}
