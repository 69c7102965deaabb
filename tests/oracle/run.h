// SPDX-License-Identifier: Apache-2.0
// The game: docs/prover-model.md step by step, for the struct, requirements and effects of one policy.
static u32 horizon(int phase) { return phase < 2 ? 0 : 1u << (phase - 2); }
static int gave_up(int c) { return limit_ && work[c] > limit_; }
static int open_(struct S *s, int o) {
  if (!(C->hoped >> o & 1) || gave_up(s->kase)) return 0;
  int b = best[s->kase][o];
  if (s->phase == 0) return s->told ? b == NEVER : b != SILENT;
  int least = s->phase == 1 ? 0 : 1 + (int)horizon(s->phase - 1);  /* shorter ones were excluded before */
  return b > least && (!s->told || b > s->t);
}
static int live(struct S *s) { for (int o = 0; o < SZ_T; o++) if (open_(s, o)) return 1; return 0; }
static void leave(struct S *s, int o) {
  int *b = &best[s->kase][o];
  int w = !s->told ? SILENT : s->phase == 0 ? REACHED : s->t;
  if (*b == NEVER || w < *b) *b = w;
}
static void tidy(struct S *s) {  /* what can no longer matter is not remembered */
  s->known &= ~C->proves; s->bound &= ~(s->known | C->proves);
  if (s->told) { s->silenced = 0; memset(s->old, 0, sizeof s->old); }
}
static void tell(struct S *s, u32 channels) {
  if (!s->told && (channels & C->reach & ~s->silenced)) { s->told = 1; s->t = 0; }
}
static int gains(struct S *a, struct S *s) {  /* anything that the attacker could want */
  u32 proofs = a->bound | a->known | C->proves;
  return (s->held & ~a->held) || ((s->bound | s->known) & ~proofs) || s->enrolled != a->enrolled
    || (s->silenced & ~a->silenced) || (!s->told && memcmp(s->old, a->old, sizeof s->old));
}
static void effect(struct S *s, int r);
static int can(struct S *s, int r, u32 u) {
  if (!(useful[s->told] >> r & 1) || (u & ~C->spendable) || (u & s->spent) || !live(s)) return 0;
  if (slot[r] >= 0 && s->pend[slot[r]]) return 0;
  if (!meets(s, r, provable(s, r, u))) return 0;
  for (u32 m = u; m; m &= m - 1)  /* requirements are monotone: minimal = no single one can be left out */
    if (meets(s, r, provable(s, r, u & ~(m & -m)))) return 0;
  return 1;
}
static void act(struct S *s, int r, u32 u) {
  struct S before = *s;
  work[s->kase]++;
  u32 p = provable(s, r, u);
  s->spent |= u; tell(s, notify[r]);
  if (slot[r] >= 0) { s->pend[slot[r]] = 1 + delay[r]; s->given[slot[r]] = p & asked[r]; }
  else effect(s, r);
  tidy(s);
  if (safe[r] && !PLAIN_GAME && !gains(&before, s)) *s = before;
}
static int due(struct S *s, int r) {
  int i = slot[r];
  return s->pend[i] == 1 && meets(s, r, request[r] ? s->given[i] : s->given[i] & s->enrolled);
}
static int fires(struct S *s, int r) { return live(s) && due(s, r); }
static void fire(struct S *s, int r) { s->pend[slot[r]] = 0; s->given[slot[r]] = 0; effect(s, r); tidy(s); }
static int passes(struct S *s) {
  if (!live(s) || (s->told && s->phase > 0 && s->t >= horizon(s->phase))) return 0;
  for (int r = 0; r < SZ_R; r++) if (slot[r] >= 0 && due(s, r)) return 0;
  return 1;
}
static void pass(struct S *s) {
  work[s->kase]++;
  for (int i = 0; i < SZ_S; i++) if (s->since[i] < since_cap[i]) s->since[i]++;
  for (int i = 0; i < SZ_A; i++) if ((s->held >> aged[i] & 1) && s->age[i] < age_cap[i]) s->age[i]++;
  for (int i = 0; i < SZ_F; i++) if (s->fading[i]) s->fading[i]--;
  for (int i = 0; i < SZ_P; i++) if (s->pend[i] > 1) s->pend[i]--;
  for (int i = 0; i < SZ_K; i++) if (s->old[i] && !--s->old[i]) s->silenced |= 1 << i;
  if (s->told && s->phase > 0) s->t++;
}
/* What no way can reach even if nothing is ever lost, spent or waited for. */
static void hope(struct Case *c) {
  u32 held = c->facts, p = c->bound | c->proves | ONCE(c->spendable), there = c->enrolled, gone = 0;
  for (u64 last = ~0ull; last != c->possible;) {
    last = c->possible;
    for (int r = 0; r < SZ_R; r++) {
      if (!may(r, held, request[r] ? p : p & there, c->enrolled & ~gone)) continue;
      c->possible |= 1ull << r;
      held |= gives_fact[r]; p |= gives_factor[r]; there |= gives_factor[r]; gone |= takes_factor[r];
    }
  }
  for (int r = 0; r < SZ_R; r++) if (goal[r] >= 0 && (c->possible >> r & 1)) c->hoped |= 1u << goal[r];
}
/* The rules that can help to a goal that is still open: before and after the owner is told. */
static void slice(struct S *s, int told) {
  struct Case *c = C;
  u64 kept = 0, last = ~0ull;
  for (int r = 0; r < SZ_R; r++) if (goal[r] >= 0 && open_(s, goal[r])) kept |= 1ull << r;
  while (last != kept) {
    u32 facts = 0, factors = 0, ranks = 0, singles = 0, channels = 0, removed = 0;
    last = kept;
    for (int r = 0; r < SZ_R; r++) if (kept >> r & 1) {
      facts |= asked_fact[r] & ~c->given_facts; factors |= asked[r]; ranks |= ranked[r]; singles |= adds_once[r];
      channels |= notify[r] & c->reach; removed |= takes_factor[r];
    }
    factors &= ~(c->proves & c->enrolled & ~removed);
    for (int r = 0; r < SZ_R; r++)
      if ((c->possible >> r & 1) && ((gives_fact[r] & facts) || (gives_factor[r] & factors)
          || (takes_factor[r] & (ranks | (singles & factors))) || (!told && (mutes[r] & channels)))) kept |= 1ull << r;
  }
  useful[told] = kept;
}
static void begin(struct S *s) {
  struct Case *c = C;
  slice(s, 0); slice(s, 1);
  if (PLAIN_GAME) useful[0] = useful[1] = ~0ull;
  s->held = c->facts; s->enrolled = c->enrolled; s->bound = c->bound;
  for (int i = 0; i < SZ_S; i++) s->since[i] = c->since[i];
  for (int i = 0; i < SZ_A; i++) s->age[i] = c->age[i];
  for (int i = 0; i < SZ_F; i++) s->fading[i] = c->fading[i];
  tidy(s);
}
static int unsettled(struct S *s) {
  if (gave_up(s->kase)) return 0;
  for (int o = 0; o < SZ_T; o++)
    if (best[s->kase][o] > (s->phase == 0 ? -1 : (int)horizon(s->phase))) return 1;
  return 0;
}
static int more(struct S *s) { return unsettled(s) || s->kase + 1 < ncases; }
static void next(struct S *s) {
  if (unsettled(s)) { if (++s->phase > 16) { puts("HORIZON"); exit(3); } } else { s->phase = 0; s->kase++; }
}
static void report(void) {
  for (int c = 0; c < ncases; c++) {
    printf("ROW");
    for (int o = 0; o < SZ_T; o++) printf(" %d", gave_up(c) ? GAVE_UP : best[c][o]);
    printf("\n");
  }
}
static u32 number(FILE *f) { u32 n; if (fscanf(f, "%u", &n) != 1) { puts("BAD CASES"); exit(3); } return n; }
static void load(void) {
  FILE *f = fopen(getenv("ORACLE_CASES"), "r");
  if (!f) { puts("BAD CASES"); exit(3); }
  ncases = number(f); limit_ = number(f);
  work = calloc(ncases, sizeof *work);
  cases = calloc(ncases, sizeof *cases); best = calloc(ncases, sizeof *best);
  for (int c = 0; c < ncases; c++) {
    struct Case *k = &cases[c];
    k->enrolled = number(f); k->bound = number(f); k->reach = number(f); k->proves = number(f);
    k->spendable = number(f); k->given_facts = number(f); k->facts = number(f);
    for (int i = 0; i < SZ_S; i++) k->since[i] = number(f);
    for (int i = 0; i < SZ_A; i++) k->age[i] = number(f);
    for (int i = 0; i < SZ_F; i++) k->fading[i] = number(f);
    for (int o = 0; o < SZ_T; o++) best[c][o] = NEVER;
    hope(k);
    if (PLAIN_GAME) k->hoped = ~0u;
  }
  fclose(f);
  atexit(report);
}
