# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # variables are set by boot
#
# image.sh: makes the initramfs of one guest. Sourced by tests/vm/boot.
#
# Contract: make_image writes $WORK/initrd: a cached cpio archive with busybox and nooksctl,
# followed by an archive with what this run alone needs. Neither is compressed: unpacking in an
# emulated kernel costs more than copying. Anything asked for and not found is an error.

LINKED=()	# files that --link made

# Programs that are in every guest if they are built: name of the file under $BUILD.
GUEST_PROGRAMS=(kernel-glue/ctl/nooksctl)

# The newest kernel that can be booted; one that nooks was built for comes first.
newest_kernel() {
	local k found=''
	for k in $(printf '%s\n' /boot/vmlinuz-* | sed 's|.*/vmlinuz-||' | sort -rV); do
		[ -r "/boot/vmlinuz-$k" ] && [ -f "/lib/modules/$k/modules.dep" ] || continue
		: "${found:=$k}"
		[ ! -f "$BUILD/kernel/$k/nooks.ko" ] || { found=$k; break; }
	done
	[ -n "$found" ] && echo "$found"
}

archive() {	# FOLDER: its contents as a cpio archive
	(cd "$1" && find . -mindepth 1 | sort | cpio -o -H newc -R 0:0 --quiet)
}

put_program() {	# ROOT PROGRAM GUEST-PATH: with its shared libraries
	local lib
	install -D -m 755 "$2" "$1$3" || return 1
	for lib in $(ldd "$2" 2>/dev/null | grep -o '/[^ ]*'); do
		[ -e "$1$lib" ] || install -D -m 755 "$lib" "$1$lib" || return 1
	done
}

built_nooksctl() {
	local p
	for p in "${GUEST_PROGRAMS[@]}"; do
		[ ! -x "$BUILD/$p" ] || { echo "$BUILD/$p"; return; }
	done
	return 1
}

