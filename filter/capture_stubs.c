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
