# SPDX-License-Identifier: GPL-2.0
# Network functions called in the wrong order or place: the driver ends, the kernel goes on.
# boot: --link netabuse
# timeout: 300
. /lib/nooks/guest.sh

log_mark
check "nooks, which does not restart what failed" load nooks recover=0
# kind, words of the report
abuse() {
	log_mark
	load netabuse kind="$1"
	[ "$1" != free-in-uninit ] || rmmod netabuse
	wait_for 8 sh -c ". /lib/nooks/guest.sh; LOG_MARK=$LOG_MARK; log_since 'netabuse: FAILED'" >/dev/null 2>&1
	check "$1: the driver ends: $2" sh -c \
		". /lib/nooks/guest.sh; LOG_MARK=$LOG_MARK; log_since 'netabuse: FAILED' | grep '$2'"
	rmmod netabuse 2>/dev/null
	check "$1: nothing is left of it" sh -c "! grep -q netabuse /proc/modules"
	check "$1: the kernel goes on, its log clean" log_clean
}

check "without abuse it loads" load netabuse
check "and unloads" rmmod netabuse
abuse register-twice "registered before"
abuse free-in-init "being registered"
abuse free-in-uninit "unregistered or freed"
abuse ops-in-init "no longer writable"
abuse parent-in-init "is no device"
abuse wake-unregistered "qdisc"
abuse gro-outside "outside its poll"
abuse complete-outside "outside its poll"
abuse complete-twice "or twice"
abuse schedule-twice "without napi_schedule_prep"
abuse budget-after-complete "whole budget"
abuse timer-waits-for-itself "own function"
abuse work-waits-for-itself "waits for itself"
finish
