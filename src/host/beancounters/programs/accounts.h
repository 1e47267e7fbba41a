/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* The account of an instance, and how it is charged. ../maps.ts says the same of the layout. */
#pragma once
#include "../../bpf/kernel.h"

enum resource { TCP_SOCKETS, OTHER_SOCKETS, UNIX_SOCKETS, FILES, TERMINALS, RESOURCES };

struct account {
	u64 held;
	u64 peak;
	u64 refusals;
};

struct accounts {
	struct account of[RESOURCES];
};

/* What the programs of an instance's v2 group find at once. The daemon alone writes it, as a whole. */
struct followed {
	/* Number of that group; 0 until the daemon has opened the account. */
	u64 group;
	/* Bits of the resources whose programs are attached to it; for the daemon. */
	u64 resources;
	u64 limits[RESOURCES];
};

/* Who is charged for an object of the kernel. */
struct charge {
	u64 group;
	/* Bits of resources: a terminal is a file too. */
	u64 resources;
};

/* The loader makes the maps and puts their descriptors where these names are used. */
extern struct map {
	int unused;
} followed_map, accounts_map, charges_map;

/* Of the group whose program runs. */
INLINE struct followed *own_group(void)
{
	return own_storage(&followed_map, 0);
}

INLINE struct account *account_of(u64 group, enum resource resource)
{
	struct accounts *accounts = map_lookup(&accounts_map, &group);
	return accounts ? &accounts->of[resource] : 0;
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

/* Takes back all that is charged for an object, if anything is. */
INLINE void release(u64 object)
{
	struct charge *known = map_lookup(&charges_map, &object);
	if (!known)
		return;
	struct charge charge = *known;
	/* Of two that release at once only one deletes. */
	if (map_delete(&charges_map, &object) != 0)
		return;
	struct accounts *accounts = map_lookup(&accounts_map, &charge.group);
	if (!accounts)
		return;
#pragma unroll
	for (int resource = 0; resource < RESOURCES; resource++)
		if (charge.resources & 1 << resource)
			__sync_fetch_and_add(&accounts->of[resource].held, -1);
}

/* Writes down who is charged for an object; 0 when the table is full. */
INLINE int note_charge(u64 object, u64 group, enum resource resource)
{
	struct charge charge = { .group = group, .resources = 1 << resource };
	if (map_update(&charges_map, &object, &charge, ONLY_NEW) == 0)
		return 1;
	struct charge *known = map_lookup(&charges_map, &object);
	if (!known)
		return 0;
	if (known->group == group && !(known->resources & charge.resources)) {
		known->resources |= charge.resources;
		return 1;
	}
	/* Another object had that address, and its end has been missed. */
	release(object);
	return map_update(&charges_map, &object, &charge, ONLY_NEW) == 0;
}

/* Charges one object, up to `limit`; 0 when that would be passed, which is then counted. */
INLINE int charge(u64 group, enum resource resource, u64 object, u64 limit)
{
	struct account *account = account_of(group, resource);
	if (!account)
		return 1;
	u64 held = __sync_fetch_and_add(&account->held, 1) + 1;
	if (held > limit) {
		__sync_fetch_and_add(&account->held, -1);
		__sync_fetch_and_add(&account->refusals, 1);
		return 0;
	}
	raise_peak(account, held);
	/* With the table full it goes uncounted, so that what ends is never taken off twice. */
	if (!note_charge(object, group, resource))
		__sync_fetch_and_add(&account->held, -1);
	return 1;
}

/* The same in the group's own program, within its limit. */
INLINE int charge_own(enum resource resource, u64 object)
{
	struct followed *followed = own_group();
	return followed->group == 0 || charge(followed->group, resource, object, followed->limits[resource]);
}
