// Limits of the baselines, and the numbers that they speak at, each with its reason.

/** Entities of one kind that have a baseline; about 0.2 KB each, and 0.1 KB for a second rate. */
export const MAX_ENTITIES = 100_000

/** Values that are remembered of one entity; one with more has no usual. */
export const MAX_KNOWN = 16

/** Resources that are remembered of one client. */
export const MAX_RESOURCES = 64

/** When a rate is far off. */
export interface RateLimits {
  /** Length of a bucket of event time, ms. */
  readonly bucketMs: number
  /** How many times the usual it must be. */
  readonly factor: number
  /** The same beside what all users do, of one without a past; null: such a one is not compared. */
  readonly crowdFactor: number | null
  /** How much it must be at least. */
  readonly floor: number
}

const minuteMs = 60_000
const hourMs = 3_600_000
export const DAY_MS: number = 24 * hourMs

/** When one began to watch is one number; in a map with room, for one that is full moves it. */
export const BEGUN_ROOM = 4

/** How long one watches before one speaks, ms: a day has its night, and its jobs of the night. */
export const LEARN_MS: number = DAY_MS

/** Buckets with something in them before a rate has a usual. */
export const MIN_BUCKETS = 5

/** How much the last bucket counts for the usual: about the last twenty of them. */
export const EWMA_WEIGHT = 0.1

/** Closed buckets of all users together before one without a past is compared with them. */
export const MIN_CROWD = 200

/** Bulk data: an hour's bytes, how many times the usual, and how many at least. */
export const BULK: RateLimits = { bucketMs: hourMs, factor: 20, crowdFactor: 50, floor: 5_000_000 }

/** Reads of one actor in an hour: far more of them than usual is bulk data, however small each. */
export const READS: RateLimits = { bucketMs: hourMs, factor: 20, crowdFactor: 50, floor: 300 }

/** Requests of one actor in ten minutes: a page that somebody uses makes up to a hundred. */
export const ACTOR_RATE: RateLimits = {
  bucketMs: 10 * minuteMs,
  factor: 20,
  crowdFactor: 50,
  floor: 300,
}

/** Time that an API worked for one actor in ten minutes, ms. */
export const ACTOR_TIME: RateLimits = {
  bucketMs: 10 * minuteMs,
  factor: 20,
  crowdFactor: 100,
  floor: 60_000,
}

/** Requests of one client, or to one route: a crowd that comes at once is no attack. */
export const CROWD_RATE: RateLimits = {
  bucketMs: 10 * minuteMs,
  factor: 50,
  crowdFactor: null,
  floor: 5_000,
}

/** Registrations in an hour: of one address, and of all. Automatic clients register per user. */
export const REGISTRATIONS: RateLimits = {
  bucketMs: hourMs,
  factor: 10,
  crowdFactor: null,
  floor: 20,
}

/** How long a client is new, ms. */
export const NEW_CLIENT_MS: number = DAY_MS

/** Users of a new client whose consents are said; with more of them it is known. */
export const FEW_USERS = 3

/** A consent that is taken back within this, ms, was one that somebody regrets. */
export const REGRET_MS: number = hourMs

/** How long after its registration was read or changed a use of a client may be the thief's, ms. */
export const TOUCHED_MS: number = DAY_MS

/** Uses of a client before an odd one is odd: a nightly job has had a working week. */
export const MIN_USES = 5

/** How long a client sleeps before it wakes, ms: longer than a weekend with its holidays. */
export const DORMANT_MS: number = 5 * DAY_MS

/** And how many times its usual pause: a monthly job sleeps for no longer than it always does. */
export const DORMANT_TIMES = 10

/** Pauses, ms, below which a client is at work still. */
export const PAUSE_MS: number = hourMs

/** Pauses of a client before it has a usual one. */
export const MIN_PAUSES = 5

/** How long after it woke a client is waking still, ms: a token first, then what it is for. */
export const WAKING_MS: number = hourMs

/** Users whom one address polls for before it is that of no living room. */
export const MANY_USERS = 5

/** How often two programs have shared a token before that is how a client works. */
export const MIN_PAIRS = 3

/** And of which part of its tokens. A thief who comes often stays rare. */
export const USUAL_SHARE = 0.05

/** Programs of a client's devices are known after so many grants. */
export const MIN_GRANTS = 5
