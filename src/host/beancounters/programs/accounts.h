/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* The account of an instance, and how it is charged. ../maps.ts says the same of the layout. */
#pragma once
#include "kernel.h"

enum resource { TCP_SOCKETS, OTHER_SOCKETS, RESOURCES };

struct account {
	u64 held;
	u64 peak;
	u64 refusals;
};

/* Belongs to the instance's v2 group, as long as there is one. */
struct accounts {
	/* Number of that group; 0 until the daemon has opened the account. */
	u64 group;
	struct account of[RESOURCES];
};

/* Apart from the accounts, since the daemon replaces them as a whole. */
struct limits {
	u64 of[RESOURCES];
};

/* The loader makes the maps and puts their descriptors where these names are used. */
extern struct map {
	int unused;
} accounts_map, limits_map, charges_map;

INLINE u64 limit_of(struct accounts *accounts, enum resource resource)
{
	u64 group = accounts->group;
	struct limits *limits = map_lookup(&limits_map, &group);
	return limits ? limits->of[resource] : ~0ULL;
}

INLINE void raise_peak(struct account *account, u64 held)
{
	/* Another processor may be quicker a few times, and then its peak is the newer one. */
	for (int tries = 0; tries < 3; tries++) {
		u64 peak = *(volatile u64 *)&account->peak;
		if (held <= peak || __sync_val_compare_and_swap(&account->peak, peak, held) == peak)
			return;
	}
}

/* Charges one socket, up to `limit`; 0 when that would be passed, which is then counted. */
INLINE int charge(struct accounts *accounts, enum resource resource, u64 cookie, u64 limit)
{
	struct account *account = &accounts->of[resource];
	u64 held = __sync_fetch_and_add(&account->held, 1) + 1;
	if (held > limit) {
		__sync_fetch_and_add(&account->held, -1);
		__sync_fetch_and_add(&account->refusals, 1);
		return 0;
	}
	raise_peak(account, held);
	u64 kind = resource;
	/* With the table full it goes uncounted, so that what ends is never taken off twice. */
	if (map_update(&charges_map, &cookie, &kind, 0) != 0)
		__sync_fetch_and_add(&account->held, -1);
	return 1;
}

/* Takes back what is charged for a socket, if anything is. */
INLINE void release(struct accounts *accounts, u64 cookie)
{
	u64 *charged = map_lookup(&charges_map, &cookie);
	if (!charged)
		return;
	u64 kind = *charged;
	/* Of two that release at once only one deletes. */
	if (map_delete(&charges_map, &cookie) != 0)
		return;
	struct account *account = kind == TCP_SOCKETS ? &accounts->of[TCP_SOCKETS] : &accounts->of[OTHER_SOCKETS];
	__sync_fetch_and_add(&account->held, -1);
}
