# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# guest.sh: the guest's side of the e1000 example. MODE: isolated, native, wild-store (native, ends in
# a panic) or shell (driver up, then nothing). Status 1 if a step failed.

. /lib/nooks/guest.sh >/dev/null
. /lib/nooks/show.sh

MB20=20000000
INJECT=/sys/kernel/debug/nooks-inject
good "up after $(cut -d' ' -f1 /proc/uptime) s: $(uname -r), $(nproc) CPUs, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"

status_value() { nooks_value e1000 "$1"; }
link_value() { linked_value e1000 "$1"; }

load_driver() {
	if [ ! -f /m/e1000.link.json ]; then
		load e1000 || return 1
	else
		load e1000 && grep -q '^nooks ' /proc/modules || return 1
	fi
	sed -n 's/^\(e1000\|nooks[^ ]*\) .*/\1/p' /proc/modules | sort | tr '\n' ' '
}

the_file() {
	local f=/m/e1000.ko
	[ ! -f /m/native/e1000.ko ] || f=/m/native/e1000.ko
	[ "$(sha256sum <$f | cut -d' ' -f1)" = "$SHA256" ] && echo "$f, the same sha256 in the guest"
}

bound() {
	NETDEV=$(netdev_of e1000) || { echo "no interface"; return 1; }
	echo "$NETDEV at $(basename "$(readlink "/sys/class/net/$NETDEV/device")")"
}

address() {
	dhcp "$NETDEV" || return 1
	echo "$(ifconfig "$NETDEV" | sed -n 's/.*inet addr:\([0-9.]*\).*/\1/p') from QEMU's user network"
}

pings() { ping -c "$1" -W 5 -A 10.0.2.2 | sed -n 's/.*transmitted, /&/p' | tee /tmp/ping.out; grep -q " 0% packet loss" /tmp/ping.out; }

bring_up() {
	section "$1"
	step "driver file" the_file || return 1
	step "load" load_driver || return 1
	wait_for 10 netdev_of e1000
	step "interface" bound || return 1
	NETDEV=$(netdev_of e1000)
	if [ -f /m/e1000.link.json ]; then
		step "bound to" isolation || return 1
		value bound "$(tail -n 1 /tmp/step.out)"
	fi
	step "DHCP" address || return 1
	step "ping 10.0.2.2" pings 3
}

isolation() {
	echo "$(link_value wrapped) wrappers and $(status_value thunks) thunks; backend \"$(status_value backend)\", state \"$(status_value state)\""
	[ "$(status_value state)" = live ] && [ "$(link_value wrapped)" -gt 0 ] &&
		[ "$(status_value thunks)" -gt 0 ]
}

audit() {
	nooksctl audit e1000 >/tmp/audit.out 2>&1
	local st=$?
	tail -n 8 /tmp/audit.out
	return $st
}

transfers() {
	if transfer download $MB20; then value download "20 MB, checksum matches"; fi
	if transfer upload $MB20; then value upload "20 MB, checksum matches"; fi
}

works_again() {
	wait_for 20 netdev_of e1000 || { echo "no interface after 20 s"; return 1; }
	NETDEV=$(netdev_of e1000)
	[ -n "$(ifconfig "$NETDEV" | sed -n 's/.*inet addr:\([0-9.]*\).*/\1/p')" ] || address >/dev/null ||
		{ echo "no address"; return 1; }
	PEER_TIMEOUT=60 download 1000000 >/tmp/again.out || { echo "download: $(cat /tmp/again.out)"; return 1; }
	pings 2 >/dev/null || { echo "no ping"; return 1; }
	echo "ping and a checked download of 1 MB through $NETDEV"
}

# Something for the driver to transmit, so that the fault fires.
poke() { ping -c 1 -W 2 10.0.2.2 >/dev/null 2>&1; }

fired() { grep -q 'fired=[1-9]' $INJECT/status; }

more_failures() { [ "$(status_value failures)" -gt "$1" ]; }
recovered() { [ "$(status_value state)" = live ]; }

# fault NAME TITLE: contained, reported, recovered, traffic again: four steps.
fault() {
	local before recoveries
	section "Injected fault: $2"
	before=$(status_value failures)
	recoveries=$(status_value recoveries)
	log_mark
	begin "inject"
	echo "e1000 $1" >$INJECT/do 2>/tmp/step.out || { bad "$(cat /tmp/step.out)"; return 1; }
	good "$(sed 's/ armed=.*//' $INJECT/status)"
	begin "contained"
	poke
	if wait_for 40 more_failures "$before" && [ "$(cat $INJECT/victim)" = intact ]; then
		good "the driver was stopped, the kernel's memory is intact"
	else
		bad "failures $(status_value failures), victim $(cat $INJECT/victim)"
		return 1
	fi
	begin "report"
	if nooksctl report e1000 >/tmp/report.out 2>&1 && [ -s /tmp/report.out ]; then
		good "nooksctl report e1000"
		sed '/^ *$/d; /^ *registers/,$d' /tmp/report.out | head -n 14 | text
	else
		bad "no report"
	fi
	begin "recovered"
	if wait_for 40 recovered "$recoveries"; then
		good "in $(($(status_value last_recovery_us) / 1000)) ms, without unloading"
	else
		bad "state $(status_value state)"
		return 1
	fi
	echo "e1000 none" >$INJECT/do 2>/dev/null	# a fault in two parts has one left
	step "traffic again" works_again || return 1
	begin "kernel log"
	if log_clean >/tmp/step.out; then good "no warning, no oops"; else bad ""; head -n 8 /tmp/step.out | text; return 1; fi
	value "$1" "contained, reported, recovered, traffic again"
}

case $MODE in
shell)
	dmesg -n 4	# not between the reader's own lines
	bring_up "The driver"
	load inject
	if grep -q '^nooks ' /proc/modules; then
		section "Try: nooksctl status, nooksctl audit e1000, ls /sys/kernel/debug/nooks,"
		echo "     cat $INJECT/faults; echo 'e1000 wild-store' >$INJECT/do; ping -c 1 10.0.2.2; nooksctl report e1000"
	else
		section "Try: ping 10.0.2.2, ls /m, cat $INJECT/faults;"
		echo "     echo 'e1000 wild-store' >$INJECT/do; ping -c 1 10.0.2.2 (this ends the guest)"
	fi
	exit 0 ;;
native)
	bring_up "The driver, as the distribution runs it" || exit 1
	section "Traffic"
	transfers ;;
wild-store)
	load_driver >/dev/null 2>&1
	wait_for 10 netdev_of e1000
	NETDEV=$(netdev_of e1000)
	step "DHCP" address || exit 1
	load inject || { begin inject; bad "inject.ko does not load"; exit 1; }
	begin "inject"
	good "wild-store in $(netdev_of e1000)'s driver"
	echo "e1000 wild-store" >$INJECT/do
	poke
	poke
	exit 0 ;;
isolated)
	bring_up "The driver, isolated" || exit 1
	section "Traffic, all of it through the isolated driver"
	transfers
	section "What may the driver write?"
	step "audit" audit && value audit "$(tail -n 1 /tmp/audit.out)"
	load inject || { begin inject; bad "inject.ko does not load"; exit 1; }
	fault wild-store "a store into kernel memory"
	fault null-call "a call of NULL"
	fault use-after-free "use of a freed sk_buff"
	fault loop-irqs-off "an endless loop with interrupts off"
	fault lock-not-released "a lock that is never released"
	section "At the end"
	step "audit" audit ;;
esac
[ "$SHOW_BAD" -eq 0 ]
