// SPDX-License-Identifier: GPL-2.0-only
/*
 * libpcap is here for its compiler of expressions. Its list of capture modules would pull
 * raw sockets, USB, Bluetooth, netfilter and D-Bus into the static program: 150 KB that a
 * dead handle never runs, and D-Bus has no static library. So the modules' entry points
 * are defined here. They are weak: where the linker takes in the real ones for another
 * reason, those win.
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
 * libpcap scans one thing with scanf(3): DECnet addresses ("decnet host 1.2"). With all its kinds
 * of numbers that is 90 KB. Linux 6.1 dropped DECnet; without scanf such an address is refused as
 * malformed. Three names: musl's, and glibc's, which has a new one since 2.38.
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
