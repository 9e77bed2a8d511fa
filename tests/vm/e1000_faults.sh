# SPDX-License-Identifier: GPL-2.0
# Faults executed by the running, isolated e1000 (tests/faults/inject): each must be contained, reported
# and recovered, with traffic working again and nothing in the kernel log that should not be there.
# boot: --peer --link e1000 --module inject --device e1000,netdev=n0
# timeout: 900
. /lib/nooks/guest.sh
INJECT=/sys/kernel/debug/nooks-inject

check "driver and injector load" sh -c 'load e1000 && load inject'
echo 1000 >/sys/module/nooks/parameters/max_failures
dev=$(netdev_of e1000)
check "DHCP gives an address" dhcp "$dev"

fired() { grep -q 'fired=[1-9]' $INJECT/status; }
failed_again() { [ "$(nooks_value e1000 failures)" -gt "$1" ]; }
recovered() { [ "$(nooks_value e1000 recoveries)" -gt "$1" ] && [ "$(nooks_value e1000 state)" = live ]; }

fault() {
	local before recoveries
	before=$(nooks_value e1000 failures)
	recoveries=$(nooks_value e1000 recoveries)
	log_mark
	check "$1: armed" sh -c "echo 'e1000 $1' >$INJECT/do" || return 1
	ping -c 1 -W 2 10.0.2.2 >/dev/null 2>&1
	check "$1: is contained" wait_for 40 failed_again "$before" || return 1
	check_equal "$1: the kernel's memory is intact" "$(cat $INJECT/victim)" intact
	check "$1: is reported" nooksctl report e1000
	check "$1: the driver recovers" wait_for 40 recovered "$recoveries" || return 1
	echo "e1000 none" >$INJECT/do	# a fault in two parts has one left
	wait_for 20 netdev_of e1000
	dev=$(netdev_of e1000)
	check "$1: the interface is back" test -n "$dev" || return 1
	check "$1: it has an address again" dhcp "$dev"
	check "$1: traffic works again" download 1000000
	check "$1: audit passes" nooksctl audit e1000
	check "$1: the kernel log is clean" log_clean
}

for f in $(cut -f1 $INJECT/faults); do
	fault "$f"
done
check "the driver unloads after all that" rmmod e1000
finish
