# SPDX-License-Identifier: GPL-2.0
# The negative control of the attack suite: the same driver, not isolated, does its harm.
# boot: --native --append "slub_debug=FZP,kmalloc-256 log_buf_len=8M" --module victim --module attack
# boot: --file @TOP@/tests/vm/attack:/attack
# timeout: 240
. /lib/nooks/guest.sh
. /attack/guest.sh

check "the victim subsystem loads" load victim
check "its driver loads" load attack
check "its driver answers" alive
rows /attack/table native "$ATTACKS"
finish
