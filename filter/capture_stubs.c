// SPDX-License-Identifier: GPL-2.0-only
/*
 * Only libpcap's filter compiler is used. Its table of capture modules would pull raw
 * sockets, USB, Bluetooth, netfilter and D-Bus into the static binary: 150 KB that a dead
 * handle never runs, and D-Bus has no static library. So the modules' entry points are
 * stubbed here. The stubs are weak: if the real ones are linked for another reason, they win.
 */
#include <stdlib.h>

#define STUB(name)                                                                                 \
	__attribute__((weak)) void name(void);                                                     \
	void name(void)                                                                            \
	{                                                                                          \
		abort();                                                                           \
	}

STUB(bt_create)
STUB(bt_findalldevs)
STUB(bt_monitor_create)
STUB(bt_monitor_findalldevs)
STUB(dbus_create)
STUB(dbus_findalldevs)
STUB(netfilter_create)
STUB(netfilter_findalldevs)
STUB(pcap_create_interface)
STUB(pcap_platform_finddevs)
STUB(usb_create)
STUB(usb_findalldevs)

/*
 * libpcap uses scanf(3) only for DECnet addresses ("decnet host 1.2"), at a cost of 90 KB of number
 * parsing. Linux 6.1 dropped DECnet; with this stub such an address is rejected as malformed.
 * Three names: musl's, glibc's, and glibc's since 2.38.
 */
#undef sscanf
#define NO_SCANF(name)                                                                             \
	__attribute__((weak)) int name(const char *text, const char *format, ...);                 \
	int name(const char *text, const char *format, ...)                                        \
	{                                                                                          \
		return 0;                                                                          \
	}

NO_SCANF(sscanf)
NO_SCANF(__isoc99_sscanf)
NO_SCANF(__isoc23_sscanf)
