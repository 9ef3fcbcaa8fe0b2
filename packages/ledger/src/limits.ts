/** Bytes of a log entry. Ours have about 300; tlog-tiles allows 65,535. */
export const leafBytesMax = 1024

/**
 * Leaves of one commit, its frame leaf included: two full batches. It is put together in one turn
 * of the event loop, 10 ms of it, more where each record is about somebody new.
 */
export const commitLeavesMax = 2_050

/** Bytes of one commit before compression; the journal refuses frames over 64 MiB. */
export const commitBytesMax: number = 32 * 1024 * 1024

/**
 * Bytes after which a commit takes no further item: memory is for one commit, and more in one costs
 * hardly less.
 */
export const commitBytesWanted: number = 6 * 1024 * 1024

/**
 * Bytes from which on a commit waits for no further request: what it costs besides its records is
 * little beside them then.
 */
export const gatherBytesMax: number = 256 * 1024

/**
 * Time that a commit waits at most for requests that this process is busy with: a few syncs, so
 * that nobody waits for a crowd.
 */
export const gatherMsMax = 10

/** Bytes of the content of a validation: 256 inputs of 80 bytes, and what is counted. */
export const validationBytesMax: number = 32 * 1024

/** Bytes of the content of what became of a sink: its name, two numbers and a word. */
export const sinkBytesMax = 512

/** Bytes of what is handed over, a validation or a finding: its content as a JSON string. */
export const handoverBytesMax: number = 128 * 1024

/** What is handed over and sealed at one look, each a commit; the others wait for the next. */
export const handedOverAtOnceMax = 64

/** Access logs of one validation: some months of daily ones. */
export const validationInputsMax = 256

/**
 * Handovers that were sealed and are remembered, about 1 MB: whoever hands one over again, after a
 * crash of its own, does so within that many. Of older ones the log is asked.
 */
export const sealedRememberedMax = 8_192

/** Bytes of the content of a finding: its records, its group and its words. */
export const findingBytesMax: number = 16 * 1024

/** Records that a finding names; its count goes on. What is more is found by its group. */
export const findingRecordsMax = 32

/** Attributes that the records of a finding have in common; a rule groups by two or three. */
export const findingGroupMax = 16

/** ATT&CK ids of a rule; most have one. */
export const findingAttackMax = 16

/** UTF-16 units of what somebody notes of a finding: a page. */
export const findingNoteCharsMax = 2_000

/**
 * Time between two seals, each of which costs some twenty syncs, whatever there is to seal: a
 * checkpoint follows a leaf within about a second.
 */
export const sealIntervalMs = 1_000

/** Time between tries to seal when the disk is full: each try writes until it fails. */
export const sealRetryMs = 1000

/**
 * Bytes kept back for a full disk: sealing what was committed, about 300 bytes a leaf, and what
 * consumers must note; commits wait until three times as much is free.
 */
export const ballastBytes: number = 8 * 1024 * 1024

/** The same on the volumes of keys and lock, if they are others: a few pages of a database each. */
export const smallBallastBytes: number = 128 * 1024

/** What a receipt promises: the leaf is under a published checkpoint by then. */
export const publishPromiseMs = 10_000

/**
 * New subjects and sessions of a minute that get a key of their own, about 250 bytes each in the
 * keystore: 500 log-ins a second. Those beyond share the key of the hour, and are told. A person
 * whose records lie under it is erased with all who share it.
 */
export const newSubjectsPerMinuteMax = 30_000

/** Subject keys kept unwrapped in memory; each is 32 bytes and a KeyObject. */
export const subjectKeysCachedMax = 10_000

/**
 * Bytes of a commit, decompressed, that is checked in the memory of the quick check: four times
 * what a commit mostly ends at. A larger one is left to the readable check.
 */
export const quickBytesMax: number = 24 * 1024 * 1024

/** Runs of a stream that lie in one array: inserting one moves at most so many. */
export const runsPerBlockMax = 256

/**
 * Starts, heartbeats and stops whose place is remembered, about 30 bytes each: what a sink lags
 * behind is counted exactly while there are no more of them in it (65,536: 45 streams for a day).
 */
export const serviceLeavesKeptMax = 65_536

/**
 * Minutes of the receiver's own service without anything of an open stream before an `unclosed`
 * leaf says so: heartbeats come each minute, and a slow network or a full disk delays some.
 */
export const silentMinutesMax = 10

/** `unclosed` leaves of one minute; further silent streams wait for the next. */
export const unclosedPerMinuteMax = 1000

/** Characters of the name of who brought a log record, or signed it. */
export const callerCharsMax = 256

/**
 * Ids of log records that are remembered at most, about 60 bytes each; at least half as many. One
 * that is sent again after so many others is sealed a second time.
 */
export const logIdsMax: number = 1024 * 1024

/** Ranges of missing numbers that are listed of a stream; their count goes on. */
export const missingRangesMax = 16

/**
 * Leaves between two snapshots of the streams, at least: reading so many takes about a second.
 */
export const snapshotLeavesMin = 65_536

/** Producers' words of the log that are held against it at once, about 300 bytes each. */
export const wordsAtOnceMax = 4096

/** Words that contradict the log, of which findings are made; more of them say no more. */
export const contradictionsKeptMax = 1000

/** Between two writes of an audit's state, ms: what an interruption costs at most to read again. */
export const auditStateEveryMs = 10_000

/** Of an audit's time, what writing its state may take: with many streams that is less often. */
export const auditStateShareMax = 0.05

/** Places between batches that wait for their other side, about 250 bytes each. */
export const chainEndsKeptMax = 100_000

/**
 * Streams that ended and lie unpacked in memory, about 1,400 bytes each: those heard of last, whose
 * late records come without unpacking. The others take about 75 bytes each, for good.
 */
export const unpackedStreamsMax = 1024

/** Bytes that are encoded of a snapshot before others have their turn: about a millisecond. */
export const snapshotPartBytes: number = 256 * 1024

/** Files that are written at once: as many as Node has threads for them, by default. */
export const filesAtOnceMax = 4

/** As many files as a thread of their own is worth: it takes 10 MB, and 30 ms to begin. */
export const threadedFilesMin = 16

/** Files that it has open at once, before it syncs them. */
export const syncedAtOnceMax = 64

/** Bytes of keys/enrolled.json: 10,000 producers of 800 B. → LEDGER_LIMIT */
export const enrolledBytesMax: number = 8 * 1024 * 1024

/** Lines of one signed refusal: with 24 receipts they fit into the 16 KiB that headers have. */
export const refusedLinesMax = 32

/** Log records of one receipt: 10 KiB of a header. */
export const receiptedLogsMax = 96
