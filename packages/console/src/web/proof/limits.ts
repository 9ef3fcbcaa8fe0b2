// What is refused before it is looked at: a bundle may come from anywhere.

/** Characters of a whole bundle as JSON; a real one has 5,000 to 60,000. */
export const bundleLengthMax: number = 4 * 1024 * 1024

/** Characters of the canonical form, an opening and an enrolment: 118 attributes of 1 KiB each. */
export const textLengthMax: number = 256 * 1024

/** Characters of the digests: 1,024 of 32 bytes in base64url. */
export const digestsLengthMax: number = Math.ceil((1024 * 32 * 4) / 3)

/** Characters of a proof; the hashes take 3,000, the checkpoint is a few lines. */
export const proofLengthMax: number = 1024 * 1024

/** Bytes of a log entry (FORMAT.md 3.2). */
export const leafBytesMax = 1024

/** Openings; the registry has six slots. */
export const openingsMax = 16

/** Characters of the name of who brought a log record (FORMAT.md 6.3). */
export const callerCharsMax = 256

/** Days after the end of a key's validity in which records may still come (FORMAT.md 3.4). */
export const lateDaysMax = 7
