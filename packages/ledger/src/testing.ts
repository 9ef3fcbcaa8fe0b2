// @grantlog/ledger/testing: what somebody with root can do to a ledger's files, and what an audit
// must call it; for test/tamper and for drills on copies. And commits by hand, for readers. Never
// imported by index.ts, and not published.
export { changeFile, copyOf, findFile, flip, rewriteCommits } from './testing/hands.ts'
export { plainFrameOf } from './testing/plain.ts'
export { type Tampering, tamperings } from './testing/tamperings.ts'
export type { Target } from './testing/target.ts'
export { logToCommit, observed } from './testing/logs.ts'
