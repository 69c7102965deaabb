// SPDX-License-Identifier: Apache-2.0
// What every policy's game needs first. SZ_* and the tables come from c_text.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
typedef unsigned char u8; typedef unsigned short u16; typedef unsigned int u32;
typedef unsigned long long u64;
#ifndef PLAIN_GAME
#define PLAIN_GAME 0
#endif
#define NEVER -2
#define SILENT -1
#define GAVE_UP -3
#define REACHED 1000000000
struct Case { u32 enrolled, bound, reach, proves, spendable, given_facts, facts;
  u32 since[SZ_S1], age[SZ_A1], fading[SZ_F1];
  u64 possible; u32 hoped; };
static u64 useful[2];  // rules that can help: before and after the owner is told
static u64 limit_, *work;  // transitions one case may take (0 = any number), and has taken
static struct Case *cases; static int ncases; static int (*best)[SZ_T];
static int ONCE(u32 u) { u32 m = 0; for (int i = 0; i < SZ_O; i++) if (u >> i & 1) m |= once[i]; return m; }
#define C (&cases[s->kase])
