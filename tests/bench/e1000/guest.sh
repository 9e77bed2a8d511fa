# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# guest.sh: measures e1000 native, isolated, and native again in one guest. Lines that begin with
# "@table " are the result. A packet is one that the interface counted (after segmentation); the
# acknowledgements going the other way are in the counts but are not counted as packets.

. /lib/nooks/guest.sh

BYTES=$((${MEGABYTES:-20} * 1000000))
RUNS=3
KEYS="upcalls downcalls deferred traps"
out=/tmp/out
mkdir -p $out

uptime_ms() { sed 's/\.\(..\) .*/\10/' /proc/uptime; }
packets() { cat "/sys/class/net/$NETDEV/statistics/$1_packets"; }
ZEROS=$(head -c "$BYTES" /dev/zero | sha256sum | cut -d' ' -f1)

receive() { [ "$(echo "GET /data/$BYTES/1" | ask_peer | wc -c)" = "$BYTES" ]; }
transmit() {
	[ "$({ printf 'PUT /sink HTTP/1.0\r\nContent-Length: %d\r\n\r\n' "$BYTES"
		head -c "$BYTES" /dev/zero; } | ask_peer | tail -n 1)" = "$BYTES $ZEROS" ]
}

counts() { for k in $KEYS; do nooks_value e1000 "$k" >"$out/$1.$k"; done; }

# measure NAME rx|tx: $out/NAME.DIR.time gets a line of ms per run; counters are over all runs.
measure() {
	local i t before p
	p=$(packets "$2")
	[ "$1" != isolated ] || counts "$2.before"
	for i in $(seq $RUNS); do
		before=$(uptime_ms)
		if [ "$2" = rx ]; then receive; else transmit; fi ||
			{ not_ok "$1 $2 run $i"; return 1; }
		t=$(($(uptime_ms) - before))
		echo $t >>"$out/$1.$2.time"
	done
	[ "$1" != isolated ] || counts "$2.after"
	echo $(($(packets "$2") - p)) >"$out/$1.$2.packets"
	ok "$1 $2: $RUNS transfers of $BYTES bytes, $(cat "$out/$1.$2.packets") packets"
}

run() {		# NAME [load option]
	local what=$1
	shift
	load "$@" e1000 || { not_ok "$what driver loads"; return 1; }
	wait_for 10 netdev_of e1000
	NETDEV=$(netdev_of e1000) && dhcp "$NETDEV" >/dev/null || { not_ok "$what driver works"; return 1; }
	measure "$what" rx
	measure "$what" tx
	rmmod e1000 || not_ok "$what driver unloads"
}

run native -n
run isolated
run native -n

median() { sort -n "$1" 2>/dev/null | awk '{ v[NR] = $1 } END { if (NR) print v[int((NR + 1) / 2)] }'; }

row() {		# DIR NAME
	local k a b n
	n=$(cat "$out/isolated.$1.packets") && [ "$n" -gt 0 ] || { not_ok "$1 counted"; return 1; }
	for k in $KEYS; do
		a=$(cat "$out/$1.before.$k") b=$(cat "$out/$1.after.$k")
		[ -n "$a" ] && [ -n "$b" ] || { not_ok "$1: no counter '$k'"; return 1; }
		eval "$k=$((b - a))"
	done
	awk -v name="$2" -v n="$n" -v up="$upcalls" -v down="$downcalls" -v later="$deferred" \
	    -v traps="$traps" -v native="$(median "$out/native.$1.time")" \
	    -v isolated="$(median "$out/isolated.$1.time")" -v bytes="$BYTES" 'BEGIN {
		printf "@table | %s | %d | %.2f | %.2f | %.2f | %.2f | %.2f | %.2f |\n", name, n,
			down / n, up / n, later / n, traps / n, 2 * (up + down + traps) / n,
			native / isolated }'
}

echo "@table | e1000 | packets | downcalls | upcalls | deferred | traps | rights switches | throughput, isolated / native |"
echo "@table |---|---:|---:|---:|---:|---:|---:|---:|"
row rx "receive, per packet"
row tx "transmit, per packet"
echo "@table"
echo "@table Stock $(uname -r), $(nproc) CPUs, software emulation; $RUNS x $BYTES bytes of TCP each way, the other direction's"
echo "@table acknowledgements included. A downcall, an upcall and a trap each switch rights twice; deferred calls cross with another call."
finish
