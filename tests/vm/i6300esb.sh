# SPDX-License-Identifier: GPL-2.0
# A driver of another class: the watchdog timer i6300esb.ko.
# boot: --link i6300esb --device i6300esb
# timeout: 200
. /lib/nooks/guest.sh

log_mark
check "nooks and i6300esb load" load i6300esb heartbeat=20
check_equal "the domain is live" "$(nooks_value i6300esb state)" live
check "the device is there" test -c /dev/watchdog0
before=$(nooks_value i6300esb upcalls)
check "it runs, is fed, and stops when told so" sh -c '
	exec 3>/dev/watchdog0
	for i in 1 2 3 4 5 6; do echo . >&3; sleep 1; done
	printf V >&3'
after=$(nooks_value i6300esb upcalls)
check "the driver did it" test "$((after - before))" -ge 8
check "it does not fire once it was stopped" sleep 25
check "audit passes" nooksctl audit i6300esb
check_equal "no failure was recorded" "$(nooks_value i6300esb failures)" 0
check "it unloads" rmmod i6300esb
check "the device is gone" test ! -e /dev/watchdog0
check "the kernel log is clean" log_clean
finish
