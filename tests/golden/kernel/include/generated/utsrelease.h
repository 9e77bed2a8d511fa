/* SPDX-License-Identifier: GPL-2.0 */
#define UTS_RELEASE "1.0-fake"
