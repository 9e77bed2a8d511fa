# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Guest side of tests/vm/xpc*.sh: the driver's verbs by name, and what to expect of a run.

XPCT=/sys/kernel/debug/xpct/run

# enum xpct_what of xpct.h, in order
xpct_n=0
for name in $(sed -n '/^enum xpct_what/,/^};/p' /xpc/xpct.h | grep -o 'X_[A-Z0-9_]*'); do
	eval "$name=$xpct_n"
	xpct_n=$((xpct_n + 1))
done

field() { echo "$ANSWER" | grep -o "$1 [^ ]*" | cut -d' ' -f2; }

run() {
	echo "$*" >$XPCT
	ANSWER=$(cat $XPCT)
	LATER=$(field later)
	AFTER=$(field after)
}

state_kept() {
	[ "$(field irqs) $(field preempt) $(field rcu) $(field victim)" = "same same 0 0x1234" ]
}

# good "description" RESULT WHAT [A [B]]: returns RESULT and fails nothing
good() {
	local what="$1" want="$2" failures
	shift 2
	failures=$(nooks_value xpctdrv failures)
	run "$@"
	if [ "$(field ret)" = "$want" ] && state_kept &&
	   [ "$(nooks_value xpctdrv failures)" = "$failures" ]; then
		ok "$what"
	else
		not_ok "$what"
		note "$* gave: $ANSWER"
	fi
}

# bad "description" REASON WHAT [A [B]]: is answered with the op's failure value, leaves the thread
# and the victim as they were, is reported for REASON, and the driver is back afterwards
bad() {
	local what="$1" reason="$2"
	shift 2
	log_mark
	run "$@"
	if [ "$(field ret)" = -5 ] && state_kept &&
	   wait_for 10 log_since "xpctdrv: FAILED.*$reason|$reason" &&
	   wait_for 10 xpctdrv_works; then
		ok "$what"
	else
		not_ok "$what"
		note "$* gave: $ANSWER"
		log_since | tail -n 12 | sed 's/^/# /'
	fi
}

xpctdrv_works() {
	echo "$X_ADD 20 3" >$XPCT
	grep -q "ret 23" $XPCT
}
