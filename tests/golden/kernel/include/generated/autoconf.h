/* SPDX-License-Identifier: GPL-2.0 */
#define CONFIG_WIDGETS 1
