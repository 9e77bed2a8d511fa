# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# guest-show.sh: the guest's side of examples/lib/show.sh: says what happens, in "@@ " lines.

SHOW_BAD=0
if [ "${MODE:-}" != shell ]; then
	section() { echo "@@ section $*"; }
	begin() { echo "@@ begin $*"; }
	progress() { echo "@@ progress $*"; }
	good() { echo "@@ ok $*"; }
	bad() { SHOW_BAD=$((SHOW_BAD + 1)); echo "@@ fail $*"; }
	text() { sed 's/^/@@ text /'; }
	value() { echo "@@ value $*"; }
else	# nobody renders: for the reader at the console
	section() { echo; echo "$*"; }
	begin() { label=$*; }
	progress() { :; }
	good() { printf '  ok    %-22s %s\n' "${label:-boot}" "$*"; }
	bad() { SHOW_BAD=$((SHOW_BAD + 1)); printf '  FAIL  %-22s %s\n' "${label:-boot}" "$*"; }
	text() { sed 's/^/          /'; }
	value() { :; }
fi

# step LABEL command...: the step's detail is the last line that the command prints.
step() {
	begin "$1"
	shift
	if "$@" >/tmp/step.out 2>&1; then
		good "$(tail -n 1 /tmp/step.out)"
	else
		bad "$(tail -n 1 /tmp/step.out)"
		tail -n 12 /tmp/step.out | text
		return 1
	fi
}

mb() { awk -v n="$1" 'BEGIN { printf "%.1f MB", n / 1e6 }'; }
seconds() { cut -d' ' -f1 /proc/uptime; }

# transfer download|upload BYTES: with progress; prints speed and checksum as a step.
transfer() {
	local t0 t1 watcher
	begin "$1 $(mb "$2")"
	rm -f /tmp/transfer.ok
	(
		dir=tx
		[ "$1" = upload ] || dir=rx
		start=$(cat "/sys/class/net/$NETDEV/statistics/${dir}_bytes")
		while sleep 1; do
			now=$(cat "/sys/class/net/$NETDEV/statistics/${dir}_bytes" 2>/dev/null) || break
			progress "$(mb $((now - start)))"
		done
	) &
	watcher=$!
	t0=$(seconds)
	if "$1" "$2" >/tmp/transfer.out 2>&1; then : >/tmp/transfer.ok; fi
	t1=$(seconds)
	kill $watcher 2>/dev/null
	wait $watcher 2>/dev/null
	if [ -f /tmp/transfer.ok ]; then
		good "$(awk -v a="$t0" -v b="$t1" -v s="$(sed 's/.* //' /tmp/transfer.out)" 'BEGIN {
			printf "sha256 %.16s... on both sides; %.1f s with checksums", s, b - a }')"
	else
		bad "$(cat /tmp/transfer.out)"
		return 1
	fi
}