# The part that is the same for every run. Its name carries a checksum of all that goes into it, so
# that it is never out of date; it is put in place by a rename, so that parallel runs do not meet.
base_image() {
	local p key root
	key=$({ busybox | head -n 1; stat -c '%n %s %Y' "$(command -v busybox)" "$HERE"/lib/*
		for p in "${GUEST_PROGRAMS[@]}"; do
			[ ! -x "$BUILD/$p" ] || stat -c '%n %s %Y' "$BUILD/$p"
		done; } | cksum | tr ' ' -)
	BASE=$BUILD/vm/base-$key.cpio
	[ ! -s "$BASE" ] || return 0
	mkdir -p "$BUILD/vm" || return 1
	root=$WORK/base
	mkdir -p "$root"/{bin,dev,etc,lib/nooks,m,mnt,proc,root,run,sys,tmp,usr/share/udhcpc,var}
	install -m 755 "$(command -v busybox)" "$root/bin/busybox" || return 1
	file_is_static "$root/bin/busybox" || { say "busybox-static is needed"; return 1; }
	for p in $(busybox --list); do
		[ "$p" = busybox ] || ln -s busybox "$root/bin/$p"
	done
	ln -s bin "$root/sbin"
	for p in "${GUEST_PROGRAMS[@]}"; do
		[ ! -x "$BUILD/$p" ] || put_program "$root" "$BUILD/$p" "/bin/${p##*/}" || return 1
	done
	install -m 755 "$HERE/lib/init" "$root/init" || return 1
	install -m 755 "$HERE/lib/load" "$root/bin/load" || return 1
	install -m 755 "$HERE/lib/udhcpc.script" "$root/usr/share/udhcpc/default.script" || return 1
	install -m 644 "$HERE/lib/guest.sh" "$root/lib/nooks/guest.sh" || return 1
	archive "$root" >"$BASE.$$" && mv "$BASE.$$" "$BASE" || { rm -f "$BASE.$$"; return 1; }
	# keep the few newest; others may be in use by a run of another build right now
	find "$BUILD/vm" -name 'base-*' -mmin +600 ! -path "$BASE" -delete
}

file_is_static() { ! ldd "$1" >/dev/null 2>&1; }

modname() { local b=${1##*/}; b=${b%.ko}; echo "${b//-/_}"; }

# A module file for a name: one given on the command line, then one of ours, then the kernel's.
find_module() {
	local f
	for f in ${MODULES[@]+"${MODULES[@]}"} ${LINKED[@]+"${LINKED[@]}"} "$BUILD/kernel/$KERNEL"/*.ko \
		 "$BUILD/kernel/$KERNEL"/tests/*/*.ko; do
		if [ -f "$f" ] && [ "$(modname "$f")" = "$1" ]; then echo "$f"; return; fi
	done
	f=$(sed -n -E "s|^([^:]*/)($2)\.ko:.*|\1\2.ko|p" "/lib/modules/$KERNEL/modules.dep" | head -n 1)
	[ -n "$f" ] && echo "/lib/modules/$KERNEL/$f"
}

pattern() { echo "${1//[_-]/[_-]}"; }

is_builtin() { grep -q "/$(pattern "$1")\.ko\$" "/lib/modules/$KERNEL/modules.builtin"; }

# Puts a module (file or name) and all that it depends on into /m, and a line
# "name: dependency..." into /m/modules.dep for the guest's "load".
add_module() {
	local name file dep deps
	name=$(modname "$1")
	[ ! -e "$ROOT/m/$name.ko" ] || return 0
	file=$1
	case $1 in
	*/*|*.ko) [ -f "$file" ] || { say "module $1: no such file"; return 1; } ;;
	*)	file=$(find_module "$name" "$(pattern "$name")") || {
			is_builtin "$name" && return 0
			say "module $1: not found in the build nor in /lib/modules/$KERNEL"
			return 1
		} ;;
	esac
	cp "$file" "$ROOT/m/$name.ko" || return 1
	deps=$(module_deps "$file") || return 1
	for dep in $deps; do add_module "$dep" || return 1; done
	echo "$name:${deps:+ $deps}" >>"$ROOT/m/modules.dep"
}

module_deps() {	# names, underscores for dashes
	modinfo -F depends "$1" | tr ',' '\n' | tr '-' '_' | sed '/^$/d' | sort -u | tr '\n' ' ' |
		sed 's/ $//'
}

# "DRIVER[,HELPER]...": linked into one domain by "nooksctl link". /m/NAME.ko becomes the linked
# module, /m/native/NAME.ko is the file as it was, /m/DRIVER.link.json the linker's summary.
add_linked() {
	local name file ctl part out inputs=() names=() wrappers=()
	ctl=$(built_nooksctl) || { say "--link: nooksctl is not built in $BUILD"; return 1; }
	mkdir -p "$ROOT/m/native"
	for part in ${1//,/ }; do
		name=$(modname "$part")
		case $part in
		*/*|*.ko) file=$part ;;
		*)	file=$(find_module "$name" "$(pattern "$name")") ||
				{ say "--link $part: not found"; return 1; } ;;
		esac
		[ -f "$file" ] || { say "--link $file: no such file"; return 1; }
		cp "$file" "$ROOT/m/native/$name.ko" || return 1
		inputs+=("$ROOT/m/native/$name.ko")
		names+=("$name")
	done
	out=$WORK/linked/${names[0]}
	mkdir -p "$out"
	# What a driver may import: the kernel's exports and those of the test subsystems.
	for file in "/lib/modules/$KERNEL/build/Module.symvers" \
		    "$BUILD/kernel/$KERNEL"/tests/*/Module.symvers; do
		[ ! -f "$file" ] || cat "$file"
	done | awk -F'\t' '!seen[$2]++' >"$WORK/symvers"
	for file in "$BUILD/kernel/$KERNEL/Module.symvers" ${WRAPPERS[@]+"${WRAPPERS[@]}"}; do
		wrappers+=(--wrappers "$file")
	done
	"$ctl" link --json --kernel "$KERNEL" --kernel-symvers "$WORK/symvers" "${wrappers[@]}" \
		"${inputs[@]}" -o "$out/" >"$ROOT/m/${names[0]}.link.json" ||
		{ say "nooksctl link ${names[*]}: failed"; return 1; }
	# first all files, so that the helpers are not looked for elsewhere
	for name in "${names[@]}"; do LINKED+=("$out/$name.ko"); done
	for name in "${names[@]}"; do add_module "$out/$name.ko" || return 1; done
}

make_image() {
	local m f host guest
	base_image || { say "cannot make the base image"; return 1; }
	ROOT=$WORK/root
	mkdir -p "$ROOT/m" "$ROOT/nooks-vm"
	: >"$ROOT/m/modules.dep"
	if [ -z "$NATIVE" ]; then
		for m in "$BUILD/kernel/$KERNEL"/nooks*.ko; do
			[ ! -f "$m" ] || add_module "$m" || return 1
		done
	fi
	for m in ${LINKS[@]+"${LINKS[@]}"}; do add_linked "$m" || return 1; done
	for m in ${MODULES[@]+"${MODULES[@]}"}; do add_module "$m" || return 1; done
	for f in ${PROGRAMS[@]+"${PROGRAMS[@]}"}; do
		host=${f%%:*} guest=/bin/${host##*/}
		[ "$host" = "$f" ] || guest=${f#*:}
		[ -x "$host" ] || { say "$host: no such program"; return 1; }
		put_program "$ROOT" "$host" "$guest" || return 1
	done
	for f in ${FILES[@]+"${FILES[@]}"}; do
		host=${f%:*} guest=${f##*:}
		[ "$host" != "$f" ] || guest=/${host##*/}
		[ -e "$host" ] || { say "$host: no such file"; return 1; }
		mkdir -p "$ROOT$(dirname "/$guest")"
		cp -aL "$host" "$ROOT/$guest" || return 1
	done
	{
		echo "NONCE=$NONCE"
		echo "EXIT_MAGIC=$EXIT_MAGIC"
		echo "SHELL_MODE=$SHELL_MODE"
	} >"$ROOT/nooks-vm/private"
	for f in ${ENVS[@]+"${ENVS[@]}"}; do
		printf "export %s='%s'\n" "${f%%=*}" "$(printf %s "${f#*=}" | sed "s/'/'\\\\''/g")"
	done >"$ROOT/nooks-vm/env"
	[ -z "$SCRIPT" ] || cp "$SCRIPT" "$ROOT/nooks-vm/script" || return 1
	{ cat "$BASE"; archive "$ROOT"; } >"$WORK/initrd"
}
