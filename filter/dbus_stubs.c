/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libpcap.a of some distributions can capture from D-Bus, and its table of capture modules
 * pulls that code into every static program. Its symbols would need libdbus, which in turn
 * needs libsystemd and is not there as a static library. Filters are compiled on dead
 * handles, which never open a capture device, so none of these is ever called.
 */
#include <stdlib.h>

#define STUB(name)                                                                                 \
	void name(void);                                                                           \
	void name(void)                                                                            \
	{                                                                                          \
		abort();                                                                           \
	}

STUB(dbus_bus_add_match)
STUB(dbus_bus_get)
STUB(dbus_bus_register)
STUB(dbus_connection_flush)
STUB(dbus_connection_open)
STUB(dbus_connection_pop_message)
STUB(dbus_connection_read_write)
STUB(dbus_connection_send)
STUB(dbus_connection_set_max_received_size)
STUB(dbus_connection_unref)
STUB(dbus_error_free)
STUB(dbus_error_is_set)
STUB(dbus_free)
STUB(dbus_message_demarshal)
STUB(dbus_message_is_signal)
STUB(dbus_message_marshal)
STUB(dbus_message_unref)
