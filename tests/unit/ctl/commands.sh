#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# nooksctl's commands on a recorded debugfs directory: what they print, and their exit status.
#
#   commands.sh NOOKSCTL
#
# Prints TAP; status 0 only if all went as expected.
set -u
export LC_ALL=C TZ=UTC
ctl=$1
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cp -r "$here/nooks" "$dir/"
export NOOKS_DEBUGFS="$dir/nooks"
n=0 failed=0

# check NAME STATUS PATTERN ARGUMENT...: PATTERN (extended) must be in the output
check() {
	name=$1 want=$2 pattern=$3
	shift 3
	"$ctl" "$@" >"$dir/output" 2>&1
	status=$?
	n=$((n + 1))
	if [ $status -eq "$want" ] && grep -Eq -- "$pattern" "$dir/output"; then
		echo "ok $n - $name"
	else
		failed=1
		echo "not ok $n - $name"
		echo "# status $status, expected $want and /$pattern/ from: $*"
		sed 's/^/# /' "$dir/output"
	fi
}

check "status lists the domain" 0 '^e1000 +live +pagetable +61/67 +1234 +99999 +5 +17 +1/1' status
check "status counts wrappers" 0 '130 wrappers: 18 run in the domain .6 of them ours., 2 unchecked' status
check "status --json is the document" 0 '^{ "format": 1,$' status --json
check "status refuses arguments" 2 'unexpected argument' status e1000
check "report names upcall and line" 0 'ndo_start_xmit +\(idl/net.idl:41\)' report
check "report shows the instruction" 0 '48 c7 00 00 00 00 00' report e1000
check "report names the object" 0 'which is +task_struct' report e1000
check "report lists what was released" 0 ' 256 dma by dma_unmap' report e1000
check "report of an unknown domain" 1 'there is no domain nosuch' report nosuch
check "audit passes" 0 '^audit of e1000 passed: 2101248 bytes of its own, 12 writable bytes outside' audit
check "audit names the line that grants" 0 'net_device.features +idl/net.idl:12' audit e1000
sed 's/"ok":true/"ok":false/' "$here/nooks/domains/e1000/audit" >"$dir/nooks/domains/e1000/audit"
check "audit fails when the runtime says so" 1 '^audit of e1000 FAILED' audit
echo '{"format":1,' >"$dir/nooks/domains/e1000/audit"
check "audit fails on a damaged document" 1 'not JSON' audit
echo '[]' >"$dir/nooks/domains/e1000/report"
check "no failure, no report" 0 'has not failed' report
echo '{ "format": 1, "domains": [] }' >"$dir/nooks/status"
check "status without domains" 0 'no driver is loaded isolated' status
check "audit without domains" 1 'there is no domain' audit
rm -r "$dir/nooks"
check "no runtime" 1 'runtime is not loaded' status
check "unload without runtime" 1 'runtime is not loaded' unload e1000
check "help" 0 'usage: nooksctl COMMAND' --help
check "version" 0 '^nooksctl [0-9]' --version
check "no command" 2 'usage' 
check "unknown command" 2 "no command 'frob'" frob
for command in load unload status report audit; do
	check "$command --help" 0 "usage: nooksctl $command" $command --help
	check "$command --frob" 2 'try: nooksctl' $command --frob
done
check "load of nothing" 2 'no driver given' load
check "load of an unknown module" 1 'hint: nooksctl link' load no_such_driver_here
check "load of no module" 1 'not a kernel module' load "$here/commands.sh" ./
echo "1..$n"
exit $failed
