// Every bound of the adapters, with the reason for it.

/** Records of one batch; the receiver takes 1,024, and 512 keep a request near 512 KiB. */
export const batchRecordsMax = 512

/** Events of one answer. */
export const pageEventsMax = 500

/**
 * Milliseconds that are read again at each look: an event shows when its transaction ends, and
 * perhaps behind one that began later; and clocks of a cluster differ.
 */
export const overlapMs = 60_000

/** Events remembered of that time, 60 bytes each; of a busier service it is shorter. */
export const rememberedMax = 20_000

/** The latest moment that a span can have, Unix milliseconds: 64 bits of nanoseconds, in 2554. */
export const timeMaxMs = 18_446_744_073_708

/** Between two looks when there was nothing new. */
export const lookIntervalMs = 2_000

/** FORMAT.md 2.3: a stream says that it lives each minute. */
export const heartbeatIntervalMs = 60_000

/** Between two looks at what the service is told to keep. */
export const settingsIntervalMs = 60_000

/** After a failure, at first; each next one waits twice as long. */
export const retryFirstMs = 500
export const retryMaxMs = 30_000

/** One request to the service. */
export const requestTimeoutMs = 20_000

/** Bytes of one answer: 500 events of 16 KiB, far more than they have. */
export const answerBytesMax: number = 8 * 1024 * 1024

/** Bytes of one request of spans; exporters send 512 at once, of some KiB each. */
export const spansBytesMax: number = 16 * 1024 * 1024

/** Bytes of events that wait on the disk for the receiver: some million of them. */
export const inboxBytesMax: number = 1024 * 1024 * 1024

/** An event that was taken is known for so long after, if it is sent once more. */
export const inboxKeptMs = 600_000

/** Bytes of a file with a secret or a token. */
export const secretBytesMax = 16_384

/** A token is asked for again so long before it ends. */
export const tokenSpareMs = 10_000
