// @grantlog/journal: one durable append-only log on local files, with group commit and consumer
// offsets. It follows FORMAT.md. crash.test.ts proves that no crash loses or alters a durable
// frame, rot.test.ts that no damage passes unseen.
export { journalErrorCodes, JournalError } from './errors.ts'
export type { JournalErrorCode } from './errors.ts'
export { createGroupCommit } from './group-commit.ts'
export type { GroupCommit, GroupCommitOptions } from './group-commit.ts'
export { nodeFiles } from './io/files.ts'
export type { Files, OpenFile, OpenMode } from './io/files.ts'
export { openJournal } from './journal.ts'
export type { Journal, JournalOptions } from './journal.ts'
export { PAYLOAD_BYTES_MAX, SEGMENT_BYTES_DEFAULT } from './limits.ts'
export { openOffset } from './offset.ts'
export type { Offset } from './offset.ts'
export type { JournalFrame } from './reader.ts'
