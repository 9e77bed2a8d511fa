# SPDX-License-Identifier: GPL-2.0
# The negative control of the faults in e1000: the same store into kernel memory by the same driver file,
# not isolated, panics the kernel.
# boot: --native --module e1000 --module inject --device e1000,netdev=n0
# timeout: 90
# expect: crash Kernel panic
. /lib/nooks/guest.sh

load e1000
wait_for 10 netdev_of e1000
dhcp "$(netdev_of e1000)"
load inject
echo "e1000 wild-store" >/sys/kernel/debug/nooks-inject/do
ping -c 5 10.0.2.2
finish
