// A POP over its capacity sends a share of its client networks to the next POP; FastRoute (Flavel et al., NSDI 2015)
// shows that each site can decide this alone, from its own load. An answer takes a TTL to show in the load, so a controller that
// moves before that overshoots and swings. This one waits out that time, moves to the middle of a dead band
// (between LOW and 1 times the capacity, where it rests), goes up at once when the load still grows, and comes down slowly.

export interface SheddingSettings {
  /** How long until the load shows the effect of a change, about a TTL. */
  settleMs: number;
  /** A load this old is no longer believed. */
  staleMs: number;
}

export interface SheddingState {
  /** 0 to MAX_SHED. */
  shed: number;
  /** Monotonic time of the last change of `shed`. */
  changedAtMs: number;
  /** Load at that time, against which growth is judged. */
  loadAtChange: number;
  /** Monotonic time and value of the last load heard; undefined before the first. */
  heard?: { load: number; atMs: number };
}

/** Below this share of its capacity a POP takes clients back. */
const LOW = 0.8;
/** Where it aims: the middle of the dead band, so that noise of 10 % either way moves nothing. */
const AIM = 0.9;
/** Something always stays, or the load could not tell when the crowd is gone. */
const MAX_SHED = 0.95;
/** Growth that need not wait for the last change to settle: the change was too small. */
const GROWTH = 1.1;
/** At most so much comes back at a time, and half of what could: clients coming back must not overload it again. */
const MAX_RETURN = 0.1;
const RETURN_SHARE = 0.5;
/** Steps of `shed`, so that tiny changes make no new snapshots. */
const GRAIN = 1 / 128;

export function initialShedding(nowMs: number): SheddingState {
  return { shed: 0, changedAtMs: nowMs, loadAtChange: 0 };
}

/** After a load, in the unit of `capacity`, was heard at monotonic `nowMs`. */
export function afterLoad(
  state: SheddingState,
  load: number,
  capacity: number,
  settings: SheddingSettings,
  nowMs: number,
): SheddingState {
  const heard = { load, atMs: nowMs };
  const settled = nowMs - state.changedAtMs >= settings.settleMs;
  const wanted = wantedShed(state.shed, load, capacity);
  if (load > capacity) {
    const mayRise = state.shed === 0 || settled || load > state.loadAtChange * GROWTH;
    return mayRise ? move({ ...state, heard }, ceil(wanted), load, nowMs) : { ...state, heard };
  }
  // The way back waits twice as long as the way up.
  const rested = nowMs - state.changedAtMs >= 2 * settings.settleMs;
  if (load >= LOW * capacity || state.shed === 0 || !rested) return { ...state, heard };
  const back = Math.min(MAX_RETURN, (state.shed - Math.max(0, wanted)) * RETURN_SHARE);
  // The last bit goes at once: a half of it for ever would never be none.
  const next = wanted <= 0 && state.shed - back < MAX_RETURN / 4 ? 0 : floor(state.shed - back);
  return move({ ...state, heard }, next, load, nowMs);
}

/** When no load was heard: the shed fraction holds while the last one is fresh, then halves every settling time. */
export function afterSilence(state: SheddingState, settings: SheddingSettings, nowMs: number): SheddingState {
  if (state.shed === 0) return state;
  const silentSince = state.heard?.atMs ?? state.changedAtMs;
  if (nowMs - silentSince < settings.staleMs || nowMs - state.changedAtMs < settings.settleMs) return state;
  const half = state.shed / 2;
  return move(state, half < MAX_RETURN / 4 ? 0 : floor(half), state.loadAtChange, nowMs);
}

/** The share that would bring the load to the aim, if load follows what is not shed. */
function wantedShed(shed: number, load: number, capacity: number): number {
  return load <= 0 ? 0 : 1 - ((1 - shed) * AIM * capacity) / load;
}

function move(state: SheddingState, wanted: number, load: number, nowMs: number): SheddingState {
  const shed = Math.min(MAX_SHED, Math.max(0, wanted));
  return shed === state.shed ? state : { ...state, shed, changedAtMs: nowMs, loadAtChange: load };
}

function ceil(share: number): number {
  return Math.ceil(share / GRAIN) * GRAIN;
}

function floor(share: number): number {
  return Math.floor(share / GRAIN) * GRAIN;
}
