// @grantlog/journal/testing: the contract every journal keeps, and a filesystem in memory that
// loses what was not synced, tears what was cut off, and fails on demand. Never imported by
// index.ts, and not published: `journalContract` needs jest.
export { createMemoryFiles, systemError } from './testing/memory-files.ts'
export type { FileOperation, MemoryFiles, MemoryFilesOptions } from './testing/memory-files.ts'
export { journalContract } from './testing/journal-contract.ts'
export type { ContractOptions, JournalPlace } from './testing/journal-contract.ts'
export { runJournalModel } from './testing/journal-model.ts'
export type { JournalModelCounts } from './testing/journal-model.ts'
export { createRandom } from './testing/random.ts'
export type { Random } from './testing/random.ts'
