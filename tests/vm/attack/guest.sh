# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# What the attack tests share in the guest: runs rows of `table`, one KTAP line each.

V=/sys/kernel/debug/victim

# result KEY: of the last run
result() { sed -n "s/.*\b$1=\([^ ]*\).*/\1/p" $V/result; }

alive() { [ "$(cat $V/ping)" = alive ]; }
came_back() { [ "$(cat $V/count)" -gt "$COUNT" ] && alive; }

run() {
	COUNT=$(cat $V/count)
	log_mark
	echo "$1 $2 $3" >$V/run || { echo "ret=cannot-run" >/tmp/attack.result; return 1; }
	cat $V/result >/tmp/attack.result
}

# trouble in the kernel log that is not the report of Nooks itself
log_trouble() { log_since "$KERNEL_TROUBLE|BUG kmalloc" | grep -v 'nooks:'; }

# let the allocator look for damage
validate() {
	local f
	for f in /sys/kernel/slab/kmalloc-256/validate; do [ ! -f $f ] || echo 1 >$f; done
}

# native_row ATTACK TARGET CONTEXT EXPECT: the negative control; the attack must do its harm
native_row() {
	local what="$1 -> $2 ($3)" ret state changed leaked seen=none
	run "$1" "$2" "$3"
	ret=$(result ret) state=$(result state) changed=$(result changed) leaked=$(result leaked)
	case $state in
	died)	seen=oops ;;
	hung)	seen=hung ;;
	*)	if [ "$changed" != nothing ]; then seen=changed
		elif [ "$leaked" != nothing ]; then seen=leaked
		elif validate; log_trouble >/dev/null; then seen=log
		elif [ "$ret" = 0 ] && [ "$4" = works ]; then seen=works
		fi ;;
	esac
	if [ "$seen" = "$4" ]; then
		ok "native: $what: $seen"
	else
		not_ok "native: $what: $seen, expected $4"
		note "$(cat /tmp/attack.result)"
	fi
}

# isolated_row ATTACK TARGET CONTEXT EXPECT
isolated_row() {
	local what="$1 -> $2 ($3)" ret state changed leaked bad='' failed=''
	run "$1" "$2" "$3" || bad="could not be run"
	ret=$(result ret) state=$(result state) changed=$(result changed) leaked=$(result leaked)
	[ "$state" = returned ] || bad="$bad; $state"
	[ "$changed" = nothing ] || bad="$bad; changed $changed"
	[ "$leaked" = nothing ] || bad="$bad; leaked $leaked"
	[ "$4" != contained-later ] || { ret=-108; sleep 1; }
	[ "$ret" != -108 ] || failed=1
	case $4 in
	works)	[ "$ret" = 0 ] || bad="$bad; returned $ret" ;;
	contained*) [ "$ret" = -108 ] || bad="$bad; the driver was not failed (returned $ret)" ;;
	esac
	if [ -n "$failed" ]; then
		wait_for 20 came_back || bad="$bad; the driver did not come back"
	else
		alive || bad="$bad; the driver does not answer"
	fi
	log_trouble >/tmp/attack.log && bad="$bad; trouble in the kernel log"
	if [ -z "$bad" ]; then
		ok "isolated: $what: $4"
	else
		not_ok "isolated: $what:${bad#;}"
		note "$(cat /tmp/attack.result)"
		head -n 5 /tmp/attack.log | sed 's/^/# /'
		log_since 'nooks' | head -n 6 | sed 's/^/# /'
	fi
	# if it is lost, later rows would only say so again
	alive || wait_for 10 alive || {
		rmmod attack
		load attack || note "attack.ko cannot be loaded again"
	}
}

# rows FILE SIDE [PATTERN]: every row of FILE that has an expectation for SIDE (native, isolated)
rows() {
	local attack target context native isolated rest
	while read -r attack target context native isolated rest; do
		case $attack in ''|'#'*) continue ;; esac
		[ -z "$3" ] || echo "$attack $target $context" | grep -E -q "$3" || continue
		if [ "$2" = native ]; then
			[ "$native" = - ] || native_row "$attack" "$target" "$context" "$native"
		else
			[ "$isolated" = - ] || isolated_row "$attack" "$target" "$context" "$isolated"
		fi
	done <"$1"
}
