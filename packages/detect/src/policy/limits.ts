/** Windows that are held: of each rule one for whom or what it is about. Some 20 MiB at most. */
export const windowsMax = 50_000

/** Milliseconds of a window, which begins with a record: thresholds of a policy are of an hour. */
export const windowMs: number = 60 * 60 * 1000

/** Records that a detection names: the first, and the newest. */
export const recordsMax = 10

/** Refusals of the same to the same in an hour that are more than a mistake. */
export const deniedMax = 5

/** Scopes that are named in words. */
export const namedMax = 5

/** Methods, and routes of each, whose rule is remembered; a service has some hundred routes. */
export const methodsMax = 16
export const routesMax = 1_024

/** Milliseconds after a change within which services have it: they ask each minute. */
export const followedWithinMs: number = 5 * 60 * 1000

/** Policies that are ready to be held against records: 64 KiB each, and those before are over. */
export const policiesMax = 8

/** Hashes of policies that are known to have been sealed. */
export const hashesMax = 10_000
