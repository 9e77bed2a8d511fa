# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# guest.sh: what VM test scripts share. Use: ". /lib/nooks/guest.sh".
#
# Results are KTAP. A test file calls check/ok/not_ok/skip as often as it likes and ends with
# "finish", whose status is 1 if any result was "not ok" or if there was none at all.

KTAP_N=0
KTAP_FAILED=0
echo "KTAP version 1"

ok()	 { KTAP_N=$((KTAP_N + 1)); echo "ok $KTAP_N $*"; }
not_ok() { KTAP_N=$((KTAP_N + 1)); KTAP_FAILED=$((KTAP_FAILED + 1)); echo "not ok $KTAP_N $*"; }
skip()	 { KTAP_N=$((KTAP_N + 1)); echo "ok $KTAP_N $1 # SKIP $2"; }
note()	 { echo "$*" | sed 's/^/# /'; }

# check "description" command...: ok if the command succeeds; its output is shown if not.
check() {
	local what="$1"
	shift
	if "$@" >/tmp/check.out 2>&1; then
		ok "$what"
	else
		local st=$?
		not_ok "$what"
		note "status $st of: $*"
		tail -n 20 /tmp/check.out | sed 's/^/# /'
		return 1
	fi
}

# check_fails "description" command...: ok if the command fails.
check_fails() {
	local what="$1"
	shift
	if "$@" >/tmp/check.out 2>&1; then
		not_ok "$what"
		note "succeeded, but should have failed: $*"
		return 1
	fi
	ok "$what"
}

# check_equal "description" actual expected
check_equal() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1"
		note "expected '$3', got '$2'"
		return 1
	fi
}

finish() {
	echo "1..$KTAP_N"
	[ "$KTAP_N" -gt 0 ] && [ "$KTAP_FAILED" -eq 0 ]
	exit
}

# The kernel log from here on: "log_mark"; "log_since [PATTERN]"; "log_clean" is false if the
# kernel warned, oopsed or found a bug since the mark.
log_mark() { LOG_MARK=$((${LOG_MARK:-0} + 1)); echo "<6>log mark $LOG_MARK." >/dev/kmsg; }
log_since() {
	dmesg | awk -v mark="log mark ${LOG_MARK:-0}." '
		index($0, mark) { found = 1; next }
		mark == "log mark 0." { found = 1 }
		found { print }
		END { if (!found) print "BUG: the mark is not in the kernel log any more" }' |
		grep -E "${1:-.}"
}
KERNEL_TROUBLE='WARNING: |BUG: |Oops|general protection|Call Trace|INFO: (task|rcu)|rcu:.*stall|soft lockup|hard LOCKUP|refcount_t:|Bad page|KASAN|list_(add|del) corruption'
# (A report of ours may name a general protection fault: that is no trouble of the kernel's.)
log_clean() { ! log_since "$KERNEL_TROUBLE" | grep -v "nooks: .*FAILED"; }

# wait_for SECONDS command...: true as soon as the command succeeds.
wait_for() {
	local left=$(($1 * 5))
	shift
	while ! "$@" >/dev/null 2>&1; do
		left=$((left - 1))
		[ $left -gt 0 ] || return 1
		usleep 200000
	done
}

# The network interface of a bound driver, by the driver's name.
netdev_of() {
	local d
	for d in /sys/class/net/*; do
		[ "$(basename "$(readlink "$d/device/driver")" 2>/dev/null)" = "$1" ] &&
			{ basename "$d"; return 0; }
	done
	return 1
}

# dhcp INTERFACE: address from QEMU's user network.
dhcp() { ifconfig "$1" up && udhcpc -i "$1" -n -q -f -t 10 -T 1 -s /usr/share/udhcpc/default.script 2>&1; }

# download BYTES [SEED], upload BYTES: from and to the host's server (boot --peer), through whatever
# interface routes there. Print "BYTES SHA256"; false unless all arrived and the checksum is the
# one that the other side computed. The data is kept in /tmp/data. PEER_TIMEOUT: seconds (120).
# (nc: busybox's static wget crashes in its name look-up.)
ask_peer() { timeout "${PEER_TIMEOUT:-120}" nc -w 20 "${PEER%:*}" "${PEER#*:}"; }

download() {
	local want got
	want=$(echo "GET /sum/$1/${2:-1}" | ask_peer)
	[ ${#want} -eq 64 ] || { echo "no answer"; return 1; }
	echo "GET /data/$1/${2:-1}" | ask_peer >/tmp/data
	got=$(sha256sum </tmp/data)
	echo "$(wc -c </tmp/data) ${got%% *}"
	[ "${got%% *}" = "$want" ]
}

upload() {
	local want got
	[ "$(wc -c </tmp/data 2>/dev/null)" = "$1" ] ||
		dd if=/dev/urandom of=/tmp/data bs="$1" count=1 iflag=fullblock 2>/dev/null
	want=$(sha256sum </tmp/data)
	got=$({ printf 'PUT /sink HTTP/1.0\r\nContent-Length: %d\r\n\r\n' "$1"; cat /tmp/data; } |
		ask_peer | tail -n 1)
	echo "${got:-no answer}"
	[ "$got" = "$1 ${want%% *}" ]
}

# nooks_value DOMAIN KEY: a number or word of a domain in debugfs nooks/status (one key per line).
nooks_value() {
	awk -v domain="$1" -v key="$2" '
	/^\{ *"name":/ { inside = index($0, "\"" domain "\"") }
	inside && match($0, "\"" key "\": *\"?[^\",}]*") {
		v = substr($0, RSTART, RLENGTH)
		sub(/^"[^"]*": *"?/, "", v)
		print v
		exit
	}' /sys/kernel/debug/nooks/status
}

# linked_value DRIVER KEY: a number of the linker's summary (boot --link).
linked_value() { grep -o "\"$2\": *[0-9]*" "/m/$1.link.json" | sed 's/.*: *//;q'; }
