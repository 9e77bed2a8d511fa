#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Build the kernel modules: build.sh RELEASE OUTDIR [MAKE-ARGUMENT]...
#
# Runs nooksgen over idl/ and Kbuild over the result: OUTDIR gets nooks.ko,
# nooks_<class>.ko and a Module.symvers of all of them, for `nooksctl link`.
# Work files are in OUTDIR/obj, where the sources are symbolic links, so that
# nothing is written beside the sources and only what changed is built again.
#
# Environment: NOOKSGEN (default: nooksgen), NOOKS_JOBS (default: 2).
# MAKE-ARGUMENTs go to Kbuild: W=1, C=1 (sparse), V=1 ...
set -eu

usage() {
	sed -n '4,13s/^# \{0,1\}//p' "$0" >&2
	exit 2
}
[ $# -ge 2 ] || usage
release=$1
out=$2
shift 2

top=$(cd "$(dirname "$0")/../.." && pwd)
kernel=/lib/modules/$release/build
if [ ! -e "$kernel/Makefile" ]; then
	echo "build.sh: no headers of kernel $release: install linux-headers-$release" >&2
	exit 1
fi
mkdir -p "$out/obj"
out=$(cd "$out" && pwd)
obj=$out/obj

# Mirror DIR: every source a link; links whose source is gone are removed.
mirror() {
	mkdir -p "$obj/$1"
	(cd "$top/$1" && find . -type d) | while read -r d; do
		mkdir -p "$obj/$1/$d"
	done
	(cd "$top/$1" && find . -type f \( -name '*.[chS]' -o -name Kbuild \)) |
	while read -r f; do
		[ -L "$obj/$1/$f" ] || ln -s "$top/$1/$f" "$obj/$1/$f"
	done
	find "$obj/$1" -xtype l -delete
}
mirror runtime
mirror kernel-glue/entry
mirror kernel-glue/class

"${NOOKSGEN:-nooksgen}" generate --kernel "$release" --idl "$top/idl" \
	--templates "$top/templates" --output "$obj/kernel-glue/class"

# A class whose .idl is gone must not be built from old output.
for f in "$obj"/kernel-glue/class/nooks_*.kbuild; do
	class=${f##*/nooks_}
	[ -e "$top/idl/${class%.kbuild}.idl" ] || rm -f "${f%.kbuild}"[._]*
done

kbuild() {
	dir=$1
	shift
	make -s -j"${NOOKS_JOBS:-2}" -C "$kernel" M="$obj/$dir" "$@" modules
}
kbuild runtime "$@"
kbuild kernel-glue/class KBUILD_EXTRA_SYMBOLS="$obj/runtime/Module.symvers" "$@"

for f in "$obj"/runtime/nooks.ko "$obj"/kernel-glue/class/nooks_*.ko; do
	cmp -s "$f" "$out/${f##*/}" || cp "$f" "$out/"
done
cat "$obj/runtime/Module.symvers" "$obj/kernel-glue/class/Module.symvers" >"$out/Module.symvers"
